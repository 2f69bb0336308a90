"""How much must be refused, and how much may be under way at once. Pure: every number comes in, time too."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Hashable
from math import sqrt

import msgspec


class Tuning(msgspec.Struct, frozen=True):
    """What the algorithm is set to. Seconds, unless a name says otherwise."""

    tick: float = 0.1
    window: float = 0.2  # over which waiting is averaged; longer, and the control swings: it answers what is over
    target_wait: float = 0.020
    integral: float = 0.02
    proportional: float = 0.03
    relief: float = 0.85  # what is left of the refusals, each tick, while most places are free and nobody waits
    gradient_every: int = 5  # ticks
    busy_from_s: float = 0.02  # when requests come closer together than this on average, a late clock counts
    most_refused: float = 0.95
    # The first class is never refused for load, so its waiting must outlast what a crowded moment takes: with half a
    # second, a late clock alone sent people away from the door whose turn was next.
    longest_waits: tuple[float, float, float, float] = (4.0, 0.3, 0.15, 0.05)
    longest_queue: int = 1000
    scores: int = 2000
    entrance: int = 8  # places beyond the limit that only the first class may take
    share: float = 0.25  # of the places that one principal may hold while others wait
    reading: float = 0.4  # of what is kept, for members' reading, however much is written


class Controller:
    """A proportional-integral controller: from how long requests wait to the share that is refused."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._integral = 0.0
        self.refused = 0.0

    def step(self, wait_s: float, *, idle: bool = False, surplus: float = 0.0) -> float:
        """The share of requests to refuse from now on, once a tick.

        `idle`: most places are free and nobody waits. `surplus`: the share that has just come beyond what was done; it is
        believed at once where waiting is as bad as can be told, or a sudden crowd had seconds of everybody's patience.
        """
        tuning = self._tuning
        if idle:
            self._integral *= tuning.relief
        error = min(max((wait_s - tuning.target_wait) / tuning.target_wait, -1.0), 3.0)
        if error == 3.0:
            self._integral = max(self._integral, min(0.9 * surplus, tuning.most_refused))
        # Of the few who are let in at ten times the load, a step of the same size would be half.
        scale = 1.05 - self._integral
        self._integral = _within(self._integral + tuning.integral * error * scale, 0.0, tuning.most_refused)
        self.refused = _within(self._integral + tuning.proportional * error * scale, 0.0, tuning.most_refused)
        return self.refused


class Scores:
    """The latest scores, and in each class the score above which is refused."""

    def __init__(self, most: int, reading: float = 0.0) -> None:
        self._latest: deque[float] = deque(maxlen=most)
        self._reading = reading
        self.add = self._latest.append

    def thresholds(self, refused: float) -> tuple[float, float, float, float]:
        """Higher scores are refused, by class. The less urgent go first, but of what is kept reading has its share.

        The first class is never among them.
        """
        if refused <= 0 or not self._latest:
            return (4.0, 4.0, 4.0, 4.0)
        ordered = sorted(self._latest)
        first, second, third = (bisect_left(ordered, urgency) for urgency in (1.0, 2.0, 3.0))
        entrance, writing, reading, browsing = first, second - first, third - second, len(ordered) - third
        kept = int(len(ordered) * (1.0 - refused)) - entrance
        written = max(0, min(writing, kept - min(reading, int(self._reading * kept))))
        read = max(0, min(reading, kept - written))
        browsed = max(0, min(browsing, kept - written - read))
        return (
            4.0,
            _highest(ordered[first:second], written, 1.0),
            _highest(ordered[second:third], read, 2.0),
            _highest(ordered[third:], browsed, 3.0) if read == reading else 3.0,
        )


def _highest(ordered: list[float], kept: int, lowest: float) -> float:
    """The score up to which so many of one class are kept."""
    if kept >= len(ordered):
        return 4.0
    return ordered[kept - 1] if kept > 0 else lowest


class Gradient:
    """How many requests may be under way: fewer when each takes longer than it long did, more while it does not."""

    def __init__(self, pool: int) -> None:
        self.limit = float(4 * pool)
        self._least, self._most = float(2 * pool), float(8 * pool)
        self._long: float | None = None
        self._sum = 0.0
        self._count = 0

    def took(self, seconds: float) -> None:
        """A request was under way for that long."""
        self._sum += seconds
        self._count += 1

    def step(self, under_way: int) -> float:
        """The limit from now on, once a window."""
        if not self._count:
            return self.limit
        short, self._sum, self._count = self._sum / self._count, 0.0, 0
        # What it long took follows slowly upwards and at once half the way down, or an hour of trouble became the measure.
        rate = 0.02 if self._long is not None and short > self._long else 0.5
        self._long = short if self._long is None else self._long + rate * (short - self._long)
        gradient = _within(2.0 * self._long / max(short, 1e-6), 0.5, 1.0)
        wanted = self.limit * gradient
        if under_way * 2 > self.limit:
            wanted += sqrt(self.limit)
        self.limit = _within(self.limit + 0.3 * (wanted - self.limit), self._least, self._most)
        return self.limit


class Buckets:
    """A token bucket for each principal: `burst` at once, `rate` a second. Their number is bounded."""

    def __init__(self, rate: float, burst: float, most: int = 20_000) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._buckets: dict[Hashable, tuple[float, float]] = {}

    def take(self, principal: Hashable, now: float) -> bool:
        """Whether there was a token; it is gone."""
        tokens, at = self._buckets.get(principal, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        if tokens < 1.0:
            return False
        if len(self._buckets) >= self._most and principal not in self._buckets:
            self._forget_full(now)
        self._buckets[principal] = (tokens - 1.0, now)
        return True

    def wait_s(self, principal: Hashable, now: float) -> float:
        """In how many seconds there will be a token."""
        tokens, at = self._buckets.get(principal, (self._burst, now))
        return max(0.0, (1.0 - tokens) / self._rate - (now - at))

    def __len__(self) -> int:
        return len(self._buckets)

    def _forget_full(self, now: float) -> None:
        """Buckets that have filled up again; all of them if that is too few."""
        full_after = self._burst / self._rate
        kept = {key: one for key, one in self._buckets.items() if now - one[1] < full_after}
        self._buckets = kept if len(kept) < self._most * 0.9 else {}


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
