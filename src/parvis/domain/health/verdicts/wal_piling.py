"""The database keeps more of its journal than it should."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Database, Findings
from parvis.domain.health.verdicts.verdict import Verdict, Words, figure, say

TIMES = 3
LEAST_BYTES = 2 * 1024**3
OUR_SLOT = "parvis_backup"  # of `parvis backup --follow`
MOST = 0.5  # a slot that keeps less than that share of it is not why there is so much


def wal_piling(seen: Findings) -> Verdict | None:
    """Fires at three times of what the journal may be, and two GiB at least."""
    database = seen.database
    if database is None or database.wal_bytes < max(LEAST_BYTES, TIMES * database.wal_wanted_bytes):
        return None
    action, command = _action(database, kept_in_kit=seen.kept.wanted)
    return Verdict(
        name="wal_piling",
        urgency="soon",
        blame=5.0,
        title=say("The database's journal piles up for %(whose)s.", whose=_reader(database)),
        hurt=say("Nobody until the disk is full; then everybody who writes."),
        evidence=(
            figure("journal", database.wal_bytes, "bytes"),
            figure("wanted", database.wal_wanted_bytes, "bytes"),
            figure("kept for a reader", database.slot_bytes, "bytes"),
        ),
        action=action,
        command=command,
        gain=say("The next checkpoint gives the room back."),
        explains=("disk_filling",),
    )


def _reader(database: Database) -> str:
    return _slot(database) or ("the archive" if database.archive_failing_s else "an unknown reader")


def _slot(database: Database) -> str:
    """The slot that keeps most of the journal, if one does."""
    return database.slot if database.slot_bytes >= MOST * database.wal_bytes else ""


def _action(database: Database, *, kept_in_kit: bool) -> tuple[Words, str]:
    slot = _slot(database)
    if slot == OUR_SLOT:  # dropped, it would leave a gap that no restore gets over
        command = "parvis backup --follow" if kept_in_kit else "parvis backup FOLDER --follow"
        return say("Let whoever reads it go on, or drop their slot."), command
    if slot:
        drop = f"SELECT pg_drop_replication_slot('{slot}')"
        return say("Let whoever reads it go on, or drop their slot."), f'psql "$ADMIN" -c "{drop}"'
    if database.archive_failing_s:
        return say("Look why the archive refuses: its disk, its key, its address."), "SELECT * FROM pg_stat_archiver"
    return say("Look what keeps it: its settings, or checkpoints that do not end."), (
        "SELECT name, setting, unit FROM pg_settings WHERE name ~ '^(wal_keep|max_wal|checkpoint)'"
    )
