"""What scripts ask for while somebody writes or searches."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from parvis.base.clock import utc_now
from parvis.domain import relationships
from parvis.infra.catalogues import LOCALES
from parvis.infra.html.assets import asset
from parvis.web.suggest import GROUPS
from tests.api.test_emoji import added
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser

OPTION = re.compile(r'<li role="option" data-(text|go)="([^"]*)">')


async def options(browser: Browser, query: str, only: str = "") -> list[tuple[str, str]]:
    answer = await browser.client.get("/suggest", params={"q": query, "only": only}, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return [(kind, unescape(value)) for kind, value in OPTION.findall(answer.text)]


async def test_a_begun_mention_offers_people_the_followed_first(
    world: World, alices: Browser, alice: Person, bobs: Browser
) -> None:
    await world.person("barbara")
    await world.person("bart")
    await world.follows(alice, world.people["bart"])
    assert await options(alices, "ba", "people") == [("text", "@bart "), ("text", "@barbara ")]
    assert await options(alices, "ba@nowhere.example", "people") == []
    async with world.services.db.transaction() as tx:
        await relationships.block(tx, world.services.ids, world.people["barbara"].id, alice.id, now=utc_now())
    assert await options(alices, "ba", "people") == [("text", "@bart ")]  # who blocks somebody is not offered to them


async def test_a_begun_hashtag_offers_those_in_use(alices: Browser, alice: Person) -> None:
    await alice.says("Fresh #bread and #breadcrumbs")
    assert {one for _, one in await options(alices, "brea", "hashtags")} == {"#bread ", "#breadcrumbs "}
    assert await options(alices, "brea", "people") == []


async def test_a_search_offers_where_to_go_and_its_operators(stranger: Browser, alice: Person) -> None:
    await alice.says("Fresh #alley")
    assert await options(stranger, "ali") == [("go", "/@alice")]
    assert await options(stranger, "all") == [("go", "/tags/alley")]
    assert await options(stranger, "bread has:") == [
        ("text", f"bread has:{one}") for one in ("image", "video", "audio", "poll", "link")
    ]
    assert await options(stranger, "bread -is:re") == [("text", "bread -is:reply")]
    assert await options(stranger, "") == []


async def test_the_box_of_emoji_holds_those_of_this_place(world: World, alices: Browser, stranger: Browser) -> None:
    await added(world, "bread", "Food")
    await added(world, "salt", None, listed=False)
    page = (await alices.get("/compose/emoji")).text
    own = re.search(r'data-own="([^"]*)"', page)
    assert own
    assert [(one[0], one[2]) for one in json.loads(unescape(own[1]))] == [("bread", "Food")]
    assert page.count("data-group=") == len(GROUPS) + 1
    assert (await stranger.get("/compose/emoji")).status_code == 303


@pytest.mark.parametrize("locale", LOCALES)
def test_the_emoji_of_unicode_have_names_in_every_language(locale: str) -> None:
    file = asset(f"vendor/emoji.{locale}.json")
    assert file.compressed is not None
    groups = json.loads(file.content)
    assert len(groups) == len(GROUPS)
    assert sum(len(group) for group in groups) > 1800
    faces = [name for _, name, _, _ in groups[0]]
    assert all(faces)
    english = {one[0]: one[1] for one in json.loads(asset("vendor/emoji.en.json").content)[0]}
    same = [sign for sign, name, _, _ in groups[0] if english[sign] == name]
    assert locale == "en" or len(same) < 10, same
    hand = next(one for one in groups[1] if one[0] == "👋")
    assert hand[3] == 1  # it comes in skin tones
    assert "waving" in f"{hand[1]} {hand[2]}"  # and is found by its English name everywhere
