"""The web processes and workers of a running server replaced by those of the release that is in place now, one after
another, so that somebody answers all the while. The engines and the supervisor go on as they are.

The supervisor starts anew whatever ends, by the same path as before: replacing is ending. While its web process comes
back, one of our own answers on the same port, which the kernel shares between them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from parvis.base.settings import Settings
from parvis.infra import serving
from parvis.infra.engines import EngineFailed, processes
from parvis.infra.engines.places import Places

WITHIN_S = 120.0
SURE = 8  # answers in a row, each on a connection of its own: the kernel spreads them over all who listen
STEADY_S = 2.0  # a worker that lives so long has come up
_LISTENS = "0A"  # in the kernel's table of sockets


async def replace(settings: Settings, environment: Mapping[str, str], web: Sequence[str]) -> dict[str, float]:
    """Every web process and worker was started after this began; how many seconds each took. `settings` name the
    engines, `environment` is that of the supervisor, `web` the command of a web process of the release in place.

    Raises: EngineFailed when one does not come up.
    """
    places = Places(settings.home)
    before = processes.remembered(places)
    took: dict[str, float] = {}
    if "web" in before:
        began = time.monotonic()
        async with _another_web(settings, environment, web):
            await _replaced(places, "web", before["web"])
            await _listening(settings, 2 * settings.web_workers)
        await _sure(settings)
        took["web"] = time.monotonic() - began
    for name in sorted(one for one in before if one.startswith("work-")):
        began = time.monotonic()
        await _replaced(places, name, before[name])
        took[name] = time.monotonic() - began
    return took


@asynccontextmanager
async def _another_web(settings: Settings, environment: Mapping[str, str], web: Sequence[str]) -> AsyncIterator[None]:
    """A web process of our own answers as well."""
    there = listeners(settings.port)
    process = processes.start(serving.launch(web, settings, environment))
    try:
        await _listening(settings, there + settings.web_workers, process)
        await _sure(settings)
        yield
    finally:
        await processes.end(process, ((signal.SIGTERM, 30), (signal.SIGKILL, 5)))


async def _replaced(places: Places, name: str, pid: int) -> None:
    """The process of that name was told to end, and another has its place. Raises: EngineFailed."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline, since, seen = time.monotonic() + WITHIN_S, 0.0, pid
    while True:
        now = processes.remembered(places).get(name, pid)
        if now != seen:
            since, seen = time.monotonic(), now
        if seen != pid and time.monotonic() - since > STEADY_S:
            return
        if time.monotonic() > deadline:
            raise EngineFailed(f"{name} does not come back: look into the log of the service.")
        await asyncio.sleep(0.05)


async def _listening(settings: Settings, count: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """So many sockets listen on the web port. Raises: EngineFailed."""
    deadline = time.monotonic() + WITHIN_S
    while listeners(settings.port) < count:
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise EngineFailed("A web process of this release does not come up: nothing was replaced by it.")
        await asyncio.sleep(0.05)


async def _sure(settings: Settings) -> None:
    """Whoever listens is ready. Raises: EngineFailed."""
    deadline, well = time.monotonic() + WITHIN_S, 0
    while well < SURE:
        well = well + 1 if await serving.says_ready(serving.own_address(settings)) else 0
        if time.monotonic() > deadline:
            raise EngineFailed("The web port does not say that it is ready.")
        await asyncio.sleep(0.02)


def listeners(port: int) -> int:
    """How many sockets listen on that port of this machine."""
    wanted, found = f":{port:04X}", 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                found += fields[1].endswith(wanted) and fields[3] == _LISTENS
    return found
