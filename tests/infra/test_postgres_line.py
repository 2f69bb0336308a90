"""Connections are lent in the order in which they were asked for, and none is lost on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from parvis.infra import postgres
from parvis.infra.postgres import Database
from parvis.infra.services import Services


@pytest.fixture
async def two(services: Services) -> AsyncIterator[Database]:
    """A pool of two connections, beside that of the test."""
    two = await postgres.connect(services.settings.database_url, size=2, application="line")
    yield two
    await two.close()


async def test_whoever_waits_longest_is_next_however_many_come_later(two: Database) -> None:
    asked: list[int] = []
    lent: list[int] = []
    async with two.connection(), two.connection():
        pass  # both are made by now

    async def keep_coming(worker: int) -> None:
        for turn in range(20):
            asked.append(100 * worker + turn)
            async with two.connection() as db:
                lent.append(100 * worker + turn)
                await db.fetchval("SELECT 1")

    await asyncio.gather(*(keep_coming(worker) for worker in range(12)))
    overtaken = {one: lent.index(one) - asked.index(one) for one in lent}
    assert max(overtaken.values()) <= 2, overtaken  # the pool itself may take a moment to lend its second


async def test_who_gives_up_or_fails_loses_no_connection(two: Database) -> None:
    chance = random.Random(1)

    async def borrow(number: int) -> None:
        async with asyncio.timeout(chance.uniform(0.0005, 0.02)), two.connection() as db:
            if number % 7 == 0:
                raise ValueError
            await db.fetchval("SELECT pg_sleep(0.002)")

    for _ in range(10):
        await asyncio.gather(*(borrow(number) for number in range(40)), return_exceptions=True)
    assert not any(not one.done() for one in two._line)
    async with asyncio.timeout(5), two.connection() as one, two.connection() as other:
        assert await one.fetchval("SELECT 1") == await other.fetchval("SELECT 1") == 1


async def test_for_want_of_a_connection_a_time_out_is_said(two: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "ACQUIRE_S", 0.1)
    async with two.connection(), two.connection():
        with pytest.raises(TimeoutError):
            async with two.connection():
                pass
    async with two.connection() as db:
        assert await db.fetchval("SELECT 1") == 1


async def test_who_waits_when_it_is_closed_is_told_at_once(services: Services) -> None:
    one = await postgres.connect(services.settings.database_url, size=1, application="line")

    async def borrow() -> None:
        async with one.connection():
            pass

    async with one.connection():
        late = asyncio.create_task(borrow())
        await asyncio.sleep(0.05)
        assert one.waiting == 1
        closing = asyncio.create_task(one.close())
        async with asyncio.timeout(2):
            with pytest.raises(asyncpg.InterfaceError):
                await late
        assert one.waiting == 0
    await closing
