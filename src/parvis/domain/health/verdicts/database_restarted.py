"""The database was started again a moment ago."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

WITHIN_S = 120.0


def database_restarted(seen: Findings) -> Verdict | None:
    """Fires when it is younger than two minutes, and processes died meanwhile."""
    database = seen.database
    if database is None or database.up_s > WITHIN_S or not seen.deaths.processes:
        return None
    return Verdict(
        name="database_restarted",
        urgency="note",
        blame=0.5,
        title=say("The database was started again a moment ago."),
        hurt=say("Whoever wrote at that moment had to try again."),
        evidence=(
            figure("up for", database.up_s, "s"),
            figure("processes that died in ten minutes", seen.deaths.processes),
            figure("sessions", database.sessions),
        ),
        action=say("If nobody did it, the last lines of its log before the start say why."),
        command="tail -n 100 $PARVIS_HOME/logs/postgres.log",
        gain=say("It does not happen again."),
        explains=("processes_dying",),
    )
