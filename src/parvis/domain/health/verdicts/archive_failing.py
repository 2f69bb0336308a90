"""The journal cannot be archived."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import Verdict, figure, say

FROM_S = 300.0


def archive_failing(seen: Findings) -> Verdict | None:
    """Fires when nothing could be archived for five minutes."""
    database = seen.database
    if database is None or database.archive_failing_s < FROM_S:
        return None
    return Verdict(
        name="archive_failing",
        urgency="soon",
        blame=2.0,
        title=say("The database's journal cannot be archived."),
        hurt=say("Nobody until the disk is full, or until a backup is needed."),
        evidence=(
            figure("since", database.archive_failing_s, "s"),
            figure("journal", database.wal_bytes, "bytes"),
            figure("wanted", database.wal_wanted_bytes, "bytes"),
        ),
        action=say("Look why the archive refuses: its disk, its key, its address."),
        command="SELECT * FROM pg_stat_archiver",
        gain=say("What was left behind is archived by itself."),
        explains=("wal_piling", "disk_filling"),
    )
