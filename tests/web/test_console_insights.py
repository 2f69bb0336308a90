"""The owner's page of numbers, and the files one can take along."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.insights import queries
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser

PAGE = "/console/insights"


@pytest.fixture
async def olgas(world: World, open_browser: Callable[[], Browser]) -> Browser:
    """The browser of Olga, who owns the place."""
    return await open_browser().sign_in(await world.person("olga", role=accounts.Role.OWNER))


async def a_fortnight(world: World) -> None:
    today = utc_now().date()
    async with world.services.db.transaction() as tx:
        for number in range(14):
            counts = {
                ("visits", ""): 1200 + number,
                ("source", "<b>.example"): 5,
                ("source", ""): 9,
                ("members", "day"): 4,
                ("app", "=1+1"): 3,
                ("app_begun", "=1+1"): 2,
                ("sign_up", "received"): 8,
                ("sign_up", "entered"): 4,
                ("sign_up", "entered_on"): 4,
                ("sign_up", "day_1"): 1,
            }
            await queries.counts_stored(tx, today - timedelta(days=number), counts)


async def test_the_owner_sees_numbers_with_their_meaning_as_charts_and_as_tables(world: World, olgas: Browser) -> None:
    await a_fortnight(world)
    page = (await olgas.get(f"{PAGE}?days=7")).text
    assert "A visit begins when somebody looks at a page after thirty minutes without one." in page
    assert "Within 2.4 % on nearly all days." in page
    assert "Today 1,200; at most 1,206 a day. Mean of seven days: 1,203." in page
    assert '<path fill="currentColor" fill-opacity="0.35" d="M' in page
    assert page.count('<th scope="row">') > 7 * 9
    assert "&lt;b&gt;.example" in page
    assert "<b>.example" not in page
    assert "50%" in page  # entered, of those whose receipts came
    assert '<th scope="row">Back on day 30</th><td>–</td><td></td>' in page  # nobody could be
    for days in (30, 90):
        assert (await olgas.get(f"{PAGE}?days={days}")).status_code == 200
    assert (await olgas.get(f"{PAGE}?days=31")).status_code in (400, 404, 422)


async def test_it_speaks_french(world: World, olgas: Browser) -> None:
    await a_fortnight(world)
    await olgas.post("/settings/appearance", {"locale": "fr", "theme": "auto"})
    page = (await olgas.get(PAGE)).text
    assert "Visiteurs uniques" in page
    assert "Aujourd’hui 1\u202f200\u00a0; au plus 1\u202f213 par jour." in page


async def test_everything_can_be_taken_along(world: World, olgas: Browser) -> None:
    await a_fortnight(world)
    table = await olgas.get(f"{PAGE}.csv?days=7")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == 'attachment; filename="insights.csv"'
    lines = list(csv.DictReader(io.StringIO(table.text)))
    assert sum(int(one["count"]) for one in lines if one["kind"] == "visits") == 7 * 1203
    assert {one["name"] for one in lines if one["kind"] == "app"} == {"'=1+1"}
    document = (await olgas.get(f"{PAGE}.json?days=731")).json()
    assert sum(one["count"] for one in document["counts"] if one["kind"] == "visits") == sum(range(1200, 1214))
    assert document["definitions"]["visitors"]["error"].startswith("Within 2.4 %")
    assert {one["kind"] for one in document["counts"]} <= document["definitions"].keys()


async def test_a_long_file_comes_a_month_at_a_time_and_whole(world: World, olgas: Browser) -> None:
    today = utc_now().date()
    empty = (await olgas.get(f"{PAGE}.json?days=731")).json()
    assert empty["counts"] == []
    ages = (730, 100, 99, 31, 30, 29, 0)
    async with world.services.db.transaction() as tx:
        for number in ages:
            await queries.counts_stored(tx, today - timedelta(days=number), {("visits", ""): number + 1})
    expected = [((today - timedelta(days=number)).isoformat(), number + 1) for number in ages]
    document = (await olgas.get(f"{PAGE}.json?days=731")).json()
    assert [(one["day"], one["count"]) for one in document["counts"]] == expected
    table = await olgas.get(f"{PAGE}.csv?days=731")
    assert "content-length" not in table.headers  # it is sent as it is made
    assert [(one["day"], int(one["count"])) for one in csv.DictReader(io.StringIO(table.text))] == expected


async def test_nobody_else_sees_them(world: World, open_browser: Callable[[], Browser]) -> None:
    moderator = await open_browser().sign_in(await world.person("mona", role=accounts.Role.MODERATOR))
    member = await open_browser().sign_in(await world.person("alice"))
    for path in (PAGE, f"{PAGE}.csv", f"{PAGE}.json"):
        assert (await world.client.get(path)).status_code in (303, 401)
        assert (await member.get(path)).status_code == 404
        assert (await moderator.get(path)).status_code == 404


async def test_a_browser_tells_that_the_place_is_on_its_home_screen(world: World) -> None:
    visits = world.app.inner.framework.state.visits
    tell = world.client.post
    assert (await tell("/installed", data={"how": "shown"})).status_code == 403
    assert (await tell("/installed", data={"how": "x"}, headers={"Origin": "https://evil.example"})).status_code == 403
    for how in ("installed", "shown", "shown"):
        assert (await tell("/installed", data={"how": how}, headers={"Origin": ORIGIN})).status_code == 204
    [batch] = visits.take()
    assert batch.counts == {("install", "installed"): 1, ("install", "shown"): 2}
