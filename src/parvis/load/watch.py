"""What is seen of the target from outside while a run goes on: its public word on admission, and the machine's books."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from parvis.load.connection import Broken, Connection
from parvis.load.target import Target
from parvis.load.world import http

_EVERY_S = 2.0
_PATH = "/api/parvis/v1/admission/now"


class Sample(msgspec.Struct):
    """One look. `busy` is the share of all cores in use, None where they are not ours to read."""

    at_s: float
    busy: float | None = None
    gate: dict[str, Any] | None = None  # the document as it was given


class Watch:
    """Looks every two seconds between `begin` and `end`."""

    def __init__(self, target: Target) -> None:
        self.samples: list[Sample] = []
        self._target = target
        self._connection = Connection()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def end(self) -> list[Sample]:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._connection.close()
        return self.samples

    async def _watch(self) -> None:
        start = time.monotonic()
        before = machine_cpu_s()
        gate_is_there = True
        while True:
            await asyncio.sleep(_EVERY_S)
            sample = Sample(at_s=round(time.monotonic() - start, 1))
            now = machine_cpu_s()
            if self._target.local and now and before and now[1] > before[1]:
                sample.busy = round((now[0] - before[0]) / (now[1] - before[1]), 3)
            before = now
            if gate_is_there:
                status, sample.gate = await self._gate()
                gate_is_there = status != 404
            self.samples.append(sample)

    async def _gate(self) -> tuple[int, dict[str, Any] | None]:
        """The public document on admission; status 0 when nothing came."""
        try:
            async with asyncio.timeout(2):
                if not self._connection.open:
                    target = self._target
                    _, self._connection = await asyncio.get_running_loop().create_connection(
                        Connection,
                        target.address,
                        target.port,
                        ssl=target.tls(),
                        server_hostname=target.host if target.secure else None,
                    )
                answer = await self._connection.ask(http(self._target, "GET", _PATH), keep_body=True)
        except (OSError, Broken, TimeoutError):
            self._connection.close()
            return 0, None
        if answer.status != 200:
            return answer.status, None
        try:
            return 200, msgspec.json.decode(answer.body, type=dict[str, Any])
        except msgspec.DecodeError:
            return 200, None


def machine_cpu_s() -> tuple[float, float] | None:
    """(seconds in use, seconds in all) of every core since the start of the machine; None where it does not say."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except (OSError, ValueError, IndexError):
        return None
    tick = os.sysconf("SC_CLK_TCK")
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / tick, sum(fields) / tick
