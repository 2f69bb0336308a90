"""Processes that cannot outlive us: how they are started, recognised later, and ended."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from parvis.infra.engines.places import Places, UserAccount, write_whole

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)

Step = tuple[signal.Signals, float]  # a signal, and how many seconds it is given to work


def die_with_parent(sent: signal.Signals = signal.SIGKILL) -> None:
    """The kernel sends us `sent` as soon as the process that started us is gone, however it went."""
    _libc.prctl(PR_SET_PDEATHSIG, int(sent), 0, 0, 0)


class Launch(msgspec.Struct, frozen=True):
    """What to start, and how."""

    argv: Sequence[str]
    environment: dict[str, str]
    account: UserAccount | None = None
    death_signal: signal.Signals = signal.SIGKILL
    descriptors: Sequence[int] = ()
    log: Path | None = None  # None: our own output


def start(launch: Launch) -> subprocess.Popen[bytes]:
    """The program runs in a session of its own, so that a Ctrl-C meant for us does not reach it, and dies with us.

    Must be called from the main thread: the kernel counts the starting thread as the parent.
    """
    supervisor = os.getpid()

    def before_exec() -> None:
        # After the change of account, which would clear it.
        die_with_parent(launch.death_signal)
        if os.getppid() != supervisor:
            os._exit(1)

    log = open(launch.log, "ab", buffering=0) if launch.log else None  # noqa: SIM115 - closed below
    try:
        return subprocess.Popen(
            launch.argv,
            env=launch.environment,
            cwd="/" if launch.account else None,
            user=launch.account.uid if launch.account else None,
            group=launch.account.gid if launch.account else None,
            extra_groups=[] if launch.account else None,
            pass_fds=tuple(launch.descriptors),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=before_exec,
        )
    finally:
        if log:
            log.close()


async def ended(process: subprocess.Popen[bytes]) -> int:
    """Its exit status, as soon as it has ended."""
    if process.poll() is not None:
        return process.returncode
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:  # a kernel without them
        while process.poll() is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        return process.returncode
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, done.set)
    try:
        await done.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return process.wait()


async def end(process: subprocess.Popen[bytes], steps: Sequence[Step]) -> None:
    """The process and its whole session have ended: each signal in turn, each with its time."""
    for sent, seconds in steps:
        if process.poll() is not None:
            break
        process.send_signal(sent)
        try:
            await asyncio.wait_for(ended(process), seconds)
        except TimeoutError:
            continue
    _kill_session(process.pid)


def remember(places: Places, running: dict[str, subprocess.Popen[bytes]]) -> None:
    """A later supervisor can tell these processes from strangers with the same number."""
    children = {name: [p.pid, started_at(p.pid)] for name, p in running.items() if p.poll() is None}
    write_whole(places.children_file, json.dumps({"boot": _boot_id(), "children": children}))


def remembered(places: Places) -> dict[str, int]:
    """The processes of this PARVIS_HOME that a supervisor started and that still run: name → pid."""
    try:
        record = json.loads(places.children_file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    if record.get("boot") != _boot_id():
        return {}
    return {name: pid for name, (pid, ticks) in record["children"].items() if ticks and started_at(pid) == ticks}


async def end_orphans(places: Places, *, patience_s: float = 1.0) -> list[str]:
    """No process of an earlier supervisor of this PARVIS_HOME is left, the database's aside. Returns their names.

    They normally die with their supervisor; this is for the moment in between, and for kernels that forgot.
    """
    try:
        record = json.loads(places.children_file.read_text())
    except (FileNotFoundError, ValueError):
        return []
    if record.get("boot") != _boot_id():
        return []
    left = {name: pid for name, (pid, ticks) in record["children"].items() if _session_of(pid, ticks)}
    names = [name for name in left if name != "postgres"]  # it has its own, gentler way: postgresql.end_orphans
    for name in names:
        if not await _until(lambda pid=left[name]: not list(_members(pid)), patience_s):
            _kill_session(left[name])
            await _until(lambda pid=left[name]: not list(_members(pid)), 5)
    return names


def environment_of(pid: int) -> dict[str, str]:
    """The environment in which that process was started; nothing where we may not read it."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    return dict(part.split("=", 1) for part in raw.decode(errors="replace").split("\0") if "=" in part)


def command_of(pid: int) -> list[str]:
    """The words by which that process was started; nothing where there is none."""
    try:
        return [word for word in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0") if word]
    except OSError:
        return []


def started_at(pid: int) -> int:
    """When that process started, in ticks since boot; 0 if there is none. With the pid it names a process for good."""
    fields = _stat(pid)
    return int(fields[19]) if fields else 0


async def _until(condition: Callable[[], bool], seconds: float) -> bool:
    for _ in range(max(1, int(seconds / 0.05))):
        if condition():
            return True
        await asyncio.sleep(0.05)
    return condition()


def _session_of(pid: int, ticks: int) -> bool:
    """Whether the session that `pid` opened still has members. The kernel gives no such number away while it has."""
    return started_at(pid) == ticks or (started_at(pid) == 0 and any(_members(pid)))


def _members(session: int) -> Iterator[int]:
    for pid in every_pid():
        fields = _stat(pid)
        if fields and int(fields[3]) == session and fields[0] != "Z":
            yield pid


def _kill_session(session: int) -> None:
    for pid in _members(session):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def every_pid() -> Iterator[int]:
    """The number of every process that can be seen."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name: state, parent, group, session …; empty if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
