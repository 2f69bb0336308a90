"""No web process reports."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AT_ONCE, EVERYBODY, Verdict, figure, say


def web_missing(seen: Findings) -> Verdict | None:
    """Fires when the database was told nothing by any of them for 25 seconds."""
    if seen.database is None or seen.roles.get("web", 0):
        return None
    return Verdict(
        name="web_missing",
        urgency="now",
        blame=400.0,
        title=say("No web process runs: nobody is answered."),
        hurt=EVERYBODY,
        evidence=(
            figure("web processes seen", 0),
            figure("workers seen", seen.roles.get("work", 0)),
            figure("died in the last ten minutes", seen.deaths.processes),
        ),
        action=say("Start them, and read what the log says about their end."),
        command="parvis serve",
        gain=AT_ONCE,
    )
