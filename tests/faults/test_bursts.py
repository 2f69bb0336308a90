"""Death in the middle of much work: commits side by side, and the rows of a thousand homes."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.base.settings import from_environment
from parvis.commands import installation
from parvis.domain import relationships, timelines
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from tests.faults.crowd import Crowd
from tests.faults.processes import kill
from tests.rig.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

FOLLOWERS = 1000


async def test_the_database_dies_under_two_hundred_commits(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:
        crowd = Crowd(server)
        crowd.gather(2)
        for number in range(3):
            publishing = asyncio.create_task(_all_at_once(crowd, f"burst {number}", 200))
            await asyncio.sleep(random.uniform(0.1, 0.6))
            before = time.monotonic()
            kill(server, "postgres")
            await publishing
            print(f"200 commits beside a dead database: all done after {time.monotonic() - before:.1f} s")
        await asyncio.to_thread(crowd.check)
        print(f"{len(crowd.acknowledged)} posts, each there once; refusals by status {crowd.refusals}")
        assert set(crowd.refusals) <= {0, 503}, "an outage is no mistake of ours"
        assert crowd.refusals, "the database died too early or too late"
    finally:
        server.stop()


async def _all_at_once(crowd: Crowd, name: str, count: int) -> None:
    """So many posts of one author, each by a connection of its own, all acknowledged."""
    limits = httpx.Limits(max_connections=count)
    headers = crowd.of("author0")

    async def one(client: httpx.AsyncClient, words: str) -> None:
        crowd.acknowledged[words] = await crowd.until_acknowledged(client, words)

    async with httpx.AsyncClient(base_url=crowd.server.origin, timeout=20, headers=headers, limits=limits) as client:
        await asyncio.gather(*(one(client, f"{name} says number {number}") for number in range(count)))


async def test_the_worker_dies_while_a_thousand_homes_are_written(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:
        crowd = Crowd(server)
        crowd.gather(1)
        server.run("seed", "--accounts", str(FOLLOWERS), "--posts", "1000")
        async with _inside(server) as services:
            followers = await _followed(services)
            publishing = asyncio.create_task(crowd.publish(60, pause_s=0.2))
            for _ in range(2):
                await asyncio.sleep(1)
                await _kill_within_fan_out(server, services)
            await publishing
            before = time.monotonic()
            await _until_everywhere(services, followers, {int(one) for one in crowd.acknowledged.values()})
            print(f"{len(followers)} homes complete {time.monotonic() - before:.1f} s after the last of 60 posts")
            async with services.db.connection() as db:
                assert not await db.fetchval("SELECT count(*) FROM job WHERE parked_at IS NOT NULL")
        await asyncio.to_thread(crowd.check)

    finally:
        server.stop()


async def _kill_within_fan_out(server: Server, services: Services) -> None:
    """The worker has died while it wrote rows of homes: it was held there for a moment."""
    async with services.db.transaction() as tx:
        await tx.execute("LOCK TABLE home_entry IN SHARE MODE")
        async with asyncio.timeout(20), services.db.connection() as db:
            while not await db.fetchval(_WRITING_HOMES):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.05)
        kill(server, "worker")
        await asyncio.sleep(0.5)


_WRITING_HOMES = """
    SELECT EXISTS (
           SELECT FROM pg_stat_activity
            WHERE application_name = 'parvis work' AND wait_event_type = 'Lock' AND query LIKE '%INTO home_entry%')
"""


@contextlib.asynccontextmanager
async def _inside(server: Server) -> AsyncIterator[Services]:
    """The clients of one more process of that server."""
    settings = from_environment(server.environment)
    async with installation(settings) as reached, open_services(reached, application="test") as services:
        yield services


async def _followed(services: Services) -> list[AccountId]:
    """Everybody follows the crowd's author, and was here a moment ago."""
    async with services.db.connection() as db:
        author = AccountId(await db.fetchval("SELECT id FROM account WHERE handle = 'author0'"))
        rows = await db.fetch(
            "SELECT id FROM account WHERE id <> $1 AND handle <> 'reader' ORDER BY id LIMIT 998", author
        )
    followers = [AccountId(row["id"]) for row in rows]
    for start in range(0, len(followers), 100):
        async with services.db.transaction() as tx:
            for follower in followers[start : start + 100]:
                await relationships.follow(tx, services.ids, follower, author, now=utc_now())
    await _until_at_rest(services)
    for follower in followers:
        await timelines.rebuild(services, reader=follower, now=utc_now())
    return followers


async def _until_at_rest(services: Services) -> None:
    async with asyncio.timeout(60), services.db.connection() as db:
        while await db.fetchval("SELECT EXISTS (SELECT FROM job WHERE parked_at IS NULL AND due_at <= now())"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def _until_everywhere(services: Services, readers: list[AccountId], posts: set[int]) -> None:
    """Every reader's rows hold every post, once."""
    end = time.monotonic() + 60
    while True:
        async with services.db.connection() as db:
            rows = await db.fetch(
                "SELECT account_id, post_id FROM home_entry WHERE account_id = ANY ($1) AND post_id = ANY ($2)",
                readers,
                list(posts),
            )
        found = Counter((row["account_id"], row["post_id"]) for row in rows)
        assert not found or max(found.values()) == 1
        if len(found) == len(readers) * len(posts):
            return
        assert time.monotonic() < end, f"{len(found)} of {len(readers) * len(posts)} rows"
        await asyncio.sleep(0.3)
