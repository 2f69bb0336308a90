"""What search engines and links show: only of those who let machines find them, and only what is for everybody."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.accounts import ProfileChange
from parvis.domain.posts import Visibility
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


async def findable(world: World, person: Person, *, findable: bool = True) -> None:
    change = ProfileChange(discoverable=findable, indexable=findable, note="Baker")
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, person.id, change=change, now=utc_now())


async def test_a_public_post_says_what_it_is(world: World, stranger: Browser, alice: Person) -> None:
    await findable(world, alice)
    post_id = await alice.says("Bread </script><b>& roses")
    page = (await stranger.get(f"/@alice/{post_id}")).text
    data = data_of(page)
    assert data["@type"] == "SocialMediaPosting"
    assert data["articleBody"] == "Bread </script><b>& roses"
    assert data["author"]["alternateName"] == "@alice"
    origin = world.services.settings.public_origin
    assert f'<link rel="canonical" href="{origin}/@alice/{post_id}">' in page
    for name in ('property="og:title"', 'property="og:url"', 'name="twitter:card"'):
        assert name in page, name
    oembed = re.search(r'type="application/json\+oembed" href="([^"]+)"', page)
    assert oembed
    assert (await stranger.get(unescape(oembed[1]))).json()["author_name"]
    profile = (await stranger.get("/@alice")).text
    assert data_of(profile)["mainEntity"]["description"] == "Baker"
    assert 'type="application/rss+xml"' in profile


async def test_who_does_not_want_to_be_found_is_not_described(world: World, stranger: Browser, alice: Person) -> None:
    await findable(world, alice, findable=False)
    post_id = await alice.says("Just for people")
    for path in ("/@alice", f"/@alice/{post_id}"):
        page = (await stranger.get(path)).text
        assert "ld+json" not in page
        assert 'name="robots" content="noindex' in page


async def test_the_map_names_only_what_may_be_found(
    world: World, stranger: Browser, alice: Person, bob: Person
) -> None:
    await findable(world, alice)
    await findable(world, bob, findable=False)
    found = await alice.says("Look here")
    hidden = [await alice.says("Quietly", visibility=Visibility.QUIET), await bob.says("Not for machines")]
    await world.settle()
    answer = await stranger.get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    origin = world.services.settings.public_origin
    assert f"<loc>{origin}/@alice</loc>" in answer.text
    assert f"<loc>{origin}/@alice/{found}</loc>" in answer.text
    assert not any(str(one) in answer.text for one in hidden)
    assert "/@bob" not in answer.text
    assert f"Sitemap: {origin}/sitemap.xml" in (await stranger.get("/robots.txt")).text
