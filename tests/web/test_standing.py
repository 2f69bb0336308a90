"""My standing: what whoever is restricted reads, and all that is left to them when they may do nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts
from tests.rig.house import REASON, House, furnished
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser


@pytest.fixture
async def house(world: World) -> House:
    return await furnished(world)


async def test_nothing_limits_whoever_did_nothing(alices: Browser) -> None:
    assert "Nothing limits your reach" in (await alices.get("/settings/standing")).text


async def test_every_limit_is_told_with_rule_reason_evidence_and_nobodys_name(
    house: House, alices: Browser, alice: Person, bobs: Browser
) -> None:
    post = await alice.says("Bob is a <b>fool</b>")
    one = await house.restricts("withhold", alice.id, post)
    page = (await alices.get("/settings/standing")).text
    for words in (house.rule.text, REASON, "Bob is a &lt;b&gt;fool&lt;", "Withheld", f"/standing/{one.id}/appeal"):
        assert words in page, words
    assert "mona" not in page
    assert REASON not in (await bobs.get("/settings/standing")).text
    own = (await alices.get(f"/@alice/{post}")).text
    assert "Withheld by the moderators: only you see this." in own
    assert (await bobs.get(f"/@alice/{post}")).status_code == 404
    again = await alices.post(f"/settings/standing/{one.id}/appeal", {"text": " "})
    assert again.status_code == 422
    assert (await bobs.post(f"/settings/standing/{one.id}/appeal", {"text": "Me too"})).status_code == 404
    sent = await alices.post(f"/settings/standing/{one.id}/appeal", {"text": "I meant another Bob."})
    assert sent.headers["location"] == "/settings/standing"
    assert (await alices.post(f"/settings/standing/{one.id}/appeal", {"text": "Again"})).status_code == 409
    page = (await alices.get("/settings/standing")).text
    assert "I meant another Bob." in page
    assert "Nobody has decided yet." in page
    await house.lifts(one, by=house.max)
    page = (await alices.get("/settings/standing")).text
    assert "In force no more" in page
    assert "It was a mistake of ours." in page


@pytest.mark.parametrize("kind", ["freeze", "suspend"])
async def test_the_barred_read_why_appeal_and_take_their_data_along_and_nothing_else(
    house: House, alices: Browser, alice: Person, kind: str
) -> None:
    one = await house.restricts(kind, alice.id)
    for path in ("/settings/standing", "/settings/data", "/settings/data/export/follows", "/prove"):
        assert (await alices.get(path)).status_code == 200, path
    assert "Bring it in" not in (await alices.get("/settings/data")).text
    for path in ("/home", "/compose", "/settings/profile", "/settings/leave", "/notifications", "/lists"):
        refused = await alices.get(path)
        assert refused.status_code == 403, path
        assert "/settings/standing" in refused.text
    token = {"form_token": await alices.token("/settings/standing")}
    for path in ("/compose", "/settings/profile", "/settings/data/import", "/@mona/follow"):
        assert (await alices.post(path, {"text": "Still here", **token})).status_code == 403, path
    assert (await alices.post("/settings/data/archive", token)).status_code == 303
    appealed = await alices.post(f"/settings/standing/{one.id}/appeal", {"text": "It was not me.", **token})
    assert appealed.status_code == 303
    assert (await alice.get("/api/v1/timelines/home")).status_code == 403
    await house.lifts(one, by=house.max)
    assert (await alices.get("/home")).status_code == 200
    assert (await alice.get("/api/v1/timelines/home")).status_code == 200


async def test_whoever_is_barred_signs_in_to_the_reasons(
    house: House, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    await accounts.set_password(house.world.services, alice.id, password="a long password", now=utc_now())
    one = await house.restricts("suspend", alice.id)
    signed = {"login": "alice", "password": "a long password", "return_to": "/compose"}
    assert (await open_browser().post("/sign-in", signed)).headers["location"] == "/settings/standing"
    await house.lifts(one)
    assert (await open_browser().post("/sign-in", signed)).headers["location"] == "/compose"


async def test_moderators_have_a_way_from_what_they_see_to_what_they_can_do(
    house: House, alice: Person, bobs: Browser, open_browser: Callable[[], Browser]
) -> None:
    post = await alice.says("Words")
    monas = await open_browser().sign_in(house.mona)
    for path, way in ((f"/@alice/{post}", f"/console/posts/{post}"), ("/@alice", "/console/people/@alice")):
        assert f'href="{way}"' in (await monas.get(path)).text, path
        assert "/console" not in (await bobs.get(path)).text, path
