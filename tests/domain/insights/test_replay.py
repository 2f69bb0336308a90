"""A month replayed: what is counted, by several processes and a database, against what really happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from parvis.base.settings import Settings
from parvis.domain import health, insights
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.insights import queries
from parvis.infra.postgres import Database
from tests.domain.insights.month import FIRST, Look, Truth, looks, truth_of

PROCESSES = 3
SETTINGS = Settings(origin="http://parvis.test")


class Replay:
    """Web processes that share a database and a clock, and a worker."""

    def __init__(self, db: Database, every_s: float) -> None:
        self.db, self.every_s = db, every_s
        self.now_s = datetime.combine(FIRST, datetime.min.time(), UTC).timestamp()
        clock: Callable[[], float] = lambda: self.now_s  # noqa: E731
        self.processes = [insights.Visits(SETTINGS, clock=clock) for _ in range(PROCESSES)]

    async def run(self, month: list[Look]) -> None:
        await self._hand_over()
        due = self.now_s + self.every_s
        for number, look in enumerate(month):
            while look.at_s >= due:
                self.now_s, due = due, due + self.every_s
                await self._hand_over()
            self.now_s = look.at_s
            self.processes[number * 7919 % PROCESSES].page_seen("/public", look.network, dict(look.headers))
        self.now_s = due
        await self._hand_over()

    async def _hand_over(self) -> None:
        for process in self.processes:
            assert await insights.hand_over(self.db, process)
        await insights.count_visitors(self.db, now=datetime.fromtimestamp(self.now_s, UTC))

    async def counted(self, kind: str) -> dict[date, int]:
        async with self.db.connection() as db:
            found = await queries.counts(db, FIRST, FIRST + timedelta(days=99), [kind])
        days: dict[date, int] = {}
        for day, _, _, count in found:
            days[day] = days.get(day, 0) + count
        return days


def compared(name: str, counted: dict[date, int], truth: dict[date, int]) -> float:
    """Prints both; how far the worst day is off."""
    assert counted.keys() == truth.keys()
    errors = {day: counted[day] / truth[day] - 1 for day in truth}
    worst = max(errors, key=lambda day: abs(errors[day]))
    total, real = sum(counted.values()), sum(truth.values())
    print(
        f"{name}: {total:,} counted of {real:,} in {len(truth)} days ({total / real - 1:+.2%}); "
        f"worst day {worst} {counted[worst]:,} of {truth[worst]:,} ({errors[worst]:+.2%})"
    )
    return max(abs(errors[worst]), abs(total / real - 1))


async def replayed(
    db: Database, *, days: int, daily: int, every_s: float, falls_on: int | None = None
) -> tuple[Replay, Truth]:
    month = list(looks(8, days=days, daily=daily, falls_on=falls_on))
    replay = Replay(db, every_s)
    await replay.run(month)
    truth = truth_of(month)
    print(f"\n{len(month):,} requests, {PROCESSES} processes that hand over every {every_s:.0f} s")
    assert compared("page views", await replay.counted("page"), truth.views) == 0
    assert compared("visits", await replay.counted("visits"), truth.visits) <= 0.02
    unique = {day: len(people) for day, people in truth.visitors.items()}
    assert compared("unique visitors", await replay.counted("visitors"), unique) <= 0.03
    return replay, truth


async def test_two_days_are_counted_within_what_is_promised(fresh_database: Database) -> None:
    replay, truth = await replayed(fresh_database, days=2, daily=1500, every_s=900)
    sources = await replay.counted("source")
    assert sum(sources.values()) == sum((await replay.counted("visits")).values())
    async with fresh_database.connection() as db:
        left = await db.fetchval("SELECT count(*) FROM insight_visitor WHERE day = $1", FIRST)
        salts = await db.fetch("SELECT day FROM insight_salt")
        names = {name for _, _, name, _ in await queries.counts(db, FIRST, FIRST, ["source", "language"])}
    assert left == 0
    assert [row["day"] for row in salts] == [max(truth.visits) + timedelta(days=1)] or len(salts) == 1
    assert names == {"", "example.org", "news.example.net", "org.example.app", "en", "fr", "pt", "de"}


def first_fall(visits: dict[date, int]) -> date:
    """The day after which a mean of seven days was, for the first time, more than 30 % below that of the seven before."""
    days = sorted(visits)
    for number in range(14, len(days) + 1):
        lately, before = (
            sum(visits[day] for day in days[number - 7 : number]),
            sum(visits[day] for day in days[number - 14 : number - 7]),
        )
        if lately < 0.7 * before:
            return days[number - 1]
    raise AssertionError("nothing fell")


async def alarms(db: Database) -> list[date]:
    """The days after which the verdict speaks, asked a few minutes after midnight as the watch does."""
    found: list[date] = []
    for number in range(1, 31):
        asked_at = datetime.combine(FIRST + timedelta(days=number), time(0, 5), UTC)
        async with db.connection() as connection:
            tide = await insights.tide(connection, now=asked_at)
        judgement = health.judge(Findings(at=asked_at, tide=tide))
        if any(one.verdict.name == "visits_fell" for one in judgement.worth_telling):
            found.append(asked_at.date() - timedelta(days=1))
    return found


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_month_is_counted_within_what_is_promised(fresh_database: Database) -> None:
    _, truth = await replayed(fresh_database, days=30, daily=12_000, every_s=300, falls_on=19)
    spoken = await alarms(fresh_database)
    print(
        f"almost half stay away from {FIRST + timedelta(days=19)}; alarm after {spoken[0]} (due {first_fall(truth.visits)})"
    )
    print(f"the alarm stands for {len(spoken)} days, until {spoken[-1]}")
    assert spoken[0] == first_fall(truth.visits)
    assert (spoken[-1] - spoken[0]).days == len(spoken) - 1
