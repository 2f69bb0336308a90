"""The processes of a server under test, by what they are."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil

from tests.rig.server import Server


def family(server: Server) -> list[psutil.Process]:
    """The supervisor and everything it started."""
    assert server.process is not None
    head = psutil.Process(server.process.pid)
    return [head, *head.children(recursive=True)]


def one(server: Server, kind: str) -> psutil.Process:
    """A process of that kind: supervisor, postgres, nats, web (granian's main), web-worker, worker."""
    everyone = family(server)
    if kind == "supervisor":
        return everyone[0]
    for process in everyone[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            line = " ".join(process.cmdline()) or process.name()
            parent = process.ppid()
            if kind == "postgres" and "postgres" in process.name() and parent == everyone[0].pid:
                return process
            if kind == "nats" and "nats-server" in line:
                return process
            if kind == "worker" and line.startswith("parvis work"):
                return process
            if kind == "web-worker" and line.startswith("parvis web worker"):
                return process
            if kind == "web" and line.strip() == "parvis web":
                return process
    raise AssertionError(f"no process of kind {kind}: {[' '.join(p.cmdline()) for p in everyone]}")


def everyone_of(server: Server, kind: str) -> list[psutil.Process]:
    """All processes of that kind, where there may be several."""
    beginnings = {"worker": "parvis work", "web-worker": "parvis web worker"}
    found = []
    for process in family(server)[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            if " ".join(process.cmdline()).startswith(beginnings[kind]):
                found.append(process)
    return found


@contextlib.contextmanager
def stopped(*these: psutil.Process) -> Iterator[None]:
    """They do nothing, and are not gone, for as long as the block runs (SIGSTOP, SIGCONT)."""
    for process in these:
        process.suspend()
    try:
        yield
    finally:
        for process in these:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def kill_all(server: Server) -> int:
    """Supervisor, engines and everything else have died of signal 9 at one moment, as with a machine; how many there were.

    They stand still first: else a web process could see its database die and keep a receipt on the disk instead.
    """
    everyone = family(server)
    for send in (psutil.Process.suspend, psutil.Process.kill):
        for process in everyone:
            with contextlib.suppress(psutil.NoSuchProcess):
                send(process)
    assert server.process is not None
    server.process.wait()
    psutil.wait_procs(everyone[1:], timeout=10)
    return len(everyone)


def kill(server: Server, kind: str) -> int:
    """That process has died of signal 9; its id."""
    process = one(server, kind)
    os.kill(process.pid, signal.SIGKILL)
    return process.pid
