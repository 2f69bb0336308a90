"""Commits wait for the disk."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import WRITERS, Verdict, figure, say

FROM = 2.0


def disk_slow(seen: Findings) -> Verdict | None:
    """Fires when two sessions and more wait for the journal to be on the disk, on average."""
    database = seen.database
    waiting = database.waiting.get("journal", 0.0) if database else 0.0
    if database is None or waiting < FROM:
        return None
    return Verdict(
        name="disk_slow",
        urgency="now",
        blame=waiting,
        title=say("Writing waits for the disk of the database."),
        hurt=WRITERS,
        evidence=(
            figure("sessions that wait for the journal", waiting),
            figure("that read from the disk", database.waiting.get("reading", 0.0)),
            figure("sessions", database.sessions),
        ),
        action=say("Move the database to a faster disk, and other writers away from it."),
        command="iostat -x 2 3",
        gain=say("A commit takes as long as the disk needs to keep it; a good one needs less than a millisecond."),
        explains=("pool_exhausted", "database_slow", "slow_statement"),
    )
