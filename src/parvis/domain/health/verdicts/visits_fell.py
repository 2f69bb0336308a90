"""Far fewer people come than the week before."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import OPERATORS, Verdict, figure, say

FALL = 0.30
LEAST_A_DAY = 20.0  # below that, chance alone makes such differences


def visits_fell(seen: Findings) -> Verdict | None:
    """Fires when the mean of seven whole days is more than thirty per cent below that of the seven before."""
    tide = seen.tide
    if tide is None or tide.before < LEAST_A_DAY or tide.growth >= 1.0 - FALL:
        return None
    return Verdict(
        name="visits_fell",
        urgency="note",
        blame=1.0 - tide.growth,
        title=say("Visits have fallen by %(share)s within a week.", share=f"{1 - tide.growth:.0%}"),
        hurt=OPERATORS,
        evidence=(
            figure("visits a day", tide.visits_a_day),
            figure("the week before", tide.before),
            figure("that is less by", 1.0 - tide.growth, "share"),
        ),
        action=say("See in the insights which sources, pages or apps are missing, and what was changed on that day."),
        gain=say("You know why before others tell you."),
        told=True,
    )
