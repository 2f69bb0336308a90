"""What a process counts and hands over, and what is left of it in the database."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from parvis.base.settings import Settings
from parvis.domain import insights
from parvis.domain.insights import queries, visits
from parvis.infra.postgres import Database

DAY = date(2026, 5, 4)
NOON_S = datetime(2026, 5, 4, 12, tzinfo=UTC).timestamp()
BROWSER = [(b"user-agent", b"Mozilla/5.0 Firefox/140.0"), (b"accept-language", b"en")]


class Clock:
    def __init__(self, at_s: float = NOON_S) -> None:
        self.at_s = at_s

    def __call__(self) -> float:
        return self.at_s


async def counted(db: Database, day: date = DAY) -> dict[str, int]:
    async with db.connection() as connection:
        found = await queries.counts(connection, day, day)
    return {f"{kind} {name}".strip(): count for _, kind, name, count in found}


async def count(db: Database, clock: Clock) -> None:
    await insights.count_visitors(db, now=datetime.fromtimestamp(clock.at_s, UTC))


def a_process(clock: Clock) -> insights.Visits:
    return insights.Visits(Settings(), clock=clock)


async def a_process_with_one_view(database: Database, clock: Clock) -> insights.Visits:
    process = a_process(clock)
    await insights.hand_over(database, process)  # so that it knows the salt
    process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    await insights.hand_over(database, process)
    return process


async def test_two_processes_agree_on_who_comes_and_when_a_visit_begins(fresh_database: Database) -> None:
    clock = Clock()
    one, other = a_process(clock), a_process(clock)
    for minutes, process in ((0, one), (10, other), (39, one), (70, other), (75, one)):
        clock.at_s = NOON_S + 60 * minutes
        await insights.hand_over(fresh_database, process)  # so that it knows the salt
        process.page_seen("/public", "192.0.2.7", dict(BROWSER))
        await insights.hand_over(fresh_database, process)
    await count(fresh_database, clock)
    assert await counted(fresh_database) == {
        "page /public": 5, "visits": 2, "visitors": 1, "source": 2, "language en": 2
    }  # fmt: skip


async def test_a_pause_within_one_batch_ends_a_visit_too(fresh_database: Database) -> None:
    clock = Clock()
    process = a_process(clock)
    await insights.hand_over(fresh_database, process)
    for minutes in (0, 31, 62):
        clock.at_s = NOON_S + 60 * minutes
        process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    await insights.hand_over(fresh_database, process)
    assert (await counted(fresh_database))["visits"] == 3


async def test_midnight_ends_a_visit_and_the_salt_and_what_came_of_it_go(fresh_database: Database) -> None:
    clock = Clock(datetime(2026, 5, 4, 23, 55, tzinfo=UTC).timestamp())
    process = a_process(clock)
    await insights.hand_over(fresh_database, process)
    process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    clock.at_s += 600
    process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    await insights.hand_over(fresh_database, process)
    await count(fresh_database, clock)
    tomorrow = DAY + timedelta(days=1)
    assert [(await counted(fresh_database, day))["visits"] for day in (DAY, tomorrow)] == [1, 1]
    clock.at_s += 28 * 60  # a pause after what was seen before midnight
    await count(fresh_database, clock)
    async with fresh_database.connection() as db:
        assert [row["day"] for row in await db.fetch("SELECT DISTINCT day FROM insight_visitor")] == [tomorrow]
        assert [row["day"] for row in await db.fetch("SELECT day FROM insight_salt")] == [tomorrow]
        lasting = await db.fetch(
            "SELECT relname, relpersistence::text AS persistence FROM pg_class WHERE relname LIKE 'insight_%' AND relkind = 'r'"
        )
    assert {row["relname"]: row["persistence"] for row in lasting} == {
        "insight_salt": "u", "insight_visitor": "u", "insight_count": "p", "insight_sketch": "p"
    }  # fmt: skip


async def test_what_a_process_hands_over_after_midnight_begins_no_second_visit(fresh_database: Database) -> None:
    clock = Clock(datetime(2026, 5, 4, 23, 58, tzinfo=UTC).timestamp())
    one, other = a_process(clock), a_process(clock)
    for process in (one, other):
        await insights.hand_over(fresh_database, process)
    one.page_seen("/public", "192.0.2.7", dict(BROWSER))
    await insights.hand_over(fresh_database, one)
    clock.at_s += 90
    other.page_seen("/public", "192.0.2.7", dict(BROWSER))
    clock.at_s += 40  # it is another day
    await count(fresh_database, clock)
    await insights.hand_over(fresh_database, other)
    await count(fresh_database, clock)
    found = await counted(fresh_database)
    assert (found["page /public"], found["visits"], found["visitors"]) == (2, 1, 1)


async def test_a_crash_of_the_database_makes_nobody_two(fresh_database: Database) -> None:
    clock = Clock()
    living, fresh = a_process(clock), a_process(clock)
    await insights.hand_over(fresh_database, living)
    living.page_seen("/public", "192.0.2.7", dict(BROWSER))
    await insights.hand_over(fresh_database, living)
    await count(fresh_database, clock)
    async with fresh_database.connection() as db:
        await db.execute("TRUNCATE insight_salt, insight_visitor")  # what a crash does
    clock.at_s += 60
    for process in (living, fresh):
        await insights.hand_over(fresh_database, process)
        process.page_seen("/public", "192.0.2.7", dict(BROWSER))
        await insights.hand_over(fresh_database, process)
    await count(fresh_database, clock)
    assert (await counted(fresh_database))["visitors"] == 1
    async with fresh_database.connection() as db:
        await db.execute("TRUNCATE insight_salt")
    another = a_process(clock)
    for process in (another, living, fresh):  # it was the first to ask: all go on with its salt
        await insights.hand_over(fresh_database, process)
    assert living.salt_of(DAY) == fresh.salt_of(DAY) == another.salt_of(DAY)


async def test_whoever_is_away_for_longer_than_a_pause_is_forgotten(fresh_database: Database) -> None:
    clock = Clock()
    process = await a_process_with_one_view(fresh_database, clock)
    clock.at_s += 33 * 60
    await count(fresh_database, clock)
    async with fresh_database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM insight_visitor") == 0
    process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    await insights.hand_over(fresh_database, process)
    await count(fresh_database, clock)
    found = await counted(fresh_database)
    assert (found["visits"], found["visitors"]) == (2, 1)


async def test_while_the_database_is_away_nothing_is_lost_and_visitors_are_not_told_apart(
    fresh_database: Database,
) -> None:
    clock = Clock()
    process = a_process(clock)
    process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    async with fresh_database.connection() as db:
        await db.execute("ALTER TABLE insight_count RENAME TO away")
    assert not await insights.hand_over(fresh_database, process)
    process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    assert not await insights.hand_over(fresh_database, process)
    async with fresh_database.connection() as db:
        await db.execute("ALTER TABLE away RENAME TO insight_count")
    assert await insights.hand_over(fresh_database, process)
    found = await counted(fresh_database)
    assert (found["page /public"], found["visits"]) == (2, 1)


async def test_invented_sources_and_visitors_fill_neither_memory_nor_tables(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "MOST_SOURCES", 5)
    monkeypatch.setattr(visits, "MOST_VISITORS", 50)
    monkeypatch.setattr(queries, "MOST_NAMES", 8)
    clock = Clock()
    process = a_process(clock)
    for turn in range(4):
        await insights.hand_over(fresh_database, process)
        for number in range(100):
            headers = {**dict(BROWSER), b"referer": f"https://s{turn}-{number}.example/".encode()}
            process.page_seen("/public", f"192.0.2.{number}", headers)
            clock.at_s += 0.01
        clock.at_s += 1900
    await insights.hand_over(fresh_database, process)
    found = await counted(fresh_database)
    sources = {name: count for name, count in found.items() if name.startswith("source")}
    assert len(sources) <= 16
    assert sources["source other"] > 100
    assert found["page /public"] == 400
    assert found["visits"] == 200


async def test_one_network_that_invents_browsers_is_hardly_more_than_one_visitor(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "MOST_OF_NETWORK", 10)
    clock = Clock()
    process = a_process(clock)
    await insights.hand_over(fresh_database, process)
    for number in range(300):
        process.page_seen("/public", "192.0.2.7", {**dict(BROWSER), b"user-agent": f"Firefox/{number}".encode()})
        process.page_seen("/public", f"198.51.100.{number % 40}", dict(BROWSER))
    await insights.hand_over(fresh_database, process)
    await count(fresh_database, clock)
    found = await counted(fresh_database)
    assert (found["page /public"], found["visits"], found["visitors"]) == (600, 51, 51)


async def test_many_visitors_are_handed_over_in_pieces_and_wait_in_bounds(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "AT_ONCE", 7)
    monkeypatch.setattr(visits, "MOST_WAITING", 70)
    clock = Clock()
    process = a_process(clock)
    await insights.hand_over(fresh_database, process)
    async with fresh_database.connection() as db:
        await db.execute("ALTER TABLE insight_count RENAME TO away")
    for minute in range(5):
        clock.at_s = NOON_S + 60 * minute
        for number in range(30):
            process.page_seen("/public", f"192.0.{minute}.{number}", dict(BROWSER))
        assert not await insights.hand_over(fresh_database, process)
    waiting = process.take()
    assert max(len(batch.seen) for batch in waiting) == 7
    assert 50 < sum(len(batch.seen) for batch in waiting) <= 70
    process.give_back(waiting)
    async with fresh_database.connection() as db:
        await db.execute("ALTER TABLE away RENAME TO insight_count")
    assert await insights.hand_over(fresh_database, process)
    found = await counted(fresh_database)
    assert found["page /public"] == 150  # what was looked at is not lost with those who looked
    assert found["visits"] == sum(len(batch.seen) for batch in waiting)


async def test_salts_and_hashes_go_though_counting_does_not_work(fresh_database: Database) -> None:
    clock = Clock()
    await a_process_with_one_view(fresh_database, clock)
    async with fresh_database.connection() as db:
        await db.execute("ALTER TABLE insight_sketch RENAME TO away")
    for days, left in ((1, 1), (2, 0)):
        clock.at_s = NOON_S + 86_400 * days
        with contextlib.suppress(asyncpg.UndefinedTableError):
            await count(fresh_database, clock)
        async with fresh_database.connection() as db:
            assert await db.fetchval("SELECT count(*) FROM insight_salt") == 0
            assert await db.fetchval("SELECT count(*) FROM insight_visitor") == left


async def test_who_is_told_to_end_while_handing_over_loses_nothing(fresh_database: Database) -> None:
    process = a_process(Clock())
    await insights.hand_over(fresh_database, process)
    process.page_seen("/public", "192.0.2.7", dict(BROWSER))
    async with fresh_database.transaction() as tx:
        await tx.execute("LOCK TABLE insight_count")
        handing_over = asyncio.create_task(insights.hand_over(fresh_database, process))
        await asyncio.sleep(0.2)
        handing_over.cancel()
        await asyncio.wait([handing_over])
        assert handing_over.cancelled()
    assert await insights.hand_over(fresh_database, process)
    assert (await counted(fresh_database))["visits"] == 1
