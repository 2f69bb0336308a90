"""The clock jumped."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, Verdict, figure, say

FROM_S = 2.0


def clock_stepped(seen: Findings) -> Verdict | None:
    """Fires when the clock moved two seconds more or less than time went by."""
    step = seen.fact("clock", "step_s")
    if abs(step) < FROM_S:
        return None
    return Verdict(
        name="clock_stepped",
        urgency="now",
        blame=min(20.0, abs(step)),
        title=say("This machine's clock jumped."),
        hurt=say("Whoever signs in by a code; posts may stand in the wrong order."),
        evidence=(
            figure("jumped by", step, "s"),
            figure("the database is ahead by", seen.clock_ahead_s, "s"),
            figure("the database answers in", seen.fact("database", "response_s"), "s"),
        ),
        action=say("Let a time server move it slowly, and look who set it."),
        command="timedatectl set-ntp true",
        gain=AVERTED,
        explains=("clock_differs",),
    )
