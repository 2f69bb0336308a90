"""The door is shut by an operator's order."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import NEWCOMERS, Verdict, figure, say


def gate_paused(seen: Findings) -> Verdict | None:
    """Fires when somebody waits before a door that is paused."""
    door = seen.door
    if door is None or door.mode != "pause" or not door.waiting:
        return None
    return Verdict(
        name="gate_paused",
        urgency="now",
        blame=0.001 * door.waiting,
        title=say("The door is shut by order: %(message)s", message=door.message or "no reason given"),
        hurt=NEWCOMERS,
        evidence=(
            figure("wait", door.waiting),
            figure("come in", 0.0, "per_s"),
            figure("processor busy", seen.use("cpu"), "share"),
        ),
        action=say("Open it when you are ready."),
        command="parvis gate auto",
        gain=say("As many come in as the server can bear."),
        explains=("gate_narrow",),
    )
