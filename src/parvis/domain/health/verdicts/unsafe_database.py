"""The database is set to lose what it has acknowledged."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say


def unsafe_database(seen: Findings) -> Verdict | None:
    """Fires when a setting that keeps acknowledged writes is off."""
    database = seen.database
    if database is None or not database.unsafe:
        return None
    return Verdict(
        name="unsafe_database",
        urgency="note",
        blame=0.0,
        title=say("The database may lose what it has acknowledged: %(settings)s.", settings=", ".join(database.unsafe)),
        hurt=say("Nobody until the power fails; then whoever wrote last."),
        evidence=(
            figure("settings", len(database.unsafe)),
            figure("up for", database.up_s, "s"),
            figure("size of the database", database.size_bytes, "bytes"),
        ),
        action=say("Take them out of postgresql.conf."),
        command="grep -nE 'fsync|synchronous_commit|full_page_writes' $PARVIS_HOME/postgresql.conf",
        gain=say("What was acknowledged is kept."),
    )
