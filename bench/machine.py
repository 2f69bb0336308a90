"""CPU time and memory of processes, from the kernel's own books."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil


def family(process_id: int) -> list[psutil.Process]:
    """The process and all its descendants."""
    try:
        head = psutil.Process(process_id)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_s(processes: list[psutil.Process]) -> float:
    """User and system time of those processes together, also of children that have ended."""
    total = 0.0
    for one in processes:
        try:
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
        except psutil.NoSuchProcess:
            continue
    return total


def pss_mb(processes: list[psutil.Process]) -> float:
    """Proportional share of memory of those processes together, in MB: shared pages count once."""
    total = 0.0
    for one in processes:
        try:
            for line in Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) / 1024
        except (OSError, psutil.NoSuchProcess):
            continue
    return total


@dataclass
class Meter:
    """CPU seconds used between `start` and `stop` by several named groups of processes."""

    groups: dict[str, int]

    def start(self) -> None:
        self._before = self._read()

    def stop(self) -> dict[str, float]:
        after = self._read()
        return {name: after[name] - self._before[name] for name in self.groups}

    def _read(self) -> dict[str, float]:
        return {name: cpu_s(family(pid)) for name, pid in self.groups.items()}
