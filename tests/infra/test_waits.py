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


def named(totals: Totals) -> dict[str, float]:
    """What took a while, in pauses of this test."""
    parts = zip(NAMES, totals.seconds, strict=True)
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

    spent, totals = Spent(), Totals()
    assert await timed(work(), spent, totals) == "done"
    assert waits.current is None
    assert named(totals) == {"storage": 2, "hashing": 2, "loop": 1, "own": 3}


async def test_what_other_tasks_do_is_not_named_by_them() -> None:
    async def other() -> None:
        assert waits.current is None
        with on(HASHING):
            await asyncio.sleep(PAUSE_S)

    async def work() -> None:
        await asyncio.gather(other(), other())

    spent, totals = Spent(), Totals()
    await timed(work(), spent, totals)
    assert named(totals) == {"loop": 1}


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

    spent, totals, cleaned = Spent(), Totals(), []
    with pytest.raises(KeyError):
        await timed(fails(), spent, totals)
    assert (named(totals), spent.label, waits.current) == ({"storage": 1}, LOOP, None)
    spent, totals = Spent(), Totals()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(PAUSE_S):
            await timed(hangs(), spent, totals)
    assert (named(totals), cleaned, waits.current) == ({"storage": 1}, [spent], None)


async def test_a_connection_that_is_held_makes_pauses_the_database_s(fresh_database: Database) -> None:
    async def work() -> None:
        async with fresh_database.connection() as db:
            await db.execute("SELECT pg_sleep(0.1)")
            with on(HASHING):
                await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(PAUSE_S)

    spent, totals = Spent(), Totals()
    await timed(work(), spent, totals)
    assert named(totals) == {"sql": 2, "hashing": 1, "loop": 1}
    assert totals.seconds[OWN] < PAUSE_S


async def test_waiting_for_a_connection_is_told_apart(fresh_database: Database) -> None:
    held = [await fresh_database.take() for _ in range(fresh_database.pool.get_max_size())]

    async def work() -> None:
        async with fresh_database.connection() as db:
            await db.execute("SELECT pg_sleep(0.1)")

    totals = Totals()
    asking = asyncio.create_task(_run(work(), totals))
    await asyncio.sleep(3 * PAUSE_S)
    for one in held:
        await fresh_database.give_back(one, spoilt=False)
    await asking
    assert (totals.seconds[POOL] > 2 * PAUSE_S, totals.seconds[SQL] >= 0.1) == (True, True)


async def _run(work: Coroutine[Any, Any, None], totals: Totals) -> None:
    await timed(work, Spent(), totals)


async def test_all_requests_together_say_how_long_they_took_and_where_they_failed() -> None:
    async def work(seconds: float, error: Exception | None = None) -> None:
        await asyncio.sleep(seconds)
        if error is not None:
            raise error

    async def answered(how: Callable[[], None]) -> None:
        how()

    totals = Totals()
    await timed(work(0.0), Spent(), totals, "/well")
    await timed(work(0.03), Spent(), totals, "/well")
    with pytest.raises(KeyError):
        await timed(work(0.0, KeyError()), Spent(), totals, "/ill")
    await timed(answered(waits.failed), Spent(), totals, "/ill too")
    await timed(answered(waits.refused), Spent(), totals, "/well")
    assert totals.count == 5
    assert (sum(totals.buckets), sum(totals.buckets[3:])) == (4, 1), "what was refused took no time that counts"
    assert totals.failures == {"/ill": 1, "/ill too": 1}
    for number in range(waits.MOST_ROUTES + 5):
        totals.failed_at(f"/{number}")
    assert len(totals.failures) == waits.MOST_ROUTES + 1
    assert totals.failures.total() == 2 + waits.MOST_ROUTES + 5
