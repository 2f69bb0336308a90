"""People wait at the door because a resource is short."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.more import more_of
from parvis.domain.health.verdicts.verdict import NEWCOMERS, Verdict, Words, figure, say

LEAST_WAITING = 100
LEAST_S = 3600.0


def gate_narrow(seen: Findings) -> Verdict | None:
    """Fires when a hundred people wait, and the last of them for more than an hour."""
    door = seen.door
    if door is None or door.waiting < LEAST_WAITING or not door.rate_per_s or door.mode == "pause":
        return None
    wait_s = door.waiting / door.rate_per_s
    if wait_s < LEAST_S:
        return None
    action, command = _widened(seen, door.binding)
    return Verdict(
        name="gate_narrow",
        urgency="now",
        blame=0.001 * door.waiting,
        title=say("People wait at the door because of: %(resource)s.", resource=door.binding),
        hurt=NEWCOMERS,
        evidence=(
            figure("wait", door.waiting),
            figure("come in", door.rate_per_s, "per_s"),
            figure("the last one waits", wait_s, "s"),
        ),
        action=action,
        command=command,
        gain=say("The wait falls as the rate rises."),
    )


def _widened(seen: Findings, binding: str) -> tuple[Words, str]:
    """What to do about what keeps it narrow, and the command for it."""
    if binding == "cap":
        return say("No more come in than somebody set. Let in as many as the place can bear."), "parvis gate auto"
    return more_of(binding, seen, say("Give the place more of what is short; the door widens by itself."))
