"""Whether this machine has enough to do without work that can wait. Linux only; elsewhere it never has.

The kernel counts what nice programs use apart from all else, so an encoder that fills every processor does not make
the machine look busy.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

LOOK_EVERY_S = 0.5
BUSY_FROM, CALM_BELOW = 0.5, 0.35  # of all processors together
_STAT = Path("/proc/stat")


class Busy:
    """What is used by programs that are not nice, looked at twice a second at most."""

    def __init__(self) -> None:
        self._looked_at = self._used_s = 0.0
        self._is = False

    def __call__(self) -> bool:
        """Whether they use half of the machine, or did and still use a third of it."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            used_s = used_seconds()
            share = (used_s - self._used_s) / ((now - self._looked_at) * (os.cpu_count() or 1))
            self._is = self._looked_at > 0 and share >= (CALM_BELOW if self._is else BUSY_FROM)
            self._looked_at, self._used_s = now, used_s
        return self._is


def used_seconds() -> float:
    """Processor time of all programs that are not nice, since the machine started."""
    try:
        user, _, system, _, _, interrupts, soft = _STAT.read_text().split("\n", 1)[0].split()[1:8]
    except (OSError, ValueError):
        return 0.0
    return (int(user) + int(system) + int(interrupts) + int(soft)) / os.sysconf("SC_CLK_TCK")
