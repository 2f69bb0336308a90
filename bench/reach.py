"""How long a post takes into the homes of all of a thousand followers, and what that costs."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from bench.client import Outcome, Request, flood
from bench.machine import Meter
from bench.stage import Stage
from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.domain import relationships, timelines

NAME = "1,000 followers reached"
FOLLOWERS = 1000  # the most for whom rows are written; bigger authors' posts are merged when homes are read
POSTS = 10
SAMPLE = 20


async def measure(stage: Stage, port: int) -> dict[str, Any]:
    """A row of the table: a request is a post with all that follows, its time ends when every home holds it."""
    author, followers = await _audience(stage)
    token = await stage.token(author)
    meter = Meter(stage.processes)
    statements = await stage.statements()
    meter.start()
    outcome, walls_ms = Outcome(), []
    for number in range(POSTS):
        began = time.perf_counter()
        outcome = await _publish(port, token, number)
        await _until_everywhere(stage, await _newest(stage, author), followers)
        walls_ms.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.2)
    await stage.at_rest()
    cpu = meter.stop()
    statements = await stage.statements() - statements
    await _confirm(stage, port, await _newest(stage, author), followers)
    walls_ms.sort()
    return {
        "name": NAME,
        "requests": POSTS,
        "per_second": "",
        "p50_ms": round(walls_ms[POSTS // 2], 1),
        "p99_ms": round(walls_ms[-1], 1),
        **{f"{name}_ms": round(used / POSTS * 1000, 1) for name, used in cpu.items()},
        "statements": round(statements / POSTS, 1),
        "bytes": outcome.bytes_received,
        "times_constant": "",
    }


async def _audience(stage: Stage) -> tuple[AccountId, list[AccountId]]:
    """An author with exactly so many followers, all of whom were here lately."""
    async with stage.services.db.connection() as db:
        author = AccountId(
            await db.fetchval(
                "SELECT account_id FROM account_counter WHERE followers <= $1 ORDER BY followers DESC LIMIT 1",
                FOLLOWERS,
            )
        )
        rows = await db.fetch("SELECT follower_id AS id FROM follower WHERE account_id = $1", author)
        others = await db.fetch(
            """
            SELECT id
              FROM account
             WHERE id <> $1 AND state = 0 AND id NOT IN (SELECT follower_id FROM follower WHERE account_id = $1)
             ORDER BY id
             LIMIT $2
            """,
            author,
            FOLLOWERS - len(rows),
        )
    for row in others:
        async with stage.services.db.transaction() as tx:
            await relationships.follow(tx, stage.services.ids, AccountId(row["id"]), author, now=utc_now())
    await stage.at_rest()
    followers = [AccountId(row["id"]) for row in [*rows, *others]]
    for follower in followers:
        await timelines.rebuild(stage.services, reader=follower, now=utc_now())
    return author, followers


async def _publish(port: int, token: str, number: int) -> Outcome:
    body = json.dumps({"status": f"Number {number} for a thousand followers"}).encode()
    outcome = await flood(port, [Request("/api/v1/statuses", token, "POST", body)], connections=1, seconds=30, most=1)
    if set(outcome.statuses) != {200}:
        raise SystemExit(f"{NAME}: answers {outcome.statuses}")
    return outcome


async def _newest(stage: Stage, author: AccountId) -> int:
    async with stage.services.db.connection() as db:
        return await db.fetchval("SELECT id FROM post WHERE account_id = $1 ORDER BY id DESC LIMIT 1", author)


async def _until_everywhere(stage: Stage, post_id: int, followers: list[AccountId]) -> None:
    """One home is looked at until it holds the post, then all are: looking at all costs more than writing."""
    end = time.monotonic() + 60
    some = followers[-1:]
    while time.monotonic() < end:
        async with stage.services.db.connection() as db:
            there = await db.fetchval(
                "SELECT count(*) FROM home_entry WHERE post_id = $1 AND account_id = ANY ($2)", post_id, some
            )
        if there == len(followers):
            return
        if there == len(some):
            some = followers
        else:
            await asyncio.sleep(0.005)
    raise SystemExit(f"{NAME}: not all homes hold the post after a minute.")


async def _confirm(stage: Stage, port: int, post_id: int, followers: list[AccountId]) -> None:
    """Some of the followers do see the post first in their homes."""
    for follower in followers[:: len(followers) // SAMPLE]:
        token = await stage.token(follower)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        host = f"127.0.0.1:{port}"
        request = Request(f"/api/v1/timelines/home?limit=1&min_id={post_id - 1}", token).encode(host, 0)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if str(post_id).encode() not in await reader.readexactly(length):
            raise SystemExit(f"{NAME}: the post is not in the home of {follower}.")
        writer.close()
