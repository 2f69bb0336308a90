"""The database has hardly a connection left."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import EVERYBODY, Verdict, figure, say

FROM = 0.9


def connections_short(seen: Findings) -> Verdict | None:
    """Fires when nine tenths of them are taken."""
    database = seen.database
    if database is None or database.sessions < FROM * database.most_sessions:
        return None
    return Verdict(
        name="connections_short",
        urgency="now",
        blame=20.0,
        title=say("The database has hardly a connection left."),
        hurt=EVERYBODY,
        evidence=(
            figure("taken", database.sessions),
            figure("at most", database.most_sessions),
            figure("of each process", seen.setup.database_pool),
        ),
        action=say("Give each process fewer connections, or allow more in postgresql.conf."),
        command="PARVIS_DATABASE_POOL=6; max_connections = 200",
        gain=say("Processes that start find a place again."),
        explains=("processes_dying", "workers_missing"),
    )
