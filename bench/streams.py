"""Open streams on one web process: what a connection costs in memory, a message in CPU time, and how late it comes.

One author publishes; so many accounts follow them and listen, with several streams each. Every stream must hear every
post exactly once.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.machine import Meter, cpu_s, family, pss_mb
from bench.stage import Stage, staged
from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.domain import relationships

MOST_OF_ACCOUNT = 10  # streams that a process opens for one account
CLIENTS = 2


@dataclass(frozen=True)
class Plan:
    """What is opened and what is published."""

    form: str
    connections: int
    posts: int
    pause_s: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    parser.add_argument("--connections", type=int, default=10_000, help="open server-sent event streams")
    parser.add_argument("--sockets", type=int, default=1_000, help="open WebSockets, afterwards")
    parser.add_argument("--listening", type=int, default=2_000, help="accounts that the streams belong to")
    parser.add_argument("--posts", type=int, default=10, help="posts that the followed author publishes")
    parser.add_argument("--home", type=Path, default=Path("/tmp/parvis-bench"), help="where the seeded data are kept")
    arguments = parser.parse_args()
    asyncio.run(run(arguments))


async def run(arguments: argparse.Namespace) -> None:
    port = _free_port()
    people = arguments.listening + 1
    async with staged(
        arguments.home / f"streams-{people}", people=people, posts=people, port=port, limiter=False
    ) as stage:
        author, followers = await _audience(stage, arguments.listening)
        tokens = {reader: await stage.token(reader) for reader in [author, *followers]}
        print(f"{len(followers):,} accounts follow one author and listen to their home.\n")
        _print_head()
        for form, connections in (("server-sent events", arguments.connections), ("WebSocket", arguments.sockets)):
            if connections:
                plan = Plan(form, connections, arguments.posts, pause_s=max(0.5, connections / 2_000))
                _print_row(await _measure(stage, port, plan, tokens[author], [tokens[one] for one in followers]))


async def _audience(stage: Stage, count: int) -> tuple[AccountId, list[AccountId]]:
    """An author, and so many accounts that follow them by now."""
    async with stage.services.db.connection() as db:
        rows = await db.fetch("SELECT id FROM account WHERE state = 0 ORDER BY id LIMIT $1", count + 1)
    author, *readers = (AccountId(row["id"]) for row in rows)
    for start in range(0, len(readers), 100):
        async with stage.services.db.transaction() as tx:
            for reader in readers[start : start + 100]:
                await relationships.follow(tx, stage.services.ids, reader, author, now=utc_now())
    await stage.at_rest()
    return author, readers


async def _measure(stage: Stage, port: int, plan: Plan, author: str, readers: list[str]) -> dict[str, Any]:
    if plan.connections > len(readers) * MOST_OF_ACCOUNT:
        raise SystemExit(f"{plan.connections} streams need more than {len(readers)} accounts.")
    web = {"web": stage.processes["web"]}
    before_mb = pss_mb(family(web["web"]))
    wanted = list(itertools.islice(itertools.cycle(readers), plan.connections))
    began = time.perf_counter()
    async with _clients(port, plan, wanted) as clients:
        opened_s = time.perf_counter() - began
        await asyncio.sleep(2)
        grown_mb = pss_mb(family(web["web"])) - before_mb
        idle = await _idle_share(web["web"])
        meter = Meter(stage.processes)
        meter.start()
        began = time.perf_counter()
        await _publish(port, author, plan)
        await stage.at_rest()
        await asyncio.sleep(3)
        elapsed_s = time.perf_counter() - began
        used = meter.stop()
        heard = await _heard(clients)
    return _result(plan, heard, opened_s=opened_s, grown_mb=grown_mb, idle=idle, used=used, elapsed_s=elapsed_s)


async def _idle_share(process_id: int, seconds: float = 16.0) -> float:
    """The share of one core that open streams cost while nothing happens: signs of life, and checks of their tokens."""
    before = cpu_s(family(process_id))
    await asyncio.sleep(seconds)
    return (cpu_s(family(process_id)) - before) / seconds


async def _publish(port: int, token: str, plan: Plan) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
        for number in range(plan.posts):
            began = time.monotonic()
            words = f"measured {number} at {time.monotonic_ns()}"
            answer = await client.post("/api/v1/statuses", json={"status": words})
            if answer.status_code != 200:
                raise SystemExit(f"Publishing: {answer.status_code} {answer.text}")
            await asyncio.sleep(max(0.0, plan.pause_s - (time.monotonic() - began)))


Clients = list[asyncio.subprocess.Process]


@asynccontextmanager
async def _clients(port: int, plan: Plan, tokens: list[str]) -> AsyncIterator[Clients]:
    """Client processes with all their streams open."""
    clients: Clients = []
    try:
        for number in range(CLIENTS):
            clients.append(
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "bench.listeners",
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=256 * 1024 * 1024,
                )
            )  # fmt: skip
            order = {
                "port": port,
                "form": "socket" if plan.form == "WebSocket" else "server-sent",
                "tokens": tokens[number::CLIENTS],
                "at_once": 100,
            }
            _stdin(clients[-1]).write(json.dumps(order).encode() + b"\n")
        opened = [await _answer(client) for client in clients]
        assert sum(one["open"] for one in opened) == plan.connections, opened
        yield clients
    finally:
        for client in clients:
            if client.returncode is None:
                client.kill()
            await client.wait()


def _stdin(client: asyncio.subprocess.Process) -> asyncio.StreamWriter:
    assert client.stdin is not None
    return client.stdin


async def _answer(client: asyncio.subprocess.Process) -> dict[str, Any]:
    assert client.stdout is not None
    line = await asyncio.wait_for(client.stdout.readline(), 300)
    if not line:
        raise SystemExit("A client process ended: its streams could not all be opened.")
    return json.loads(line)


async def _heard(clients: Clients) -> dict[str, Any]:
    """What all client processes heard together."""
    for client in clients:
        _stdin(client).write(b"\n")
    answers = [await _answer(client) for client in clients]
    ages = [age for answer in answers for some in answer["ages_ms"].values() for age in some]
    return {
        "ages_ms": sorted(ages),
        "twice": sum(answer["twice"] for answer in answers),
        "connections_lost": sum(answer["connections_lost"] for answer in answers),
    }


def _result(
    plan: Plan,
    heard: dict[str, Any],
    *,
    opened_s: float,
    grown_mb: float,
    idle: float,
    used: dict[str, float],
    elapsed_s: float,
) -> dict[str, Any]:
    ages, expected = heard["ages_ms"], plan.connections * plan.posts
    count = max(len(ages), 1)
    return {
        "streams": plan.form,
        "open": plan.connections,
        "opened/s": round(plan.connections / opened_s),
        "KiB each": round(grown_mb * 1024 / plan.connections, 1),
        "idle core": f"{idle:.0%}",
        "messages": len(ages),
        "web µs": round((used["web"] - idle * elapsed_s) / count * 1e6, 1),
        "all µs": round((sum(used.values()) - idle * elapsed_s) / count * 1e6, 1),
        "p50 ms": round(ages[len(ages) // 2]) if ages else None,
        "p99 ms": round(ages[int(len(ages) * 0.99)]) if ages else None,
        "lost": expected - (len(ages) - heard["twice"]),
        "twice": heard["twice"],
        "cut off": heard["connections_lost"],
    }


_COLUMNS = (
    "open", "opened/s", "KiB each", "idle core", "messages", "web µs", "all µs", "p50 ms", "p99 ms", "lost", "twice",
    "cut off",
)  # fmt: skip


def _print_head() -> None:
    print("KiB each: growth of the web process (PSS) by connection. idle core: CPU while nothing happens.")
    print("µs: CPU time by delivered message, without the idle part; all: with worker and database.")
    print("p50, p99: from sending the post to hearing it.\n")
    print("streams".ljust(20) + "".join(name.rjust(10) for name in _COLUMNS))


def _print_row(result: dict[str, Any]) -> None:
    print(str(result["streams"]).ljust(20) + "".join(str(result[name]).rjust(10) for name in _COLUMNS), flush=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
