"""The machine and what runs on it, as the system tells."""

from __future__ import annotations

import os
import platform
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from parvis import __version__
from parvis.handover.masking import scrubbed
from parvis.infra.engines import processes
from parvis.infra.engines.places import Places

WITHIN_S = 10
_ROOT = Path(__file__).parents[3]


class Disk(msgspec.Struct, frozen=True):
    folder: str
    bytes: int
    free_bytes: int


class Process(msgspec.Struct, frozen=True):
    """A process of the running server. `memory_bytes`: what it has in memory, what it shares included."""

    name: str
    pid: int
    user: str
    memory_bytes: int


class Program(msgspec.Struct, frozen=True):
    """The release that runs. `commit`: empty where it is no clone."""

    version: str
    folder: str
    python: str
    commands: str  # the folder with the program `parvis`; empty: `python -m parvis`
    commit: str
    source: str


class Machine(msgspec.Struct, frozen=True):
    """`service`: the unit that runs the server, where systemd does. `timers`: what the system starts by the clock."""

    host: str
    system: str
    cores: int
    memory_bytes: int
    disks: list[Disk]
    program: Program
    user: str
    service: str
    processes: list[Process]
    timers: list[str]


def look(home: Path, folders: Mapping[str, str], supervisor: int | None) -> Machine:
    """This machine. `folders`: what else of ours lies somewhere; `supervisor`: the process of `parvis serve`."""
    return Machine(
        host=socket.gethostname(),
        system=f"{_distribution()}, {platform.system()} {platform.release()}, {platform.machine()}",
        cores=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        disks=_disks([str(home), *(path for path in folders.values() if path.startswith("/"))]),
        program=_program(),
        user=_user(supervisor) if supervisor else "",
        service=unit_of(supervisor) if supervisor else "",
        processes=_processes(home, supervisor),
        timers=_timers(),
    )


def unit_of(pid: int) -> str:
    """The systemd service that the process belongs to; empty when none."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return ""
    names = [part for line in lines for part in line.split("/") if part.endswith(".service")]
    return next((name for name in reversed(names) if not name.startswith("user@")), "")


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "unknown system"


def _disks(folders: list[str]) -> list[Disk]:
    found: dict[int, Disk] = {}
    for folder in folders:
        near = Path(folder)
        while not near.exists() and near != near.parent:
            near = near.parent
        usage = shutil.disk_usage(near)
        found.setdefault(os.stat(near).st_dev, Disk(folder, usage.total, usage.free))
    return list(found.values())


def _program() -> Program:
    scripts = Path(sys.executable).parent
    commit = _said("git", "-C", str(_ROOT), "rev-parse", "HEAD") if (_ROOT / ".git").exists() else ""
    source = _said("git", "-C", str(_ROOT), "remote", "get-url", "origin") if commit else ""
    return Program(
        version=__version__,
        folder=str(_ROOT),
        python=sys.executable,
        commands=str(scripts) if (scripts / "parvis").exists() else "",
        commit=commit,
        source=scrubbed(source),
    )


def _processes(home: Path, supervisor: int | None) -> list[Process]:
    running = {"serve": supervisor} if supervisor else {}
    running |= processes.remembered(Places(home)) if supervisor else {}
    return [Process(name, pid, _user(pid), _memory(pid)) for name, pid in running.items()]


def _user(pid: int) -> str:
    try:
        return pwd.getpwuid(os.stat(f"/proc/{pid}").st_uid).pw_name
    except (OSError, KeyError):
        return ""


def _memory(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _timers() -> list[str]:
    """Lines of timers and cron tables that name Parvis."""
    found = [line.strip() for line in _said("systemctl", "list-timers", "--all", "--no-legend").splitlines()]
    found += [f"crontab: {line}" for line in _said("crontab", "-l").splitlines() if not line.startswith("#")]
    for path in (Path("/etc/crontab"), *sorted(Path("/etc/cron.d").glob("*"))):
        try:
            found += [f"{path}: {line}" for line in path.read_text(errors="replace").splitlines()]
        except OSError:
            continue
    return [scrubbed(line) for line in found if "parvis" in line.lower() and ": #" not in line]


def _said(*words: str) -> str:
    """What the program prints; nothing where it is not there or does not like it."""
    if shutil.which(words[0]) is None:
        return ""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
