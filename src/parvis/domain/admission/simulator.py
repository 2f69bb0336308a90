"""A queue without a clock: discrete events, seeded, the same every time, a million people in seconds.

The gate's own functions decide (`rate.decide`, `forecast`); imitated are only the world around them: who comes when,
what newcomers and members cost the machine, what breaks. Nothing here is used by a running server.
"""

from __future__ import annotations

import heapq
import math
import random
from array import array
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from parvis.domain.admission import forecast, rate
from parvis.domain.admission.rate import FAMILIAR_S, TICK_S, Measure, Memory, Mode, Situation

NEVER = -1.0
Shape = Callable[[float], float]  # seconds since the beginning → a value


class Load(msgspec.Struct, frozen=True):
    """How one resource is used, in its own unit: by a newcomer in all of their first 25 minutes, by a member a second."""

    capacity: float
    newcomer: float
    member: float = 0.0
    others: float = 0.0
    by_hour: bool = False  # whether members' use follows the time of day
    counted: bool = True  # whether the gate is told the capacity, or has to infer it


class Trouble(msgspec.Struct, frozen=True):
    """From `begins_s` to `ends_s` a resource has only `left` of its capacity; `resource=""`: everything is down."""

    begins_s: float
    ends_s: float
    resource: str = ""
    left: float = 0.0


class Order(msgspec.Struct, frozen=True):
    """What the operator does at a moment."""

    at_s: float
    mode: Mode
    cap_per_s: float | None = None


class World(msgspec.Struct, frozen=True):
    """Everything a run depends on. `arrivals` per second; `crowd`: so many stand at the door at the beginning."""

    loads: Mapping[str, Load]
    hours: float
    crowd: int = 0
    arrivals: Shape = lambda _: 0.0
    leaving_per_s: float = 0.0  # the chance, each second, that somebody who waits gives up
    troubles: Sequence[Trouble] = ()
    orders: Sequence[Order] = ()
    noise: float = 0.03
    seed: int = 1
    until_empty: bool = False


class Moment(msgspec.Struct, frozen=True):
    """What one tick decided."""

    at_s: float
    rate_per_s: float
    target_per_s: float
    binding: str
    waiting: int
    admitted: int
    came: int
    use: dict[str, float]


class Promise(msgspec.Struct, frozen=True):
    """What a ticket was told at a moment."""

    at_s: float
    number: int
    low_s: float
    middle_s: float
    high_s: float


