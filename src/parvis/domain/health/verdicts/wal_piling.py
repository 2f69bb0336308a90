"""The database keeps more of its journal than it should."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

TIMES = 3
LEAST_BYTES = 2 * 1024**3


def wal_piling(seen: Findings) -> Verdict | None:
    """Fires at three times of what the journal may be, and two GiB at least."""
    database = seen.database
    if database is None or database.wal_bytes < max(LEAST_BYTES, TIMES * database.wal_wanted_bytes):
        return None
    whose = database.slot or ("the archive" if database.archive_failing_s else "an unknown reader")
    command = f"SELECT pg_drop_replication_slot('{database.slot}')" if database.slot else "see the page"
    return Verdict(
        name="wal_piling",
        urgency="soon",
        blame=5.0,
        title=say("The database's journal piles up for %(whose)s.", whose=whose),
        hurt=say("Nobody until the disk is full; then everybody who writes."),
        evidence=(
            figure("journal", database.wal_bytes, "bytes"),
            figure("wanted", database.wal_wanted_bytes, "bytes"),
            figure("kept for a reader", database.slot_bytes, "bytes"),
        ),
        action=say("Let whoever reads it go on, or drop their slot."),
        command=command,
        gain=say("The next checkpoint gives the room back."),
        explains=("disk_filling",),
    )
