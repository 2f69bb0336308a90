"""How long somebody will wait: a range that learns from how earlier ranges turned out, and says how often it held.

The middle is people ahead ÷ the pace at which they are called, counting in that a young rate still grows. Around it lies
a range from the 10th to the 90th percentile of how actual times compared with earlier middles over the same horizon.
The percentiles are tracked online: each outcome moves them a little, so that in the long run a tenth lies below and a
tenth above, whatever makes times vary (outages among it).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from parvis.domain.admission.rate import GROWTH, GROWTH_PER_S, TICK_S

MEMORIES_S = (900.0, 3600.0, 14_400.0, 86_400.0)  # time constants of the averaged rate
LOOK_BACK = 2.0
HORIZONS_S = (60.0, 300.0, 900.0, 2700.0, 7200.0, 21_600.0, 64_800.0, 259_200.0)
LOW, HIGH = 0.07, 0.93
AIM = 0.87  # outcomes come late, and the ranges lag behind a world that changes: aiming higher gives 0.8
CAUTION, MOST_CAUTION = 0.003, 1.5
STEP, LARGEST_STEP = 8.0, 0.06  # an outcome moves a spread by this, divided by its horizon in seconds
LONGEST_S = 60 * 86_400.0


class Spread(msgspec.Struct, frozen=True):
    """Logarithms of actual ÷ middle: a tenth of the outcomes lies below `low`, a tenth above `high`."""

    low: float
    high: float


FIRST = Spread(math.log(0.7), math.log(2.0))


class Experience(msgspec.Struct, frozen=True):
    """What earlier waiting taught: the pace, averaged over each of MEMORIES_S; one spread for each of HORIZONS_S."""

    paces_per_s: tuple[float, ...] = ()
    age_s: float = 0.0
    spreads: tuple[Spread, ...] = (FIRST,) * len(HORIZONS_S)
    caution: float = 0.0  # by what factor, as a logarithm, ranges are wider than the spreads say


class Range(msgspec.Struct, frozen=True):
    """Seconds: in eight of ten cases the actual time lies between `low_s` and `high_s`."""

    low_s: float
    middle_s: float
    high_s: float


def keep_pace(before: Experience, *, target_per_s: float, elapsed_s: float = TICK_S) -> Experience:
    """The averages have moved towards where the rate is going.

    What passed beyond a tick was an outage: nobody came in meanwhile, and the longer memories know it.
    """
    if not before.paces_per_s:
        return msgspec.structs.replace(before, paces_per_s=(target_per_s,) * len(MEMORIES_S), age_s=TICK_S)
    age = before.age_s + elapsed_s
    standstill = max(0.0, elapsed_s - 2 * TICK_S)
    paces: list[float] = []
    for memory, pace in zip(MEMORIES_S, before.paces_per_s, strict=True):
        if standstill and memory > MEMORIES_S[0]:
            pace *= math.exp(-standstill / memory)
        weight = max(1 - math.exp(-TICK_S / memory), min(TICK_S / age, 1.0))
        paces.append(pace + weight * (target_per_s - pace))
    return msgspec.structs.replace(before, paces_per_s=tuple(paces), age_s=age)


def capped(experience: Experience, most_per_s: float) -> Experience:
    """The same experience where nobody is called faster than that: what was faster will not come again."""
    return msgspec.structs.replace(
        experience, paces_per_s=tuple(min(one, most_per_s) for one in experience.paces_per_s)
    )


def expect(experience: Experience, *, rate_per_s: float, ahead: int) -> Range:
    """How long those wait who have that many ahead of them."""
    middle = _middle(experience, rate_per_s, ahead)
    spread = _spread_at(experience.spreads, middle)
    wider = math.exp(experience.caution)
    low, high = spread.low * (wider if spread.low < 0 else 1), spread.high * (wider if spread.high > 0 else 1)
    return Range(middle * math.exp(low), middle, min(middle * math.exp(high), LONGEST_S))


def expect_all(experience: Experience, *, rate_per_s: float, aheads: Sequence[int]) -> list[Range]:
    """The same for several places, nearest first; whoever stands further back is never promised less."""
    ranges: list[Range] = []
    for ahead in aheads:
        one = expect(experience, rate_per_s=rate_per_s, ahead=ahead)
        if ranges:
            one = Range(max(one.low_s, ranges[-1].low_s), one.middle_s, max(one.high_s, ranges[-1].high_s))
        ranges.append(one)
    return ranges


def _middle(experience: Experience, rate_per_s: float, ahead: int) -> float:
    """The longer the way, the longer the memory that the pace is taken from."""
    middle = LONGEST_S
    for place, pace in enumerate(experience.paces_per_s or (rate_per_s,)):
        middle = middle_s(pace, rate_per_s, ahead)
        if middle < LOOK_BACK * MEMORIES_S[place]:
            break
    return middle


def middle_s(pace_per_s: float, rate_per_s: float, ahead: int) -> float:
    """People ahead ÷ pace, where the rate first grows step by step from what it is now to the pace."""
    rate, passed, left = rate_per_s, 0.0, float(ahead + 1)
    while rate < pace_per_s and left > rate * TICK_S:
        left -= rate * TICK_S
        passed += TICK_S
        rate = min(pace_per_s, GROWTH * rate + GROWTH_PER_S)
    return min(max(TICK_S / 2, passed + left / max(pace_per_s, 1e-6)), LONGEST_S)


def learn(before: Experience, *, expected_s: float, actual_s: float, kept: bool) -> Experience:
    """One outcome was taken in: the spread of its horizon has moved a little, and so has the caution.

    `kept`: whether it lay in the range that had been told.
    """
    outcome = math.log(max(actual_s, TICK_S / 2) / max(expected_s, TICK_S / 2))
    place = _place(expected_s)
    old = before.spreads[place]
    step = min(STEP / HORIZONS_S[place], LARGEST_STEP)
    low = old.low + step * (LOW - (outcome < old.low))
    high = old.high + step * (HIGH - (outcome < old.high))
    new = Spread(min(low, high), max(low, high))
    caution = before.caution + CAUTION * (AIM - kept)
    return msgspec.structs.replace(
        before,
        spreads=(*before.spreads[:place], new, *before.spreads[place + 1 :]),
        caution=min(max(caution, -MOST_CAUTION), MOST_CAUTION),
    )


def _place(middle: float) -> int:
    """The horizon that is nearest, counted in ratios."""
    return min(range(len(HORIZONS_S)), key=lambda i: abs(math.log(max(middle, 1.0) / HORIZONS_S[i])))


def _spread_at(spreads: Sequence[Spread], middle: float) -> Spread:
    """Between two horizons, what lies between their spreads."""
    after = bisect_right(HORIZONS_S, middle)
    if after == 0:
        return spreads[0]
    if after == len(HORIZONS_S):
        return spreads[-1]
    part = math.log(middle / HORIZONS_S[after - 1]) / math.log(HORIZONS_S[after] / HORIZONS_S[after - 1])
    one, other = spreads[after - 1], spreads[after]
    return Spread(one.low + part * (other.low - one.low), one.high + part * (other.high - one.high))
