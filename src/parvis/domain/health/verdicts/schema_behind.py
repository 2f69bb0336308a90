"""The database's schema is older than the program."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AT_ONCE, EVERYBODY, Verdict, figure, say


def schema_behind(seen: Findings) -> Verdict | None:
    """Fires when a migration was not applied."""
    database = seen.database
    if database is None or not database.unapplied:
        return None
    return Verdict(
        name="schema_behind",
        urgency="now",
        blame=200.0,
        title=say("The database misses %(names)s.", names=", ".join(database.unapplied[:3])),
        hurt=EVERYBODY,
        evidence=(
            figure("migrations missing", len(database.unapplied)),
            figure("web processes seen", seen.roles.get("web", 0)),
            figure("workers seen", seen.roles.get("work", 0)),
        ),
        action=say("Bring the schema up to date."),
        command="parvis migrate",
        gain=AT_ONCE,
        explains=("jobs_failing", "workers_missing", "web_missing"),
    )
