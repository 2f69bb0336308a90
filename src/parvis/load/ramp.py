"""The most that a target carries: a level load, raised until it is too much, then narrowed down."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from parvis.load.parameters import LOADS, PEAK_MINUTE
from parvis.load.people import People
from parvis.load.plan import Plan
from parvis.load.report import Report, report_of
from parvis.load.run import run
from parvis.load.target import Target

FIRST_SPEED = 0.04
GROWTH = 1.6
NARROWINGS = 2
_MOST_STEPS = 24


class Step(msgspec.Struct, frozen=True):
    """One speed, and whether it was carried."""

    speed: float
    carried: bool
    served_per_s: float
    report: Report


class Capacity(msgspec.Struct, frozen=True):
    """What was found. The figures of a day hold when its busiest minute is `PEAK_MINUTE` times its mean."""

    load: str
    speed: float  # the highest level that was carried, in means of the load
    requests_per_s: float
    visits_a_day: int
    signed_in_visits_a_day: int
    sign_ups_a_day: int
    limit: str  # what was scarcest in the step that was too much
    because: list[str]
    crowd_share: float  # of the machine, taken by the crowd itself in the best step
    steps: list[tuple[float, float, bool]]  # speed, served a second, carried


async def climb(
    target: Target, people: People, *, load: str, step_s: float, tell: Callable[[Step], None] = lambda step: None
) -> list[Step]:
    """Every step that was tried, in order."""
    steps: list[Step] = []

    async def once(speed: float) -> Step:
        plan = Plan(load, speed, step_s, level=True)
        report = report_of(await run(plan, target, people, seed=len(steps) + 1))
        step = Step(speed, report.verdict.carried, report.served_per_s, report)
        steps.append(step)
        tell(step)
        return step

    async def attempt(speed: float) -> Step:
        """A step that was too much is tried once more: something else may have wanted the machine for a moment."""
        step = await once(speed)
        return step if step.carried else await once(speed)

    await once(FIRST_SPEED)  # for the first time everything is slow: home timelines are made, caches are empty
    speed = FIRST_SPEED
    while (await attempt(speed)).carried and len(steps) < _MOST_STEPS:
        speed *= GROWTH
    too_much, carried = speed, speed / GROWTH
    for _ in range(NARROWINGS):
        middle = (carried * too_much) ** 0.5
        if (await attempt(middle)).carried:
            carried = middle
        else:
            too_much = middle
    return steps


def capacity_of(load_name: str, steps: list[Step], *, cores: int) -> Capacity:
    """The capacity that these steps show; nothing when not even the slowest was carried."""
    load = LOADS[load_name]
    carried = [step for step in steps if step.carried]
    best = max(carried, key=lambda step: step.speed, default=None)
    failed = [step for step in steps[1:] if not step.carried and (best is None or step.speed > best.speed)]
    worst = min(failed, key=lambda step: step.speed, default=steps[-1])
    per_s = best.served_per_s if best else 0.0
    # The busiest minute has to be carried, so the mean is so many times less.
    day = (best.speed if best else 0.0) / PEAK_MINUTE
    return Capacity(
        load=load_name,
        speed=round(best.speed if best else 0.0, 4),
        requests_per_s=per_s,
        visits_a_day=round(load.visits * day),
        signed_in_visits_a_day=round(load.visits * load.signed_in_share * day),
        sign_ups_a_day=round(load.sign_ups * day),
        limit=worst.report.verdict.limit,
        because=worst.report.verdict.because,
        crowd_share=round((best or worst).report.generator.cpu_share / cores, 3),
        steps=[(round(step.speed, 4), step.served_per_s, step.carried) for step in steps],
    )
