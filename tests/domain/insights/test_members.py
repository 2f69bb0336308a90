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
from tests.rig.people import Person
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
    async with world.services.db.transaction() as tx:
        await tx.execute("DELETE FROM oauth_token WHERE account_id IN ($1, $2)", alice.id, bob.id)
    assert not {kind for kind, name in await counted(world, now=now) if kind in ("app_begun", "app") and name}


async def received(world: World, came_at: datetime, number: int, *, entered: Person | None = None) -> None:
    async with world.services.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO receipt (id, state, received_at, admitted_at, entered_at, account_id)
            VALUES ($1, 0, $2, $3, $3, $4)
            """,
            id_at(came_at, number),
            came_at,
            utc_now() if entered else None,
            entered.id if entered else None,
        )


async def stages(world: World, last: date, days: int) -> dict[str, tuple[int, int]]:
    async with world.services.db.connection() as db:
        found = await report(db, last, days)
    return {one.name: (one.count, one.of) for one in found.stages}


async def test_newcomers_are_followed_from_the_receipt_to_the_day_they_come_back(world: World) -> None:
    now = utc_now()
    today = now.astimezone(UTC).date()
    person, other = await world.person("alice"), await world.person("bob")
    for number, (days, who) in enumerate([(5, person), (0, other), (5, None), (0, None)]):  # alice waited for five days
        await received(world, now - timedelta(days=days), number, entered=who)
    answer = await world.client.post("/api/v1/statuses", json={"status": "Hello"}, headers=person.headers)
    assert answer.status_code == 200
    await counted(world, now=now)
    found = await stages(world, today, 30)
    assert (found["received"], found["entered"], found["confirmed"], found["posted"]) == (
        (4, 4),
        (2, 4),
        (2, 4),
        (1, 4),
    )
    assert [found[f"day_{number}"] for number in (1, 7, 30)] == [(0, 0)] * 3

    for days in (1, 7, 30):
        then = now + timedelta(days=days)
        async with world.services.db.transaction() as tx:
            await tx.execute("UPDATE oauth_token SET last_used_at = $1 WHERE account_id = $2", then, person.id)
        await insights.count_members(world.services.db, now=then)
        for shown in (7, 30):  # also where the day on which they entered is not shown any more
            assert (await stages(world, then.astimezone(UTC).date(), shown))[f"day_{days}"] == (1, 2)


async def test_who_was_back_before_anybody_counted_who_could_be_is_left_out(tx: Connection) -> None:
    last = date(2026, 5, 31)
    await queries.counts_stored(tx, last - timedelta(days=2), {("sign_up", "day_1"): 3, ("sign_up", "entered"): 2})
    [found] = [one for one in (await report(tx, last, 30)).stages if one.name == "day_1"]
    assert (found.count, found.of) == (0, 0)


async def test_means_and_weeks_are_of_the_days_that_were_counted(tx: Connection) -> None:
    last = date(2026, 5, 31)  # a Sunday
    for number in range(3):
        counts = {("members", "day"): 9, ("app", "Tusk"): 6} if number else {("members", "day"): 9}
        await queries.counts_stored(tx, last - timedelta(days=number), counts)
    monday = last - timedelta(days=34)  # two days before the first of thirty-two
    for number in range(-1, 7):
        await queries.counts_stored(tx, monday + timedelta(days=number), {("app_begun", "Tusk"): 1})
    found = await report(tx, last, 32)
    assert found.lists["app"] == [("Tusk", 4)]
    assert found.begun == [(monday, [("Tusk", 7)])]


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