class Run:
    """One run. `received` and `admitted` hold seconds, by number; NEVER where that did not happen."""

    def __init__(self, world: World, *, promise_every_s: float = 60.0, promises_each: int = 5) -> None:
        self.world = world
        self.chance = random.Random(world.seed)  # noqa: S311 - the same every time, on purpose
        self.received = array("d")
        self.admitted = array("d")
        self.gone = bytearray()
        self.order = array("q")  # numbers as they were let in
        self.moments: list[Moment] = []
        self.promises: list[Promise] = []
        self.events = 0
        self.waiting = 0
        self.members = 0
        self.experience = forecast.Experience()
        self._promise_every_s, self._promises_each = promise_every_s, promises_each
        self._memory = Memory()
        self._next = 0  # number (counted from 0) of the oldest ticket that may still wait
        self._recent: deque[int] = deque([0] * round(FAMILIAR_S / TICK_S))
        self._newcomers = 0
        self._came = 0
        self._mode: Mode = "auto"
        self._cap: float | None = None
        self._told: list[tuple[int, float, Promise]] = []
        self._queue: list[tuple[float, int, Callable[[float], None]]] = []

    def run(self) -> Run:
        """Everything has happened that the world has in store."""
        end_s = self.world.hours * 3600
        self._arrive(0.0, self.world.crowd)
        self._at(0.0, self._tick)
        for order in self.world.orders:
            self._at(order.at_s, lambda _, order=order: self._obey(order))
        while self._queue:
            now, _, event = heapq.heappop(self._queue)
            if now > end_s or (self.world.until_empty and now > 0 and not self.waiting and self._idle(now)):
                break
            self.events += 1
            event(now)
        return self

    def _idle(self, now: float) -> bool:
        return self.world.arrivals(now) == 0.0

    def _at(self, when: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self._queue, (when, self.events * 8 + len(self._queue) % 8, event))

    def _obey(self, order: Order) -> None:
        self._mode, self._cap = order.mode, order.cap_per_s

    # ── who comes, who goes ──────────────────────────────────────────────────────────────────────────────────────

    def _arrive(self, now: float, many: int) -> None:
        """They hold numbers; those for whom there is room are in at once, the others wait."""
        if many <= 0:
            return
        first = len(self.received)
        self.received.extend([now] * many)
        self.admitted.extend([NEVER] * many)
        self.gone.extend(bytes(many))
        self.waiting += many
        room = int(self._memory.tokens) - self._came
        if self.waiting == many and room > 0 and self._memory.rate_per_s is not None:
            direct = min(many, room)
            self._admit(now, direct)
            self._came += direct
        self.events += many
        assert len(self.received) == first + many

    def _leave(self) -> None:
        """Some of those who wait have given up."""
        if not self.world.leaving_per_s or not self.waiting:
            return
        for _ in range(poisson(self.chance, self.waiting * self.world.leaving_per_s * TICK_S)):
            number = self.chance.randrange(self._next, len(self.received))
            if not self.gone[number] and self.admitted[number] == NEVER:
                self.gone[number] = 1
                self.waiting -= 1
                self.events += 1

    def _admit(self, now: float, most: int) -> int:
        done, at, gone, admitted = 0, self._next, self.gone, self.admitted
        end = len(self.received)
        while done < most and at < end:
            if not gone[at]:
                admitted[at] = now
                self.order.append(at)
                done += 1
            at += 1
        self._next = at
        self.waiting -= done
        self._recent[-1] += done
        self._newcomers += done
        self.events += done
        return done

    # ── the machine ──────────────────────────────────────────────────────────────────────────────────────────────

    def _measures(self, now: float) -> list[Measure]:
        return [self._measure(name, load, now) for name, load in self.world.loads.items()]

    def _measure(self, name: str, load: Load, now: float) -> Measure:
        capacity = load.capacity
        for trouble in self.world.troubles:
            if trouble.resource == name and trouble.begins_s <= now < trouble.ends_s:
                capacity *= max(trouble.left, 1e-6)
        members = self.members * load.member * (_DAY(now) if load.by_hour else 1.0)
        wanted = load.others + members + self._newcomers * load.newcomer / FAMILIAR_S
        wanted *= max(0.0, self.chance.gauss(1.0, self.world.noise))
        used = min(wanted, capacity)
        return Measure(name, used, used / capacity, capacity if load.counted else None)

    def _is_down(self, now: float) -> bool:
        return any(not one.resource and one.begins_s <= now < one.ends_s for one in self.world.troubles)

    def _tick(self, now: float) -> None:
        self._at(now + TICK_S, self._tick)
        self._leave()
        if not self._is_down(now):
            self._decide(now)
        self._recent.append(0)
        settled = self._recent.popleft()
        self._newcomers -= settled
        self.members += settled
        self._arrive(now + TICK_S / 2, poisson(self.chance, self.world.arrivals(now) * TICK_S))

    def _decide(self, now: float) -> None:
        measures = self._measures(now)
        seen = Situation(
            measures=measures,
            waiting=self.waiting,
            newcomers=self._newcomers,
            came=self._came,
            mode=self._mode,
            cap_per_s=self._cap,
        )
        decided = rate.decide(self._memory, seen)
        self._memory = decided.memory
        came, self._came = self._came, 0
        admitted = self._admit(now, decided.admit)
        self.experience = forecast.keep_pace(self.experience, target_per_s=decided.target_per_s)
        self.moments.append(
            Moment(
                now,
                decided.rate_per_s,
                decided.target_per_s,
                decided.binding,
                self.waiting,
                admitted,
                came,
                {one.resource: one.use for one in measures},
            )
        )
        if now % self._promise_every_s < TICK_S:
            self._promise(now, decided.rate_per_s)

    # ── what people are told ─────────────────────────────────────────────────────────────────────────────────────

    def _promise(self, now: float, rate_per_s: float) -> None:
        """Those at some places hear how long it takes; and what earlier ones heard is compared with what came."""
        while self._told and (called := self._called(self._told[0][0])) is not None:
            promise = heapq.heappop(self._told)[2]
            self.experience = forecast.learn(
                self.experience,
                expected_s=promise.middle_s,
                actual_s=called - promise.at_s,
                kept=promise.low_s <= called - promise.at_s <= promise.high_s,
            )
        span = len(self.received) - self._next
        if not self.waiting or span <= 0 or rate_per_s <= 0:
            return
        for part in range(1, self._promises_each + 1):
            number = self._next + span * part // self._promises_each - 1
            ahead = round((number - self._next) * self.waiting / span)
            told = forecast.expect(self.experience, rate_per_s=rate_per_s, ahead=ahead)
            promise = Promise(now, number, told.low_s, told.middle_s, told.high_s)
            self.promises.append(promise)
            heapq.heappush(self._told, (number, now + part / 1000, promise))

    def _called(self, number: int) -> float | None:
        """When the queue reached that number (also if its owner had left)."""
        if number >= self._next:
            return None
        while self.admitted[number] == NEVER:
            number += 1
            if number >= self._next:
                return self.moments[-1].at_s
        return self.admitted[number]

    def place(self, number: int, at_s: float) -> int:
        """How many who were still waiting stood before that ticket at a moment at which it waited too."""
        return sum(
            1
            for one in range(number)
            if self.admitted[one] > at_s or (self.admitted[one] == NEVER and not self.gone[one])
        )

    # ── what came of it ──────────────────────────────────────────────────────────────────────────────────────────

    def waited_s(self, number: int) -> float | None:
        """How long that ticket waited; None while it does."""
        return None if self.admitted[number] == NEVER else self.admitted[number] - self.received[number]

    def kept(self, *, since_s: float = 0.0) -> tuple[int, int]:
        """Promises that came true, and all that can be judged by now."""
        true = judged = 0
        for one in self.promises:
            called = self._called(one.number)
            if one.at_s < since_s or called is None:
                continue
            judged += 1
            true += one.low_s <= called - one.at_s <= one.high_s
        return true, judged


def poisson(chance: random.Random, mean: float) -> int:
    """A number of independent happenings whose mean is that."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def by_day(mean_per_s: float, *, events: Sequence[tuple[float, float, float]] = ()) -> Shape:
    """Arrivals over the day as people keep it: most in the evening, least at dawn; events are (begin, end, factor)."""

    def shape(at_s: float) -> float:
        value = mean_per_s * (1 + 0.6 * math.sin(2 * math.pi * (at_s / 3600 - 15) / 24))
        for begin, end, factor in events:
            if begin <= at_s < end:
                value *= factor
        return value

    return shape


_DAY = by_day(1.0)


def machine(cores: float, *, request_ms: float = 4.0, **more: Any) -> dict[str, Load]:
    """A machine of so many cores whose requests cost that much; a newcomer makes a hundred at first, then 40 a day."""
    per_day = 40 * request_ms / 1000 / 86_400
    return {"cpu": Load(cores, 100 * request_ms / 1000, per_day, 0.05 * cores, by_hour=True), **more}
