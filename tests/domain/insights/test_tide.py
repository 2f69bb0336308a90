"""Whether visits fall or outgrow the place, and who is told of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from parvis.domain import health, insights
from parvis.domain.health.verdicts.findings import Findings
from parvis.domain.insights import queries
from parvis.infra.postgres import Connection

FIRST = date(2026, 3, 1)


async def visited(tx: Connection, visits: list[int]) -> None:
    for number, count in enumerate(visits):
        await queries.counts_stored(tx, FIRST + timedelta(days=number), {("visits", ""): count})


async def named(tx: Connection, day: int) -> set[str]:
    """The verdicts on visits a few minutes into that day (from 0)."""
    now = datetime.combine(FIRST + timedelta(days=day), time(0, 5), UTC)
    judgement = health.judge(Findings(at=now, tide=await insights.tide(tx, now=now)))
    return {one.verdict.name for one in judgement.worth_telling if one.verdict.name.startswith("visits")}


async def test_the_alarm_comes_with_the_first_week_that_is_thirty_per_cent_lower(tx: Connection) -> None:
    await visited(tx, [100] * 14 + [50] * 16)
    assert [day for day in range(31) if await named(tx, day)] == list(
        range(19, 25)
    )  # five of seven days at half: 64 to 100


async def test_a_place_without_two_weeks_of_numbers_or_hardly_any_visits_is_left_alone(tx: Connection) -> None:
    await visited(tx, [100] * 7 + [10] * 6)
    assert [day for day in range(14) if await named(tx, day)] == []
    await visited(tx, [19] * 7 + [1] * 7)
    assert await named(tx, 14) == set()


async def test_a_day_without_any_visit_counts_as_one(tx: Connection) -> None:
    await visited(tx, [100] * 14)
    assert await named(tx, 14) == set()
    assert await named(tx, 17) == {"visits_fell"}


@pytest.mark.parametrize(
    ("resource", "use", "fires"), [("cpu", 0.5, False), ("cpu", 0.8, True), ("memory", 0.8, False)]
)
async def test_a_rise_that_there_is_room_for_is_no_alarm(
    tx: Connection, resource: str, use: float, fires: bool
) -> None:
    await visited(tx, [100] * 7 + [130] * 7)
    await tx.execute(
        """
        INSERT INTO health_hour (at, resource, used, use, peak, facts)
        VALUES ($1, $3, 1, $2, 1, '{}'), ($1, 'disk', 1, 0.99, 1, '{}')
        """,
        datetime.combine(FIRST + timedelta(days=10), time(20), UTC),
        use,
        resource,
    )
    assert await named(tx, 14) == ({"visits_outgrow"} if fires else set())


def test_operators_hear_of_a_fall_as_of_an_incident_though_nothing_is_broken() -> None:
    book = health.Book()
    at = datetime(2026, 3, 20, tzinfo=UTC)
    for seconds in (0, 10):
        seen = Findings(at=at + timedelta(seconds=seconds), tide=health.Tide(50.0, 100.0))
        judgement = health.judge(seen)
        assert judgement.outcome == "healthy"
        book.note(judgement)
    assert [one.name for one in book.untold] == ["visits_fell"]
