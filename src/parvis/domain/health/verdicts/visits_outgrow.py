"""Visits grow so fast that a resource will be full within a week."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, EVERYBODY, Verdict, figure, say

RISE = 0.20
FULL = 0.95
LEAST_A_DAY = 20.0


def visits_outgrow(seen: Findings) -> Verdict | None:
    """Fires when visits rose by a fifth in a week, and what is fullest would be full after as much again."""
    tide = seen.tide
    if tide is None or tide.before < LEAST_A_DAY or tide.growth < 1.0 + RISE:
        return None
    expected = tide.use * tide.growth
    if expected < FULL:
        return None
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
        action=say(
            "Give the place more of what is short before the next week; parvis capacity, at a quiet hour, tells how much."
        ),
        command="parvis gate status",
        gain=AVERTED,
    )
