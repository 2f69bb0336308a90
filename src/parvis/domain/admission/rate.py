"""How many people a second may come in: decided from what was measured, without clock, database or chance.

For each resource: what it can bear in all, less what those use who are already at home here, divided by what a newcomer
uses in their first minutes. The smallest answer is the rate, and its resource is the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

TICK_S = 10.0
FAMILIAR_S = 1500.0  # newcomers cost most in their first 25 minutes, and are counted apart for as long
FLOOR_PER_S = 0.2
OPEN_PER_S = 1000.0  # when the operator holds nobody back
GROWTH, GROWTH_PER_S = 1.15, 0.2
BUSY, FULL = 0.05, 0.20  # beyond the target: there the rate is halved, here divided by ten
SMOOTHING, SMOOTHING_DOWN = 0.1, 0.5  # a loss of capacity must be believed within a minute, a gain may take longer
LEAST_USE = 0.05  # below that, throughput ÷ use says nothing
CALM_USE = 0.3
FADING = TICK_S / 5400.0  # of what is known about newcomers' cost
DOUBT = 0.03  # how much the number of newcomers must vary, squared and in proportion, to outweigh what was assumed
MOST_ASTRAY = 8.0
LEAST_BURST = 5.0  # so many may always come at once, or a quiet place would let its first visitors wait

Mode = Literal["auto", "open", "cap", "pause"]


class Nature(msgspec.Struct, frozen=True):
    """What is known of a resource before anything is measured.

    `cost`: what a newcomer uses in their first 25 minutes, in the resource's unit times seconds. `target`: the share of
    the capacity that may be used. `seed`: a capacity to begin with where none was calibrated and none can be counted.
    """

    target: float
    cost: float
    seed: float = 0.0


NATURES: Mapping[str, Nature] = {
    "cpu": Nature(0.70, 0.4),  # unit: cores
    "web": Nature(0.70, 0.25),  # event loops: each is one core at most, however many the machine has
    "pool": Nature(0.70, 0.3),  # connections held
    "database": Nature(0.70, 60.0, seed=600.0),  # loans of a connection a second
    "hashing": Nature(0.70, 1.0, seed=20.0),  # hashes a second
    "streams": Nature(0.85, 0.07 * FAMILIAR_S),  # open streams; 0.07 of one each, all the time
    "disk": Nature(0.95, 5e5 * 6 * 3600),  # bytes; half a megabyte each must fit for six hours, and is looked at again
}


class Measure(msgspec.Struct, frozen=True):
    """One resource in the last interval, over all processes.

    `used`: in its unit. `use`: the share of what there is, of the fullest process or machine where there are several.
    `capacity`: all there is, where it can be counted; otherwise it is inferred from the two others.
    """

    resource: str
    used: float
    use: float
    capacity: float | None = None


class Slope(msgspec.Struct, frozen=True):
    """How use moves with the number of newcomers: fading means, variance and covariance. `x`: newcomers a second."""

    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0


class Known(msgspec.Struct, frozen=True):
    """What has been learnt of a resource. `best`: the largest capacity it ever showed, or was calibrated to."""

    capacity: float
    best: float
    cost: float = 0.0
    slope: Slope | None = None


class Memory(msgspec.Struct, frozen=True):
    """What one decision leaves to the next. `tokens`: how many more may come in before the next one."""

    rate_per_s: float | None = None
    tokens: float = 0.0
    known: dict[str, Known] = {}


class Situation(msgspec.Struct, frozen=True):
    """What the gate sees at one tick. `newcomers`: how many came in within the last 25 minutes."""

    measures: Sequence[Measure]
    waiting: int
    newcomers: int
    came: int = 0  # since the last tick, without queueing
    shedding: bool = False
    mode: Mode = "auto"
    cap_per_s: float | None = None
    elapsed_s: float = TICK_S


class Decision(msgspec.Struct, frozen=True):
    """`admit`: how many of those who wait come in now. `budgets`: what each resource alone would allow, a second.

    `target_per_s`: where the rate is going, were it not that it may only grow step by step.
    """

    rate_per_s: float
    target_per_s: float
    binding: str
    admit: int
    budgets: dict[str, float]
    memory: Memory


def decide(memory: Memory, seen: Situation) -> Decision:
    """The rate until the next tick, its reason, and how many of those who wait come in now."""
    before = memory.known
    known = {**before, **{m.resource: learn(before.get(m.resource), m, seen.newcomers) for m in seen.measures}}
    budgets = {
        one.resource: budget(one, known[one.resource], seen.newcomers)
        for one in seen.measures
        if one.resource in NATURES
    }
    target, rate, binding = _automatic(memory, seen, budgets)
    remembered = rate
    target, rate, binding = _as_told(seen, target, rate, binding)
    tokens = _tokens(memory, seen, rate)
    admit = max(0, min(seen.waiting, int(tokens)))
    return Decision(rate, target, binding, admit, budgets, Memory(min(rate, remembered), tokens - admit, known))


def learn(before: Known | None, measure: Measure, newcomers: int) -> Known:
    """What is known of a resource now that it was measured once more."""
    capacity, best = _capacity(before, measure)
    if measure.resource not in NATURES:
        return Known(capacity, best)
    slope = _slope(before.slope if before else None, newcomers / FAMILIAR_S, measure.used)
    return Known(capacity, best, _cost(NATURES[measure.resource].cost, slope), slope)


def _capacity(before: Known | None, measure: Measure) -> tuple[float, float]:
    """Throughput ÷ use, smoothed; a calm resource is believed able to do its best. And the best it ever did."""
    if measure.capacity is not None:
        return measure.capacity, measure.capacity
    sample = measure.used / max(measure.use, LEAST_USE)
    if before is None:
        nature = NATURES.get(measure.resource)
        sample = max(sample, nature.seed if nature else 0.0)
        return sample, sample
    if measure.use < CALM_USE:
        sample = max(sample, before.best)
    sample = min(sample, 2 * before.best)
    weight = SMOOTHING if sample > before.capacity else SMOOTHING_DOWN
    capacity = before.capacity + weight * (sample - before.capacity)
    return capacity, max(before.best, capacity)


def _slope(before: Slope | None, x: float, y: float) -> Slope:
    if before is None:
        return Slope(x, y)
    dx, dy = x - before.x, y - before.y
    keep = 1 - FADING
    return Slope(
        before.x + FADING * dx,
        before.y + FADING * dy,
        keep * (before.xx + FADING * dx * dx),
        keep * (before.xy + FADING * dx * dy),
    )


def _cost(prior: float, slope: Slope) -> float:
    """What a newcomer costs: what was assumed, until the number of newcomers has varied enough to show it."""
    doubt = DOUBT * (slope.x + GROWTH_PER_S) ** 2
    cost = (slope.xy + doubt * prior) / (slope.xx + doubt)
    return min(max(cost, prior / MOST_ASTRAY), prior * MOST_ASTRAY)


def budget(measure: Measure, known: Known, newcomers: int) -> float:
    """How many a second this resource alone could bear; negative when those at home use more than it should give.

    The base may be negative: then newcomers cost less than is believed, and the difference is theirs. So the rate
    settles where use meets its target even while the cost is wrong.
    """
    base = measure.used - newcomers * known.cost / FAMILIAR_S
    return (NATURES[measure.resource].target * known.capacity - base) / known.cost


def _automatic(memory: Memory, seen: Situation, budgets: Mapping[str, float]) -> tuple[float, float, str]:
    """Target, rate and reason as measured."""
    previous = memory.rate_per_s
    if not budgets:  # nobody measures: nothing is known, so nothing grows
        rate = max(previous or 0.0, FLOOR_PER_S)
        return rate, rate, "unmeasured"
    binding = min(budgets, key=lambda name: budgets[name])
    target = max(budgets[binding], FLOOR_PER_S)
    rate = target
    if seen.waiting and previous is not None:
        rate = min(rate, GROWTH * previous + GROWTH_PER_S)
    factor, cause = _brake(seen)
    if factor < 1:
        target, rate, binding = target * factor, rate * factor, cause
    return max(target, FLOOR_PER_S), max(rate, FLOOR_PER_S), binding


def _brake(seen: Situation) -> tuple[float, str]:
    """By what the rate is slowed at once because something is too full, and what that is.

    A disk that is three quarters full is not busy: what counts is how far beyond its target a resource is.
    """
    fullest = max(
        (one for one in seen.measures if one.resource in NATURES),
        key=lambda one: one.use - NATURES[one.resource].target,
    )
    target = NATURES[fullest.resource].target
    if fullest.use > min(target + FULL, 0.99):
        return 0.1, fullest.resource
    if fullest.use > min(target + BUSY, 0.97):
        return 0.5, fullest.resource
    return (0.5, "shedding") if seen.shedding else (1.0, "")


def _as_told(seen: Situation, target: float, rate: float, binding: str) -> tuple[float, float, str]:
    """The same, as far as the operator lets it be."""
    match seen.mode:
        case "open":
            return OPEN_PER_S, OPEN_PER_S, "open"
        case "pause":
            return 0.0, 0.0, "pause"
        case "cap" if seen.cap_per_s is not None and seen.cap_per_s < rate:
            return min(target, seen.cap_per_s), seen.cap_per_s, "cap"
        case _:
            return target, rate, binding


def _tokens(memory: Memory, seen: Situation, rate: float) -> float:
    """How many may come in until the next tick. Whoever slipped in beyond the last allowance is paid for now."""
    if seen.mode == "pause":
        return 0.0
    fresh = rate * seen.elapsed_s
    left = memory.tokens - seen.came
    return min(left + fresh, max(fresh, LEAST_BURST)) if left > 0 else left + fresh
