"""A disk has no room left."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Disk, Findings
from parvis.domain.health.verdicts.verdict import AT_ONCE, WRITERS, Verdict, figure, say

LEAST_FREE = 0.02
OF_MEDIA = ("disk_filling", "store_failing", "jobs_failing")
OF_DATABASE = ("database_gone", "wal_piling", "processes_dying", "database_slow")
LEAST_BYTES, ENOUGH_BYTES = 256 * 1024**2, 2 * 1024**3


def disk_full(seen: Findings) -> Verdict | None:
    """Fires below two hundredths that are free, two GiB at most, and below a quarter of a GiB in any case.

    A disk with nothing but backups is none of these: nobody is hurt before the next of them fails.
    """
    full = [one for one in seen.our_disks if one.bytes and one.free_bytes < _least_bytes(one)]
    if not full:
        return None
    disk = min(full, key=lambda one: (one.holds != "place", one.free_bytes))
    return Verdict(
        name="disk_full",
        urgency="now",
        blame=500.0,
        title=say("The disk of %(folder)s is full: nothing more can be stored.", folder=disk.folder),
        hurt=WRITERS,
        evidence=(
            figure("free", disk.free_bytes, "bytes"),
            figure("of", disk.bytes, "bytes"),
            figure("share that is free", disk.free, "share"),
        ),
        action=say("Make room on it, or enlarge it. Old logs and backups are the first to go."),
        command=f"du -xh --max-depth=2 {disk.folder} | sort -h | tail -n 15",
        gain=AT_ONCE,
        explains=OF_MEDIA if disk.holds == "media" else (*OF_MEDIA, *OF_DATABASE),
    )


def _least_bytes(disk: Disk) -> float:
    return max(LEAST_BYTES, min(LEAST_FREE * disk.bytes, ENOUGH_BYTES))
