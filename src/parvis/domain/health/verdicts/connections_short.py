"""The database has hardly a connection left."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import EVERYBODY, Verdict, figure, say

FROM = 0.9


def connections_short(seen: Findings) -> Verdict | None:
    """Fires when nine tenths of them are taken, or none is left for us to ask."""
    database = seen.database
    if database is None and seen.database_trouble != "full":
        return None
    if database is not None and database.sessions < FROM * database.most_sessions:
        return None
    fewer = max(2, seen.setup.database_pool // 2)
    return Verdict(
        name="connections_short",
        urgency="now",
        blame=20.0,
        title=say("The database has hardly a connection left."),
        hurt=EVERYBODY,
        evidence=(
            figure("taken", database.sessions) if database else figure("answers", 0),
            figure("at most", database.most_sessions) if database else figure("web processes seen", 0),
            figure("of each process", seen.setup.database_pool),
        ),
        action=say("Give each process fewer connections, or allow more in postgresql.conf."),
        command=f"PARVIS_DATABASE_POOL={fewer}; max_connections = {2 * (database.most_sessions if database else 100)}",
        gain=say("Processes that start find a place again."),
        explains=("processes_dying", "workers_missing"),
    )
