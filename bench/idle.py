"""What `parvis serve` needs while nobody comes: how soon it is ready, and the memory of everything."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench.machine import family, pss_mb

SETTLE_S = 8.0


async def measure(port: int) -> dict[str, Any]:
    """A fresh installation, started twice: the first start makes the database."""
    with tempfile.TemporaryDirectory(prefix="parvis-idle-") as home:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PARVIS_")}
        environment |= {"PARVIS_HOME": home, "PARVIS_PORT": str(port), "PARVIS_LOG_LEVEL": "warning"}
        first_s, server = await _start(environment)
        _stop(server)
        again_s, server = await _start(environment)
        await asyncio.sleep(SETTLE_S)
        memory = _by_kind(server.pid)
        _stop(server)
    return {
        "first_ready_s": round(first_s, 1),
        "ready_s": round(again_s, 1),
        "memory_mb": memory | {"everything": round(sum(memory.values()), 1)},
    }


async def _start(environment: dict[str, str]) -> tuple[float, subprocess.Popen[bytes]]:
    """Seconds until it said that it is ready, and the supervisor."""
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "parvis", "serve"],
        env=environment,
        stdout=subprocess.PIPE,
        cwd=Path(environment["PARVIS_HOME"]),
    )
    assert server.stdout is not None
    line = await asyncio.to_thread(server.stdout.readline)
    if b"ready" not in line:
        raise SystemExit(f"parvis serve says {line!r}")
    return time.perf_counter() - began, server


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(60)


def _by_kind(supervisor: int) -> dict[str, float]:
    """MB by kind of process; a child of an engine or of the web server counts with it."""
    head = psutil.Process(supervisor)
    memory = {"supervisor": round(pss_mb([head]), 1)}
    for child in head.children():
        name = _kind(child)
        memory[name] = round(memory.get(name, 0.0) + pss_mb(family(child.pid)), 1)
    return memory


def _kind(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    for word, kind in (("postgres", "database"), ("nats", "broker"), ("parvis web", "web"), ("parvis work", "worker")):
        if word in line:
            return kind
    return process.name()
