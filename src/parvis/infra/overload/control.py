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
    longest_waits: tuple[float, float, float, float] = (0.5, 0.3, 0.15, 0.05)
    longest_queue: int = 1000
    scores: int = 2000
    share: float = 0.25  # of the places that one principal may hold while others wait


class Controller:
    """A proportional-integral controller: from how long requests wait to the share that is refused."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._integral = 0.0
        self.refused = 0.0

    def step(self, wait_s: float, *, idle: bool = False) -> float:
        """The share of requests to refuse from now on, once a tick. `idle`: most places are free and nobody waits."""
        tuning = self._tuning
        if idle:
            self._integral *= tuning.relief
        error = min(max((wait_s - tuning.target_wait) / tuning.target_wait, -1.0), 3.0)
        # Of the few who are let in at ten times the load, a step of the same size would be half.
        scale = 1.05 - self._integral
        self._integral = _within(self._integral + tuning.integral * error * scale, 0.0, tuning.most_refused)
        self.refused = _within(self._integral + tuning.proportional * error * scale, 0.0, tuning.most_refused)
        return self.refused


class Scores:
    """The latest scores, and the score above which the wanted share of them lies."""

    def __init__(self, most: int) -> None:
        self._latest: deque[float] = deque(maxlen=most)
        self.add = self._latest.append

    def threshold(self, refused: float) -> float:
        """Scores above this are refused. Never below 1, so that the first class is never among them."""
        if refused <= 0 or not self._latest:
            return 4.0
        ordered = sorted(self._latest)
        kept = int(len(ordered) * (1.0 - refused))
        if kept >= len(ordered):
            return 4.0
        return max(ordered[kept - 1] if kept > 0 else 0.0, 1.0)

    def share_above(self, threshold: float) -> float:
        """Which share of the latest scores is refused by that threshold."""
        ordered = sorted(self._latest)
        return 1.0 - bisect_left(ordered, threshold) / len(ordered) if ordered else 0.0


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
