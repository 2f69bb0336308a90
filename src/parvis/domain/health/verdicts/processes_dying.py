"""Processes end without having been told to."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say


def processes_dying(seen: Findings) -> Verdict | None:
    """Fires when one went silent in the last ten minutes without taking its leave."""
    deaths = seen.deaths
    if not deaths.processes:
        return None
    return Verdict(
        name="processes_dying",
        urgency="now" if deaths.processes > 2 else "note",
        blame=float(deaths.processes),
        title=say("Processes end without having been told to (%(role)s).", role=deaths.role),
        hurt=say("Whoever was being answered by them."),
        evidence=(
            figure("ended in ten minutes", deaths.processes),
            figure("the last one, ago", deaths.newest_s, "s"),
            figure("web processes seen", seen.roles.get("web", 0)),
        ),
        action=say("Read what the log says about their end; the system's log tells whether memory was the reason."),
        command="dmesg | grep -i 'killed process' | tail",
        gain=say("Requests are no longer cut off."),
    )
