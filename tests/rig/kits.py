"""Kits of a database that has nothing but what a test puts into it: made, followed, and what is there afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.infra.engines import backup

QUICK = {"fsync": "off", "shared_buffers": "16MB"}


@asynccontextmanager
async def followed(settings: Settings, kit: Path) -> AsyncIterator[None]:
    """The journal reaches the kit meanwhile, and all of it has at the end."""
    await backup.prepare_following(settings, kit)
    following = asyncio.create_task(backup.follow(settings, kit))
    try:
        await backup.copy(settings, kit, now=utc_now())
        yield
        await received(settings)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def received(settings: Settings) -> None:
    """Whoever follows has all that was committed."""
    behind = "SELECT coalesce(min(flush_lsn), '0/0') < pg_current_wal_flush_lsn() FROM pg_stat_replication"
    async with backup.connected(settings) as db, asyncio.timeout(30):
        while await db.fetchval(behind):  # noqa: ASYNC110 - another process writes
            await asyncio.sleep(0.05)


async def turned_over(settings: Settings) -> None:
    """The segment of the journal that was being written is whole."""
    async with backup.connected(settings) as db:
        await db.execute("SELECT pg_switch_wal()")


async def execute(url: str, sql: str, *arguments: object) -> None:
    """It was done, in a transaction of its own."""
    db = await asyncpg.connect(url)
    try:
        await db.execute(sql, *arguments)
    finally:
        await db.close()


async def fetchval(url: str, sql: str) -> object:
    """The answer."""
    db = await asyncpg.connect(url)
    try:
        return await db.fetchval(sql)
    finally:
        await db.close()
