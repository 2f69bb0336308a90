"""A server in figures: one processor that works off what is under way, requests that come by chance, no clock."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from parvis.infra.overload.shedder import Shedder

TIMEOUT_S = 10.0


@dataclass
class Arrival:
    """One request and what became of it. `good` means answered before its client gave up."""

    number: int
    urgency: int
    principal: int
    at: float
    outcome: str = ""
    done_at: float = 0.0

    @property
    def good(self) -> bool:
        return self.outcome == "done" and self.done_at - self.at <= TIMEOUT_S


@dataclass
class Run:
    """Everything that came, and what the limiter was seen doing at each tick."""

    arrivals: list[Arrival]
    shedder: Shedder | None
    refused: list[tuple[float, float]] = field(default_factory=list)

    def between(self, start: float, end: float, urgency: int | None = None) -> list[Arrival]:
        return [one for one in self.arrivals if start <= one.at < end and (urgency is None or one.urgency == urgency)]

    def good_per_s(self, start: float, end: float) -> float:
        """Good answers a second, by when they were given."""
        return sum(one.good and start <= one.done_at < end for one in self.arrivals) / (end - start)

    def share_good(self, start: float, end: float, urgency: int | None = None) -> float:
        some = self.between(start, end, urgency)
        return sum(one.good for one in some) / len(some) if some else 1.0

    def outcomes(self) -> Counter[str]:
        return Counter(one.outcome for one in self.arrivals)


MIX = (0.05, 0.08, 0.50, 0.37)


def arrivals(
    rng: random.Random, *, rates: list[tuple[float, float]], mix: tuple[float, ...] = MIX, people: int = 2000
) -> list[Arrival]:
    """Poisson arrivals; `rates` are (seconds, requests a second), one stretch after another."""
    found: list[Arrival] = []
    start = 0.0
    for seconds, rate in rates:
        at = start + (rng.expovariate(rate) if rate else seconds)
        while at < start + seconds:
            urgency = rng.choices(range(4), mix)[0]
            found.append(Arrival(len(found), urgency, rng.randrange(people), at))
            at += rng.expovariate(rate)
        start += seconds
    return found


class Model:
    """Requests under way share one processor in turn; a refusal takes its time of it too."""

    def __init__(self, shedder: Shedder | None, *, cost_s: float, refusal_s: float) -> None:
        self.shedder, self.cost_s, self.refusal_s = shedder, cost_s, refusal_s
        self.now = 0.0
        self.free_at = 0.0
        self.events: list[tuple[float, int, str, Any]] = []
        self._number = 0

    def run(self, coming: list[Arrival]) -> Run:
        run = Run(coming, self.shedder)
        for one in coming:
            self._at(one.at, "arrive", one)
        if self.shedder is not None:
            self._at(self.shedder.tuning.tick, "tick", None)
        last = coming[-1].at if coming else 0.0
        while self.events:
            self.now, _, what, one = heapq.heappop(self.events)
            if what == "arrive":
                self._arrive(one)
            elif what == "done":
                self._done(one)
            else:
                assert self.shedder is not None
                self._expire()
                self._begin(self.shedder.tick(self.now))
                run.refused.append((self.now, self.shedder.controller.refused))
                assert 0 <= self.shedder.under_way <= self.shedder.gradient.limit + 4 * 8
                if self.now < last + 5 or self.shedder.waiting or self.shedder.under_way:
                    self._at(self.now + self.shedder.tuning.tick, "tick", None)
        return run

    def _at(self, when: float, what: str, one: Any) -> None:
        self._number += 1
        heapq.heappush(self.events, (when, self._number, what, one))

    def _arrive(self, one: Arrival) -> None:
        if self.shedder is None:
            self._begin([one])
            return
        self._expire()
        verdict = _verdict(self.shedder, one, self.now)
        if verdict == "run":
            self._begin([one])
        elif verdict != "wait":
            self._refuse(one, verdict)

    def _expire(self) -> None:
        assert self.shedder is not None
        for one in self.shedder.expire(self.now):
            self._refuse(one, "late")

    def _refuse(self, one: Arrival, why: str) -> None:
        assert one.outcome == ""
        one.outcome, one.done_at = why, self.now
        self.free_at = max(self.free_at, self.now) + self.refusal_s

    def _begin(self, some: list[Arrival]) -> None:
        for one in some:
            assert one.outcome == ""
            one.outcome = "under way"
            self.free_at = max(self.free_at, self.now) + self.cost_s
            self._at(self.free_at, "done", (one, self.now))

    def _done(self, pair: tuple[Arrival, float]) -> None:
        one, began = pair
        assert one.outcome == "under way"
        one.outcome, one.done_at = "done", self.now
        if self.shedder is not None:
            self._expire()
            self._begin(self.shedder.leave(one.principal, took_s=self.now - began, now=self.now))


def simulate(
    rates: list[tuple[float, float]],
    *,
    seed: int = 1,
    limited: bool = True,
    cost_s: float = 0.0012,
    refusal_s: float = 0.00005,
    pool: int = 8,
    mix: tuple[float, ...] = MIX,
    people: int = 2000,
) -> Run:
    """The stretches of load, one after another, against a server of 1 / `cost_s` requests a second."""
    coming = arrivals(random.Random(seed), rates=rates, mix=mix, people=people)
    shedder = Shedder(pool=pool) if limited else None
    return Model(shedder, cost_s=cost_s, refusal_s=refusal_s).run(coming)


def _verdict(shedder: Shedder, one: Arrival, now: float) -> str:
    if shedder.sheds(one.urgency, one.principal, now=now):
        return "load"
    return shedder.arrive(one.urgency, one.principal, now=now, ticket=one)
