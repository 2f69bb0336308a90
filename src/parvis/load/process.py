"""One process of a crowd: `python -m parvis.load.process` reads its orders from standard input, tells how it gets on,
one line of JSON a second, and ends with its tally.
"""

from __future__ import annotations

import asyncio
import gc
import sys

import msgspec
import uvloop

from parvis.infra.engines.processes import die_with_parent
from parvis.infra.web_server import allow_many_connections
from parvis.load.crowd import Crowd
from parvis.load.people import People
from parvis.load.plan import Plan
from parvis.load.tally import Outcome, Tally
from parvis.load.target import Target
from parvis.load.world import Nothing, survey


class Orders(msgspec.Struct, frozen=True):
    """What one process is to do."""

    plan: Plan
    target: Target
    people: People
    seed: int
    share: float
    connections: int
    streams: int


class Progress(msgspec.Struct):
    """How far a process is; several add up."""

    offered: int = 0
    served: int = 0
    shed: int = 0
    other: int = 0
    entered: int = 0


class Message(msgspec.Struct, omit_defaults=True):
    """One line of output."""

    ready: bool = False  # the target has been looked at; the run begins
    progress: Progress | None = None
    tally: Tally | None = None
    trouble: str = ""


def main() -> None:
    """Never outlives the process that started it."""
    die_with_parent()
    allow_many_connections()
    uvloop.run(_run(msgspec.json.decode(sys.stdin.buffer.read(), type=Orders)))


async def _run(orders: Orders) -> None:
    try:
        world = await survey(orders.target, orders.people)
    except Nothing as nothing:
        _say(Message(trouble=str(nothing)))
        return
    crowd = Crowd(
        orders.plan,
        world,
        seed=orders.seed,
        share=orders.share,
        connections=orders.connections,
        streams=orders.streams,
    )
    gc.collect()
    gc.freeze()
    _say(Message(ready=True))
    telling = asyncio.create_task(_tell(crowd))
    tally = await crowd.run()
    telling.cancel()
    _say(Message(tally=tally))


async def _tell(crowd: Crowd) -> None:
    while True:
        await asyncio.sleep(1)
        _say(Message(progress=progress_of(crowd.tally)))


def progress_of(tally: Tally) -> Progress:
    """The few numbers that are shown while a run goes on."""
    progress = Progress(entered=tally.newcomers.entered)
    for line in tally.classes.values():
        progress.offered += line.offered
        for outcome, count in line.outcomes.items():
            name = outcome.value if outcome in (Outcome.SERVED, Outcome.SHED) else "other"
            setattr(progress, name, getattr(progress, name) + count)
    return progress


def _say(message: Message) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
