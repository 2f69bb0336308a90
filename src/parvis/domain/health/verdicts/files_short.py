"""A disk has room and cannot hold more files."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AT_ONCE, WRITERS, Verdict, figure, say

LEAST_FREE = 0.03


def files_short(seen: Findings) -> Verdict | None:
    """Fires when fewer than three in a hundred of the possible files are left."""
    short = [one for one in seen.our_disks if one.files and one.free_files / one.files < LEAST_FREE]
    if not short:
        return None
    disk = min(short, key=lambda one: (one.holds != "place", one.free_files))
    return Verdict(
        name="files_short",
        urgency="now",
        blame=300.0,
        title=say("The disk of %(folder)s cannot hold more files, though it has room.", folder=disk.folder),
        hurt=WRITERS,
        evidence=(
            figure("files that fit", disk.free_files),
            figure("files at most", disk.files),
            figure("free", disk.free_bytes, "bytes"),
        ),
        action=say("Remove small files that nobody needs, or move the folder to a file system with more inodes."),
        command=f"du -x --inodes --max-depth=2 {disk.folder} | sort -n | tail -n 15",
        gain=AT_ONCE,
        explains=("store_failing",) if disk.holds == "media" else ("database_gone", "store_failing"),
    )
