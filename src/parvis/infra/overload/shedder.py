"""The request limiter of one process: who runs, who waits, who is refused. Pure, time is passed in.

verdict = shedder.arrive(urgency, principal, now=now, ticket=ticket)
RUN: it is under way until `leave`. WAIT: `leave`, `expire` or `tick` hand its ticket out later. Else: why it is refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Literal

from parvis.infra.overload.control import Controller, Gradient, Scores, Tuning
from parvis.infra.overload.queues import Queue, Waiting

Verdict = Literal["run", "wait", "share", "full"]

HOUR_S = 3600


def place_of(principal: Hashable, hour: int) -> float:
    """Where in its class a principal stands for an hour, from 0 to 1: the same people are not half-broken all day.

    Python's hash is keyed anew with each start, so nobody can choose a name that stands well; processes that were forked
    from one agree.
    """
    return (hash((principal, hour)) & 0xFFFFFFFF) / 0x1_0000_0000


class Shedder:
    """The limiter. `started` and `refused` count by class; `thresholds`, by class, are the scores above which is refused."""

    def __init__(
        self, *, pool: int, tuning: Tuning | None = None, place: Callable[[Hashable, int], float] = place_of
    ) -> None:
        self.tuning = tuning or Tuning()
        self.controller = Controller(self.tuning)
        self.gradient = Gradient(pool)
        self.limit = int(self.gradient.limit)
        self.under_way = 0
        self.thresholds = (4.0, 4.0, 4.0, 4.0)
        self.wait_s = 0.0
        self.started = [0, 0, 0, 0]
        self.refused = [0, 0, 0, 0]
        self.waiting = 0
        self.finished_at = 0.0  # when a place was last given back
        self._place = place
        self._scores = Scores(self.tuning.scores, self.tuning.reading)
        self._queues = [Queue(longest, self.tuning.longest_queue) for longest in self.tuning.longest_waits]
        self._held: dict[Hashable, int] = {}
        self._waits: deque[tuple[float, int]] = deque(maxlen=max(1, round(self.tuning.window / self.tuning.tick)))
        self._sum, self._count = 0.0, 0
        self._ticks = 0
        self._turns = 0
        self._came = 0  # since the last tick, of those that may be refused
        self._shed = 0  # of them
        self._taken = 0  # not shed, of all classes
        self._done = 0
        self._flow: deque[tuple[int, int]] = deque(maxlen=self._waits.maxlen)  # by tick: came, too many

    def sheds(self, urgency: int, principal: Hashable, *, now: float) -> bool:
        """Whether a request that has just come is refused for load, before anything is done for it."""
        self._came += 1
        score = self._score(urgency, principal, now)
        self._scores.add(score)
        if score > self.thresholds[urgency]:
            self.refused[urgency] += 1
            self._shed += 1
            return True
        return False

    def would_shed(self, urgency: int, principal: Hashable, *, now: float) -> bool:
        """Whether it would be refused if it came now; nothing is counted."""
        return self._score(urgency, principal, now) > self.thresholds[urgency]

    def _score(self, urgency: int, principal: Hashable, now: float) -> float:
        return urgency + self._place(principal, int(now // HOUR_S))

    def arrive(self, urgency: int, principal: Hashable, *, now: float, ticket: Any = None) -> Verdict:
        """What becomes of a request that is not shed."""
        self._taken += 1
        if self.under_way < self._limit_of(urgency) and not (self.waiting if urgency else self._queues[0]):
            self._start(urgency, principal, 0.0, now)
            return "run"
        if urgency > 0 and self._held.get(principal, 0) >= max(4, int(self.limit * self.tuning.share)):
            self.refused[urgency] += 1
            return "share"
        if not self._queues[urgency].put(Waiting(ticket, principal, now)):
            self.refused[urgency] += 1
            return "full"
        self.waiting += 1
        self._held[principal] = self._held.get(principal, 0) + 1
        return "wait"

    def leave(self, principal: Hashable, *, took_s: float, now: float) -> list[Any]:
        """A request is done. Back come the tickets of those whose turn it is now: they are under way."""
        self.under_way -= 1
        self._done += 1
        self.finished_at = now
        self._let_go(principal)
        self.gradient.took(took_s)
        return self._next(now) if self.waiting else []

    def expire(self, now: float) -> list[Any]:
        """The tickets of those who have waited too long; they are refused."""
        late: list[Any] = []
        for urgency, queue in enumerate(self._queues):
            for one in queue.late(now):
                self.waiting -= 1
                self.refused[urgency] += 1
                self._let_go(one.principal)
                self._note(now - one.since)
                late.append(one.ticket)
        return late

    def tick(self, now: float, *, lag_s: float = 0.0) -> list[Any]:
        """Ten times a second: how much is refused is set anew. Back come tickets whose turn it is, as with `leave`."""
        self._ticks += 1
        self._waits.append((self._sum, self._count))
        self._sum, self._count = 0.0, 0
        count = sum(one[1] for one in self._waits)
        mean = sum(one[0] for one in self._waits) / count if count else 0.0
        stuck = 0.0 if self._waits[-1][1] else max(queue.oldest_s(now) for queue in self._queues)
        # Where next to nothing is asked, a late clock means that others use the processor; refusing would not help.
        self.wait_s = max(mean, stuck) + (lag_s if self._came * self.tuning.busy_from_s >= self.tuning.tick else 0.0)
        surplus = self._surplus()
        idle = not self.waiting and self.under_way * 4 < self.limit and self.wait_s < self.tuning.target_wait / 4
        self.thresholds = self._scores.thresholds(self.controller.step(self.wait_s, idle=idle, surplus=surplus))
        if self._ticks % self.tuning.gradient_every == 0:
            self.limit = int(self.gradient.step(self.under_way))
        return self._next(now) if self.waiting else []

    def queued(self, urgency: int) -> int:
        """How many of that class wait."""
        return len(self._queues[urgency])

    def _surplus(self) -> float:
        """Of those that came lately and may be refused, the share beyond what was done."""
        self._flow.append((self._came, self._shed + self._taken - self._done))
        self._came = self._shed = self._taken = self._done = 0
        came = sum(one[0] for one in self._flow)
        return max(0.0, sum(one[1] for one in self._flow) / came) if came else 0.0

    def _next(self, now: float) -> list[Any]:
        turns: list[Any] = []
        while (urgency := self._whose_turn()) is not None and self.under_way < self._limit_of(urgency):
            one = self._queues[urgency].take(now)
            assert one is not None
            self._turns += urgency > 0
            self.waiting -= 1
            self._let_go(one.principal)
            self._start(urgency, one.principal, now - one.since, now)
            turns.append(one.ticket)
        return turns

    def _limit_of(self, urgency: int) -> int:
        return self.limit + (0 if urgency else self.tuning.entrance)

    def _whose_turn(self) -> int | None:
        """The most urgent class that waits; but every third turn is for reading, if the first class leaves it one."""
        if self._queues[0]:
            return 0
        if self._turns % 3 == 2 and self._queues[2]:
            return 2
        return next((urgency for urgency in (1, 2, 3) if self._queues[urgency]), None)

    def _start(self, urgency: int, principal: Hashable, waited_s: float, now: float) -> None:
        if not self.under_way:
            self.finished_at = max(self.finished_at, now)
        self.under_way += 1
        self.started[urgency] += 1
        self._held[principal] = self._held.get(principal, 0) + 1
        self._note(waited_s)

    def _let_go(self, principal: Hashable) -> None:
        held = self._held[principal] - 1
        if held:
            self._held[principal] = held
        else:
            del self._held[principal]

    def _note(self, waited_s: float) -> None:
        self._sum += waited_s
        self._count += 1
