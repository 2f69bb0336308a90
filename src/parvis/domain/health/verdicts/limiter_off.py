"""Nothing is refused, however much is asked."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, NOBODY_YET, Verdict, figure, say


def limiter_off(seen: Findings) -> Verdict | None:
    """Fires when the limiter is switched off."""
    if seen.setup.limiter:
        return None
    return Verdict(
        name="limiter_off",
        urgency="note",
        blame=0.0,
        title=say("The limiter is off: under too much load everybody waits, instead of a few being refused."),
        hurt=NOBODY_YET,
        evidence=(
            figure("processor busy", seen.use("cpu"), "share"),
            figure("asked", seen.asked_per_s, "per_s"),
            figure("web processes seen", seen.roles.get("web", 0)),
        ),
        action=say("Switch it on."),
        command="PARVIS_LIMITER=on",
        gain=AVERTED,
    )
