"""A disk will be full soon."""

from __future__ import annotations

from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.health.verdicts.verdict import AVERTED, NOBODY_YET, Verdict, figure, say

WITHIN_S = 3 * 86_400.0
LEAST_FREE = 0.08
ENOUGH_BYTES = 64 * 1024**3  # on a large disk eight hundredths are plenty


def disk_filling(seen: Findings) -> Verdict | None:
    """Fires when it will be full in three days at its present pace, or less than eight hundredths, and 64 GiB, are free."""
    filling = [
        one
        for one in seen.disks
        if (one.free < LEAST_FREE and one.free_bytes < ENOUGH_BYTES)
        or (one.full_in_s is not None and one.full_in_s < WITHIN_S and one.free < 0.5)
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
            figure("of", disk.bytes, "bytes") if disk.full_in_s is None else figure("full in", disk.full_in_s, "s"),
        ),
        action=say("Make room on it, or enlarge it, while there is time."),
        command=f"du -xh --max-depth=2 {disk.folder} | sort -h | tail -n 15",
        gain=AVERTED,
    )
