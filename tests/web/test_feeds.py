"""What other sites and programs read: feeds, oEmbed and the page it frames, the landing page of invitations."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.rig.people import decoded
from tests.rig.world import ORIGIN, World


async def test_a_feed_has_what_everybody_may_read_and_nothing_else(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    for text, seen in (("for all #bread & <b>", "public"), ("for followers", "private"), ("@bob", "direct")):
        decoded(await alice.post("/api/v1/statuses", {"status": text, "visibility": seen}))
    decoded(await bob.post("/api/v1/statuses", {"status": "more #bread", "spoiler_text": "careful"}))
    answer = await world.client.get("/@alice.rss")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    (item,) = ElementTree.fromstring(answer.content).iter("item")
    assert item.findtext("link", "").startswith(f"{ORIGIN}/@alice/")
    assert "&lt;b&gt;" in item.findtext("description", "")
    tagged = ElementTree.fromstring((await world.client.get("/tags/bread.rss")).content)
    assert next(one.findtext("description") for one in tagged.iter("item")) == "<p>careful</p>"
    assert len(list(tagged.iter("item"))) == 2
    assert (await world.client.get("/@nobody.rss")).status_code == 404


async def test_a_post_for_everybody_can_be_embedded_and_no_other(world: World) -> None:
    alice = await world.person("alice")
    shown = decoded(await alice.post("/api/v1/statuses", {"status": "hello <b>"}))
    hidden = decoded(await alice.post("/api/v1/statuses", {"status": "psst", "visibility": "private"}))
    found = decoded(await world.client.get("/api/oembed", params={"url": shown["url"], "maxwidth": "300"}))
    assert (found["type"], found["version"], found["width"]) == ("rich", "1.0", 300)
    assert f'src="{shown["url"]}/embed"' in found["html"]
    page = await alice.get(f"/@alice/{shown['id']}/embed")
    assert "hello &lt;b&gt;" in page.text
    assert "frame-ancestors *" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert "<form" not in page.text
    wrong = (hidden["url"], "https://elsewhere.example/@alice/1", f"{ORIGIN}/@alice", "nonsense", "http://[")
    for url in wrong:
        assert (await alice.get("/api/oembed", url=url)).status_code == 404, url
    assert (await alice.get(f"/@alice/{hidden['id']}/embed")).status_code == 404


async def test_an_invitation_leads_people_to_the_form_and_tells_apps_where_to_use_it(world: World) -> None:
    app = await world.client.get("/invite/abc", headers={"Accept": "application/json"})
    assert decoded(app) == {"invite_code": "abc", "instance_api_url": f"{ORIGIN}/api/v1/instance"}
    person = await world.client.get("/invite/abc")
    assert (person.status_code, person.headers["location"]) == (303, "/sign-up?invitation=abc")


async def test_what_is_shared_stands_in_the_form(world: World) -> None:
    assert (await world.client.get("/share?text=hi")).status_code in (302, 303)
    assert (await world.client.get("/manifest")).headers["content-type"].startswith("application/manifest+json")
