"""A disk will be full soon."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Database, Disk, Findings
from parvis.domain.health.verdicts.verdict import AVERTED, NOBODY_YET, Figure, Verdict, figure, say

WITHIN_S = 3 * 86_400.0
LEAST_FREE = 0.08
ENOUGH_BYTES = 64 * 1024**3  # on a large disk eight hundredths are plenty


def disk_filling(seen: Findings) -> Verdict | None:
    """Fires when it will be full in three days at its present pace, or less than eight hundredths, and 64 GiB, are free.

    A disk with nothing but backups may be nearly full by right: of that one, when the database no longer fits on it.
    """
    filling = [
        one
        for one in seen.disks
        if _is_short(one, seen.database) or (one.full_in_s is not None and one.full_in_s < WITHIN_S and one.free < 0.5)
    ]
    if not filling:
        return None
    disk = min(filling, key=lambda one: one.full_in_s if one.full_in_s is not None else WITHIN_S)
    return Verdict(
        name="disk_filling",
        urgency="soon",
        blame=4.0,
        title=say("The disk of %(folder)s will be full soon.", folder=disk.folder),
        hurt=NOBODY_YET,
        evidence=(
            figure("free", disk.free_bytes, "bytes"),
            figure("share that is free", disk.free, "share"),
            _third(disk, seen.database),
        ),
        action=say("Make room on it, or enlarge it, while there is time."),
        command=f"du -xh --max-depth=2 {disk.folder} | sort -h | tail -n 15",
        gain=AVERTED,
    )


def _third(disk: Disk, database: Database | None) -> Figure:
    if disk.full_in_s is not None:
        return figure("full in", disk.full_in_s, "s")
    if disk.holds == "copies" and database is not None:
        return figure("size of the database", database.size_bytes, "bytes")
    return figure("of", disk.bytes, "bytes")


def _is_short(disk: Disk, database: Database | None) -> bool:
    if disk.holds == "copies":
        return database is not None and disk.free_bytes < database.size_bytes
    return disk.free < LEAST_FREE and disk.free_bytes < ENOUGH_BYTES
