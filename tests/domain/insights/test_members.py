"""What members do, counted from what they did; and the report that puts it together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.base.ids import id_at
from parvis.domain import insights
from parvis.domain.insights import queries
from parvis.domain.insights.report import means, report
from parvis.infra.postgres import Connection
from tests.rig.world import World


async def counted(world: World, *, now: datetime) -> dict[tuple[str, str], int]:
    await insights.count_members(world.services.db, now=now)
    await insights.count_newcomers(world.services.db, now=now)
    async with world.services.db.connection() as db:
        return {(kind, name): count for _, kind, name, count in await queries.counts(db, now.date(), now.date())}


async def test_what_members_did_today_is_counted_and_may_be_counted_again(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    for person, words in ((alice, "One"), (alice, "Two"), (bob, "Three")):
        answer = await world.client.post("/api/v1/statuses", json={"status": words}, headers=person.headers)
        assert answer.status_code == 200
    now = utc_now()
    found = await counted(world, now=now)
    assert found == await counted(world, now=now)
    assert found["posts", ""] == 3
    assert (found["members", "day"], found["members", "week"], found["members", "month"]) == (2, 2, 2)
    apps = {name: count for (kind, name), count in found.items() if kind == "app_begun"}
    assert sum(apps.values()) == 2


async def test_newcomers_are_followed_from_the_receipt_to_the_day_they_come_back(world: World) -> None:
    now = utc_now()
    today = now.astimezone(UTC).date()
    person = await world.person("alice")
    async with world.services.db.transaction() as tx:
        for number, (days, account) in enumerate([(7, person.id), (7, None), (0, None)]):
            came_at = now - timedelta(days=days)
            await tx.execute(
                """
                INSERT INTO receipt (id, state, received_at, admitted_at, entered_at, account_id)
                VALUES ($1, 0, $2, $3, $3, $4)
                """,
                id_at(came_at, number),
                came_at,
                came_at if account else None,
                account,
            )
    answer = await world.client.post("/api/v1/statuses", json={"status": "Hello"}, headers=person.headers)
    assert answer.status_code == 200
    await counted(world, now=now)
    async with world.services.db.connection() as db:
        found = await report(db, today, 30)
    stages = {one.name: (one.count, one.of) for one in found.stages}
    assert stages["received"][0] >= 3
    assert stages["entered"][0] >= 1
    assert stages["confirmed"][0] >= 1
    assert stages["posted"][0] >= 1
    assert stages["day_7"] == (1, 1)
    assert stages["day_1"][0] == 0


async def test_a_receipt_of_midnight_leaves_the_day_before_as_it_was(world: World) -> None:
    now = utc_now()
    midnight = datetime.combine(now.astimezone(UTC).date() - timedelta(days=3), datetime.min.time(), UTC)
    moments = [(midnight - timedelta(hours=one), timedelta()) for one in (1, 2, 3)]
    async with world.services.db.transaction() as tx:
        for came_at, later in [*moments, (midnight - timedelta(milliseconds=2), timedelta(milliseconds=3))]:
            await tx.execute(
                "INSERT INTO receipt (id, state, received_at) VALUES ($1, 0, $2)", id_at(came_at + later), came_at
            )
    for _ in range(2):
        await insights.count_newcomers(world.services.db, now=now)
    async with world.services.db.connection() as db:
        found = await queries.counts(db, midnight.date() - timedelta(days=1), midnight.date(), ["sign_up"])
    received = {day: count for day, _, name, count in found if name == "received"}
    assert list(received.values()) == [3, 1]


async def test_a_report_has_a_number_for_each_day_and_lists_the_most_frequent_names(tx: Connection) -> None:
    last = date(2026, 5, 31)
    for number in range(20):
        day = last - timedelta(days=number)
        await queries.counts_stored(
            tx,
            day,
            {
                ("visits", ""): 100 + number,
                ("page", "/public"): 7,
                ("page", "/about"): 3,
                ("source", "a.example"): number,
            },
        )
    found = await report(tx, last, 7)
    assert found.days == [last - timedelta(days=number) for number in range(6, -1, -1)]
    assert found.series["visits"] == [106, 105, 104, 103, 102, 101, 100]
    assert found.series["views"] == [10] * 7
    assert found.means["visits"] == [109, 108, 107, 106, 105, 104, 103]
    assert found.lists["page"] == [("/public", 49), ("/about", 21)]
    assert found.lists["source"] == [("a.example", 21)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([7] * 7, [None] * 6 + [7]), ([0, 0, *[7] * 7], [None] * 8 + [7]), ([0] * 9, [None] * 9)],
)
def test_a_mean_needs_seven_days_of_counting(values: list[int], expected: list[float | None]) -> None:
    assert means(values) == expected
