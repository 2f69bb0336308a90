"""What this machine has and uses, from what Linux says: cores, their use, and what a container's limit leaves of them."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

HOST = socket.gethostname()

_CGROUPS = Path("/sys/fs/cgroup")


def cores() -> float:
    """How many cores this process may use at most."""
    mine = float(len(os.sched_getaffinity(0)))
    quota = _quota()
    return mine if quota is None else min(mine, quota)


def busy_s() -> float:
    """Core-seconds used so far: of our container where it has a limit, else of the cores we may use, by everybody."""
    if _quota() is not None:
        with suppress(OSError, ValueError, StopIteration):
            lines = (_CGROUPS / "cpu.stat").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith("usage_usec")) / 1e6
        with suppress(OSError, ValueError):
            return int((_CGROUPS / "cpuacct" / "cpuacct.usage").read_text()) / 1e9
    return _of_cores(os.sched_getaffinity(0))


def patient_s() -> float | None:
    """Of those, what went to work that lets everything else pass (`nice`), as encoders do; None where that is not known.

    Where this process is nice itself, as under a service that is, everything of ours is: that tells nothing.
    """
    if os.getpriority(os.PRIO_PROCESS, 0) > 0:
        return None
    if _quota() is None:
        return _of_cores(os.sched_getaffinity(0), nice_only=True)
    with suppress(OSError, ValueError, StopIteration):  # kernels since 6.11 say it of a container
        lines = (_CGROUPS / "cpu.stat").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("nice_usec")) / 1e6
    return None


def memory_bytes() -> tuple[int, int, int]:
    """All there is, what of it can be had, and what was moved to the disk; of our container where it has a limit."""
    said: dict[str, int] = {}
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, rest = line.partition(":")
        said[name] = int(rest.split()[0]) * 1024
    total, free = said["MemTotal"], said.get("MemAvailable", said["MemFree"])
    with suppress(OSError, ValueError, StopIteration):
        most, taken = int((_CGROUPS / "memory.max").read_text()), int((_CGROUPS / "memory.current").read_text())
        lines = (_CGROUPS / "memory.stat").read_text().splitlines()
        cached = next(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))
        if most < total:
            total, free = most, min(free, most - taken + cached)
    with suppress(OSError, ValueError, StopIteration):  # an older kind of container
        group = _CGROUPS / "memory"
        most, taken = (int((group / f"memory.{name}_in_bytes").read_text()) for name in ("limit", "usage"))
        lines = (group / "memory.stat").read_text().splitlines()
        cached = next(int(line.split()[1]) for line in lines if line.startswith("total_inactive_file "))
        if most < total:
            total, free = most, min(free, most - taken + cached)
    return total, free, said.get("SwapTotal", 0) - said.get("SwapFree", 0)


def killed() -> float:
    """How many processes the kernel has ended so far because there was no memory: of our container, else of all."""
    for path in (_CGROUPS / "memory.events", Path("/proc/vmstat")):
        with suppress(OSError, ValueError, StopIteration):
            lines = path.read_text().splitlines()
            return float(next(line.split()[1] for line in lines if line.startswith("oom_kill ")))
    return 0.0


def _of_cores(wanted: set[int], *, nice_only: bool = False) -> float:
    """All that was not idle; what a hypervisor took (steal) counts, for it is not there to be used."""
    ticks = 0
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return 0.0 if nice_only else sum(os.times()[:4])
    for line in lines:
        name, _, rest = line.partition(" ")
        if name[:3] == "cpu" and name[3:].isdigit() and int(name[3:]) in wanted:
            user, nice, system, _idle, _waiting, irq, soft, steal = map(int, rest.split()[:8])
            ticks += nice if nice_only else user + nice + system + irq + soft + steal
    return ticks / os.sysconf("SC_CLK_TCK")


def _quota() -> float | None:
    """Cores by the container's limit; None without one."""
    with suppress(OSError, ValueError):
        most, period = (_CGROUPS / "cpu.max").read_text().split()
        return None if most == "max" else int(most) / int(period)
    with suppress(OSError, ValueError):
        most = int((_CGROUPS / "cpu" / "cpu.cfs_quota_us").read_text())
        return None if most <= 0 else most / int((_CGROUPS / "cpu" / "cpu.cfs_period_us").read_text())
    return None
