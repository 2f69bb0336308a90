"""One run from beginning to end: processes are started, watched and added up."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from parvis.load.people import People
from parvis.load.plan import Plan
from parvis.load.process import Message, Orders, Progress
from parvis.load.tally import Tally
from parvis.load.target import Target
from parvis.load.watch import Sample, Watch
from parvis.load.world import Nothing

_LINE_BYTES = 64 * 1024 * 1024  # a tally is one line
Tell = Callable[[float, Progress], None]


class Result(msgspec.Struct):
    """Everything that is known of a run that has ended."""

    plan: Plan
    target: str
    seed: int
    processes: int
    members: int
    streams: int
    began_at: datetime
    tally: Tally
    samples: list[Sample]


async def run(
    plan: Plan,
    target: Target,
    people: People,
    *,
    seed: int = 1,
    processes: int = 1,
    connections: int = 2000,
    streams: int = 0,
    tell: Tell = lambda at_s, progress: None,
) -> Result:
    """The run is over. `tell` is called every second. Raises: Nothing when the target cannot be used."""
    orders = [
        Orders(
            plan=plan,
            target=target,
            people=msgspec.structs.replace(people, members=people.members[number::processes] or people.members),
            seed=seed * 1000 + number,
            share=1 / processes,
            connections=max(1, connections // processes),
            streams=streams // processes,
        )
        for number in range(processes)
    ]
    running = [_Process(one) for one in orders]
    watch = Watch(target)
    began_at = datetime.now(UTC)
    telling = asyncio.create_task(_tell(running, tell))
    try:
        for one in running:
            await one.start()
        watch.begin()
        tallies = await asyncio.gather(*(one.tally() for one in running))
    finally:
        telling.cancel()
        samples = await watch.end()
        for one in running:
            await one.end()
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return Result(plan, target.origin, seed, processes, len(people.members), streams, began_at, total, samples)


async def _tell(running: list[_Process], tell: Tell) -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    while True:
        await asyncio.sleep(1)
        total = Progress()
        for one in running:
            for name in Progress.__struct_fields__:
                setattr(total, name, getattr(total, name) + getattr(one.progress, name))
        if total.offered:
            tell(loop.time() - start, total)
        else:
            start = loop.time()


class _Process:
    """One child, and what it last said."""

    def __init__(self, orders: Orders) -> None:
        self.progress = Progress()
        self._orders = orders
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """It has looked at the target and begins. Raises: Nothing."""
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "parvis.load.process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
        )
        assert self._child.stdin is not None
        self._child.stdin.write(msgspec.json.encode(self._orders))
        await self._child.stdin.drain()
        self._child.stdin.close()
        message = await self._heard()
        if not message.ready:
            raise Nothing(message.trouble)

    async def tally(self) -> Tally:
        while True:
            message = await self._heard()
            if message.progress is not None:
                self.progress = message.progress
            if message.tally is not None:
                return message.tally

    async def _heard(self) -> Message:
        assert self._child is not None
        assert self._child.stdout is not None
        line = await self._child.stdout.readline()
        if not line:
            raise Nothing("A process of the crowd ended by itself; its last words stand above.")
        return msgspec.json.decode(line, type=Message)

    async def end(self) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()
