"""What a request's time goes to is known, whatever it does meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from parvis.infra import waits
from parvis.infra.postgres import Database
from parvis.infra.waits import HASHING, LOOP, NAMES, OWN, POOL, SQL, STORAGE, Spent, Totals, on, timed

PAUSE_S = 0.05


def named(spent: Spent) -> dict[str, float]:
    """What took a while, in pauses of this test."""
    parts = zip(NAMES, spent.seconds, strict=True)
    return {name: round(seconds / PAUSE_S) for name, seconds in parts if seconds > PAUSE_S / 2}


async def test_pauses_are_for_what_names_them_and_steps_are_its_own() -> None:
    async def work() -> str:
        assert waits.current is spent
        with on(STORAGE):
            await asyncio.sleep(PAUSE_S)
            with on(HASHING):
                await asyncio.sleep(2 * PAUSE_S)
            await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(PAUSE_S)
        time.sleep(3 * PAUSE_S)  # noqa: ASYNC251  # as a step that computes
        return "done"

    spent = Spent()
    assert await timed(work(), spent) == "done"
    assert waits.current is None
    assert named(spent) == {"storage": 2, "hashing": 2, "loop": 1, "own": 3}


async def test_what_other_tasks_do_is_not_named_by_them() -> None:
    async def other() -> None:
        assert waits.current is None
        with on(HASHING):
            await asyncio.sleep(PAUSE_S)

    async def work() -> None:
        await asyncio.gather(other(), other())

    spent = Spent()
    await timed(work(), spent)
    assert named(spent) == {"loop": 1}


async def test_a_request_that_fails_or_is_cancelled_ends_as_it_would_without() -> None:
    async def fails() -> None:
        with on(STORAGE):
            await asyncio.sleep(PAUSE_S)
            raise KeyError("x")

    async def hangs() -> None:
        try:
            with on(STORAGE):
                await asyncio.sleep(60)
        finally:
            cleaned.append(waits.current)
            await asyncio.sleep(0)

    spent, cleaned = Spent(), []
    with pytest.raises(KeyError):
        await timed(fails(), spent)
    assert (named(spent), spent.label, waits.current) == ({"storage": 1}, LOOP, None)
    spent = Spent()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(PAUSE_S):
            await timed(hangs(), spent)
    assert (named(spent), cleaned, waits.current) == ({"storage": 1}, [spent], None)


async def test_a_connection_that_is_held_makes_pauses_the_database_s(fresh_database: Database) -> None:
    async def work() -> None:
        async with fresh_database.connection() as db:
            await db.execute("SELECT pg_sleep(0.1)")
            with on(HASHING):
                await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(PAUSE_S)

    spent = Spent()
    await timed(work(), spent)
    assert named(spent) == {"sql": 2, "hashing": 1, "loop": 1}
    assert spent.seconds[OWN] < PAUSE_S


async def test_waiting_for_a_connection_is_told_apart(fresh_database: Database) -> None:
    held = [await fresh_database.take() for _ in range(fresh_database.pool.get_max_size())]

    async def work() -> None:
        async with fresh_database.connection() as db:
            await db.execute("SELECT pg_sleep(0.1)")

    spent = Spent()
    asking = asyncio.create_task(_run(work(), spent))
    await asyncio.sleep(3 * PAUSE_S)
    for one in held:
        await fresh_database.give_back(one, spoilt=False)
    await asking
    assert (spent.seconds[POOL] > 2 * PAUSE_S, spent.seconds[SQL] >= 0.1) == (True, True)


async def _run(work: Coroutine[Any, Any, None], spent: Spent) -> None:
    await timed(work, spent)


def test_all_requests_together_say_how_long_they_took_and_where_they_failed() -> None:
    totals = Totals()
    for seconds in (0.004, 0.02, 0.3, 60.0):
        one = Spent()
        one.seconds[OWN], one.seconds[SQL] = seconds / 4, seconds * 3 / 4
        totals.add(one)
    assert totals.count == 4
    assert totals.buckets == [1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert totals.seconds[SQL] == pytest.approx(60.324 * 3 / 4)
    for number in range(waits.MOST_ROUTES + 5):
        totals.failed_at(f"/{number}")
        totals.failed_at("/0")
    assert len(totals.failures) == waits.MOST_ROUTES + 1
    assert totals.failures["/0"] == waits.MOST_ROUTES + 6


async def test_who_fails_or_is_refused_says_so_of_the_present_request_alone() -> None:
    async def answered(how: Callable[[], None]) -> None:
        how()

    waits.failed()
    waits.refused()
    ill, turned_away = Spent(), Spent()
    await timed(answered(waits.failed), ill)
    await timed(answered(waits.refused), turned_away)
    assert [(one.failed, one.refused) for one in (ill, turned_away)] == [(True, False), (False, True)]
