"""The processes of a server under test, by what they are."""

from __future__ import annotations

import contextlib
import os
import signal

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


def kill(server: Server, kind: str) -> int:
    """That process has died of signal 9; its id."""
    process = one(server, kind)
    os.kill(process.pid, signal.SIGKILL)
    return process.pid
