"""Visits grow so fast that a resource will be full within a week."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.more import more_of
from parvis.domain.health.verdicts.verdict import AVERTED, EVERYBODY, Verdict, figure, say

LEAST_RISE, LARGE_RISE = 0.05, 0.20
NEARLY_FULL, FULL = 0.95, 1.0
LEAST_A_DAY = 20.0


def visits_outgrow(seen: Findings) -> Verdict | None:
    """Fires when visits rose in a week, and what is fullest would be full after as much again.

    It is the room that decides, not how large the rise is; less than a twentieth is chance. A rise by a fifth or more is
    told a little before there is no room at all, for it may be larger still in the next week.
    """
    tide = seen.tide
    if tide is None or tide.before < LEAST_A_DAY or tide.growth < 1.0 + LEAST_RISE:
        return None
    expected = tide.use * tide.growth
    if expected < (NEARLY_FULL if tide.growth >= 1.0 + LARGE_RISE else FULL):
        return None
    action, command = more_of(
        tide.resource,
        seen,
        say(
            "Give the place more of what is short before the next week; parvis capacity, at a quiet hour, tells how much."
        ),
    )
    return Verdict(
        name="visits_outgrow",
        urgency="soon",
        blame=tide.growth,
        title=say(
            "Visits grow faster than there is room; next week this will be full: %(resource)s.", resource=tide.resource
        ),
        hurt=EVERYBODY,
        evidence=(
            figure("visits a day", tide.visits_a_day),
            figure("more than the week before", tide.growth - 1.0, "share"),
            figure("used in the busiest hour", tide.use, "share"),
        ),
        action=action,
        command=command,
        gain=AVERTED,
    )
