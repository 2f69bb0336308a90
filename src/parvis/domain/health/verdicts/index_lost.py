"""An index that the program relies on is not there."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say


def index_lost(seen: Findings) -> Verdict | None:
    """Fires when an index of the schema is missing or was left half made."""
    database = seen.database
    if database is None or not database.lost_indexes:
        return None
    statement = database.lost_indexes[0]
    command = statement if "CONCURRENTLY" in statement else statement.replace("INDEX", "INDEX CONCURRENTLY", 1)
    half = next((one for one in database.half_indexes if f"INDEX {one} " in statement), "")
    slow = database.slow.at_once if database.slow else 0.0
    return Verdict(
        name="index_lost",
        urgency="now",
        blame=1.0 + slow,
        title=say("The database misses an index: %(statement)s", statement=statement[:160]),
        hurt=say("Whoever looks at what it made quick to find."),
        evidence=(
            figure("indexes missing", len(database.lost_indexes)),
            figure("sessions busy with the slowest statement", slow),
            figure("oldest statement", database.slow.age_s if database.slow else 0.0, "s"),
        ),
        action=say("Drop what is left of it; then this says how to make it again.")
        if half
        else say("Make it again; nobody has to wait meanwhile."),
        command=f"DROP INDEX CONCURRENTLY {half}" if half else command,
        gain=say("The same statements take milliseconds again."),
        explains=(
            "slow_statement",
            "database_slow",
            "pool_exhausted",
            "requests_refused",
            "database_reading",
            "jobs_late",
            "fan_out_late",
        ),
    )
