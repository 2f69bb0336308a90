"""The operator's pages about the gate."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts, admission
from parvis.infra.services import Services
from tests.rig.world import World
from tests.web.conftest import Browser
from tests.web.test_console_overview import watched
from tests.web.test_round_trips import cost

GATE = "/console/gate"


@pytest.fixture
async def olgas(world: World, open_browser: Callable[[], Browser]) -> Browser:
    """The browser of Olga, who owns the place."""
    return await open_browser().sign_in(await world.person("olga", role=accounts.Role.OWNER))


async def decided(services: Services) -> None:
    """The gate has decided once more, whenever it did before."""
    async with services.db.transaction() as tx:
        await tx.execute("UPDATE gate_state SET decided_at = decided_at - interval '1 minute'")
    assert await admission.adjust_gate(services, now=utc_now())


async def test_the_owner_closes_the_gate_with_a_reason_limits_it_and_opens_it(world: World, olgas: Browser) -> None:
    page = await olgas.get(GATE)
    assert "Nothing has been decided yet." in page.text
    assert (await olgas.post(GATE, {"mode": "pause", "message": "We move to a larger machine."})).status_code == 303
    await decided(world.services)
    page = (await olgas.get(GATE)).text
    assert "<h2>Closed for now</h2>" in page
    assert "We move to a larger machine." in page
    assert "<bdi>@olga</bdi>" in page
    serving = (await world.client.get("/api/parvis/v1/admission/now")).json()
    assert (serving["reason"], serving["message"], serving["open"]) == ("pause", "We move to a larger machine.", False)

    assert (await olgas.post(GATE, {"mode": "cap", "cap": "0,1"})).status_code == 303
    await decided(world.services)
    page = (await olgas.get(GATE)).text
    assert "<h2>At most so many</h2>" in page
    assert "0.10 people a second come in. The reason: The owner set a limit." in page

    for mode, heading in (("open", "Open to everybody"), ("auto", "As many as the server can bear")):
        assert (await olgas.post(GATE, {"mode": mode})).status_code == 303
        await decided(world.services)
        assert f"<h2>{heading}</h2>" in (await olgas.get(GATE)).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": "cap", "cap": "many"}, "A number of people a second"),
        ({"mode": "cap", "cap": "nan"}, "A number of people a second"),
        ({"mode": "cap", "cap": "-1"}, "A number of people a second"),
        ({"mode": "cap", "cap": "1001"}, "A number of people a second"),
        ({"mode": "pause", "message": "  "}, "Say why"),
    ],
)
async def test_what_the_gate_cannot_do_is_said_beside_the_field(
    world: World, olgas: Browser, fields: dict[str, str], words: str
) -> None:
    answer = await olgas.post(GATE, fields)
    assert answer.status_code == 422
    assert words in answer.text
    async with world.services.db.connection() as db:
        assert (await admission.gate_standing(db)).mode == "auto"


async def test_nobody_but_the_owner_sees_or_moves_the_gate(
    world: World, alices: Browser, open_browser: Callable[[], Browser]
) -> None:
    mona = await open_browser().sign_in(await world.person("mona", role=accounts.Role.MODERATOR))
    for browser in (alices, mona):
        assert (await browser.get(GATE)).status_code == 404
        assert (await browser.post(GATE, {"mode": "open"})).status_code == 404
    async with world.services.db.connection() as db:
        assert (await admission.gate_standing(db)).mode == "auto"


async def test_a_level_that_any_process_is_at_is_shown(world: World, olgas: Browser) -> None:
    assert "Under load: level 0 of 5" in (await olgas.get(GATE)).text
    async with world.services.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO health_signal (process, role, host, resource, measured_at, used, use, capacity, facts)
            VALUES ('there:1', 'web', 'there', 'shedding', now(), 3, 0.2, NULL, '{"level": 3}')
            """
        )
    page = (await olgas.get(GATE)).text
    assert "Under load: level 3 of 5" in page
    assert "Strangers get what the cache has, and nothing else." in page


async def test_the_gate_says_what_is_wrong_with_the_place_and_what_to_do(world: World, olgas: Browser) -> None:
    assert "What is wrong" not in (await olgas.get(GATE)).text
    await watched(world)
    page = (await olgas.get(GATE)).text
    assert "<b>" not in page
    assert re.search('<a href="/console">[^<]*/srv/', page.replace("&#x2f;", "/"))
    assert "Since " in page
    before = await cost(world, olgas, GATE)
    await world.services.db.pool.execute("UPDATE incident SET closed_at = seen_at")
    assert "What is wrong" not in (await olgas.get(GATE)).text
    assert await cost(world, olgas, GATE) == before


async def test_the_line_of_the_gate_can_be_read_as_a_table(world: World, olgas: Browser) -> None:
    for minutes, rate in ((2, 1.5), (1, 0.25)):
        await world.services.db.pool.execute(
            """
            INSERT INTO gate_minute (minute, rate_per_s, binding, received, admitted, waiting)
            VALUES (date_trunc('minute', now()) - make_interval(mins => $1), $2, 'cpu', 0, 0, 0)
            """,
            minutes,
            rate,
        )
    page = (await olgas.get(GATE)).text
    assert page.index("<td>0.25</td>") < page.index("<td>1.50</td>")
