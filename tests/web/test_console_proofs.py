"""What a stranger at an open browser could do most harm with wants a fresh proof, and loses nothing that was filled in."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from parvis.domain import admission, media, moderation
from parvis.domain.moderation import house_settings
from parvis.infra.html.paths import safe_path
from tests.rig.house import REASON, House, furnished
from tests.rig.people import Person
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser, hidden

WHY = "It was somebody else, as we know by now."


@pytest.fixture
async def house(world: World) -> House:
    return await furnished(world)


@pytest.fixture
async def olgas(house: House, open_browser: Callable[[], Browser]) -> Browser:
    return await open_browser().sign_in(house.olga)


async def grows_stale(world: World) -> None:
    await world.services.db.pool.execute("UPDATE session SET proved_at = now() - interval '1 hour'")


async def is_fresh(world: World) -> None:
    await world.services.db.pool.execute("UPDATE session SET proved_at = now()")


async def acts(world: World) -> list[tuple[str, str]]:
    async with world.services.db.connection() as db:
        return [(one.act, one.subject) for one in await moderation.log.entries(db, limit=100)]


async def asked(browser: Browser, path: str, fields: dict[str, str]) -> str:
    """Where the proof, which is asked for, leads back to."""
    answer = await browser.post(path, fields)
    where = urlsplit(answer.headers["location"])
    assert (answer.status_code, where.path) == (303, "/prove"), path
    (back,) = parse_qs(where.query)["return_to"]
    assert safe_path(back, "") == back, "the page that asks would lead elsewhere"
    return back


async def test_nothing_dangerous_is_done_without_a_fresh_proof(house: House, olgas: Browser, alice: Person) -> None:
    world = house.world
    suspension = await house.restricts("suspend", alice.id)
    assert (await olgas.post("/console/announcements", {"text": "We move tonight"})).status_code == 303
    told = hidden((await olgas.get("/console/announcements")).text, "id")
    file = {"file": ("cat.png", png(64, 64), "image/png")}
    assert (await olgas.post("/console/emoji", {"shortcode": "cat"}, files=file)).status_code == 303
    await olgas.post("/console/settings", {"name": "name", "value": "The Field"})
    await olgas.post("/console/settings", {"name": "name", "value": "The Meadow"})
    change = (await olgas.get("/console/settings")).text.partition('name="id" value="')[2].partition('"')[0]
    before, rule = await acts(world), str(house.rule.id)
    await grows_stale(world)
    for path, fields, back in (
        ("/console/gate", {"mode": "open"}, "/console/gate"),
        ("/console/gate", {"mode": "pause", "message": "Back soon"}, "/console/gate?message=Back+soon"),
        ("/console/settings", {"name": "name", "value": "Mine"}, "/console/settings?name=name&value=Mine"),
        ("/console/settings/default", {"name": "name"}, "/console/settings"),
        ("/console/settings/back", {"id": change}, "/console/settings"),
        ("/console/emoji/act", {"shortcode": "cat", "act": "delete"}, "/console/emoji"),
        ("/console/announcements/delete", {"id": told}, "/console/announcements"),
        ("/console/rules/remove", {"id": rule}, "/console/rules"),
        (
            f"/console/restrictions/{suspension.id}/lift",
            {"reason": "It was not she.", "return_to": "/console/people/@alice"},
            f"/console/restrictions/{suspension.id}/lift?return_to=%2Fconsole%2Fpeople%2F%40alice"
            "&reason=It+was+not+she.",
        ),
    ):  # fmt: skip
        assert await asked(olgas, path, fields) == back
    assert await acts(world) == before
    async with world.services.db.connection() as db:
        assert (await admission.gate_standing(db)).mode == "auto"
        assert (await house_settings.stored(db))["name"] == "The Meadow"
        assert await moderation.house_rules.current(db)
        assert len(await moderation.announcements.every(db)) == 1
        assert (await moderation.restriction(db, suspension.id)).lifted_at is None
        assert [one.shortcode for one in await media.emoji.current(db)] == ["cat"]


async def test_what_was_filled_in_stands_in_the_form_after_the_proof(
    house: House, olgas: Browser, alice: Person, bob: Person
) -> None:
    suspension = await house.restricts("suspend", alice.id)
    lift = f"/console/restrictions/{suspension.id}/lift"
    rule = str(house.rule.id)
    forms = (
        ("/console/gate", {"mode": "cap", "cap": "0,25"}, 'value="0,25"'),
        ("/console/gate", {"mode": "pause", "message": "Back at noon"}, 'value="Back at noon"'),
        ("/console/settings", {"name": "name", "value": "The Field"}, 'value="The Field"'),
        (lift, {"reason": WHY, "return_to": "/console/people/@alice"}, WHY),
        ("/console/people/@bob/restrict", {"kind": "suspend", "rule_id": rule, "reason": REASON}, REASON),
    )
    for path, fields, words in forms:
        await grows_stale(house.world)
        back = await asked(olgas, path, fields)
        await is_fresh(house.world)
        assert words in unescape((await olgas.get(back)).text), path
        assert (await olgas.post(path, fields)).status_code == 303
    async with house.world.services.db.connection() as db:
        assert (await admission.gate_standing(db)).message == "Back at noon"
        assert (await moderation.restriction(db, suspension.id)).lifted_why == WHY
        assert [one.kind for one in await moderation.standing(db, bob.id)] == ["suspend"]


async def test_more_than_an_address_holds_is_not_lost_either(house: House, olgas: Browser, alice: Person) -> None:
    suspension = await house.restricts("suspend", alice.id)
    await grows_stale(house.world)
    lift = f"/console/restrictions/{suspension.id}/lift"
    assert (await olgas.get(lift)).headers["location"].startswith("/prove?")  # before anything is written
    answer = await olgas.post(lift, {"reason": "Ж" * 600})
    assert answer.status_code == 422
    assert "Ж" * 600 in answer.text
    assert "too long to be kept meanwhile" in answer.text
    async with house.world.services.db.connection() as db:
        assert (await moderation.restriction(db, suspension.id)).lifted_at is None


async def test_reports_appeals_and_what_does_little_harm_ask_for_nothing(
    house: House, olgas: Browser, alice: Person
) -> None:
    limit = await house.restricts("limit", alice.id)
    await grows_stale(house.world)
    for path, fields in (
        (f"/console/restrictions/{limit.id}/lift", {"reason": WHY}),
        ("/console/announcements", {"text": "We move tonight"}),
        ("/console/rules", {"text": "No shouting."}),
    ):
        answer = await olgas.post(path, fields)
        assert answer.status_code == 303, path
        assert not answer.headers["location"].startswith("/prove"), path
