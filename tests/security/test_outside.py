"""Group F: what strangers can make this server do to others, and to itself."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import links
from parvis.domain.links import fetch, wanting
from parvis.infra import destinations, outbound
from parvis.infra.destinations import Refused
from parvis.infra.outbound import Errand, Outbound, Unreachable
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.strangers import Asked, Say, answering, stranger
from tests.rig.world import World, new_world, settings_for

PAGE = (
    "<!doctype html><html lang='fr-CA'><head><title>Plain title</title>"
    "<meta property='og:title' content='Bread &amp; <b>salt</b>'>"
    "<meta name='description' content='All about   bread'>"
    "<meta property='og:site_name' content='The Bakery'>"
    "<meta property='article:published_time' content='2026-01-02T03:04:05+01:00'>"
    "<meta name='author' content='Ada'>{more}</head><body><script>alert(1)</script></body></html>"
)
HTML = "text/html; charset=utf-8"


def page(more: str = "") -> Say:
    return answering(200, PAGE.replace("{more}", more).encode(), Content_Type=HTML)


@pytest.fixture
async def near(
    fresh_database_url: str, nats_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """A world in a closed test network: strangers are on the loopback."""
    monkeypatch.setattr(fetch, "LEAST_S", 0.0)
    settings = settings_for(tmp_path, fresh_database_url, nats_url, allow_private_addresses=True)
    async with new_world(settings) as made:
        yield made


async def card_of(viewer: Person, post_id: int) -> Any:
    return decoded(await viewer.get(f"/api/v1/statuses/{post_id}"))["card"]


async def test_a_post_shows_what_the_page_says_of_itself(near: World) -> None:
    alice = await near.person("alice")

    async def say(asked: Asked, out: asyncio.StreamWriter) -> None:
        if asked.target == "/picture":
            await answering(200, png(800, 400), Content_Type="image/png")(asked, out)
        else:
            await page("<meta property='og:image' content='/picture'><meta property='og:image:alt' content='A loaf'>")(
                asked, out
            )

    async with stranger(say) as there:
        url = f"http://127.0.0.1:{there.port}/about?a=1"
        post_id = await alice.says(f"Look: {url}.")
        before = decoded(await alice.get(f"/api/v1/statuses/{post_id}"))
        assert before["card"] is None
        await near.settle()
        card = await card_of(alice, post_id)
    assert (card["url"], card["title"], card["description"]) == (url, "Bread & <b>salt</b>", "All about bread")
    assert (card["type"], card["html"], card["embed_url"]) == ("link", "", "")
    assert (card["provider_name"], card["author_name"], card["language"]) == ("The Bakery", "Ada", "fr")
    assert card["published_at"] == "2026-01-02T02:04:05.000Z"
    assert card["authors"] == [{"name": "Ada", "url": "", "account": None}]
    assert card["image"].startswith("http://parvis.test/media/previews/")
    assert (card["image_description"], card["width"] > card["height"] > 0) == ("A loaf", True)
    assert (await near.client.get(card["image"])).headers["content-type"] == "image/webp"
    assert decoded(await alice.get(f"/api/v1/statuses/{post_id}/card")) == card
    shown = (await near.client.get(f"/@alice/{post_id}", headers={"Accept-Language": "en"})).text
    assert "Bread &amp; &lt;b&gt;salt&lt;&#x2f;b&gt;" in shown
    assert 'src="/media/previews/' in shown
    assert [one["id"] for one in decoded(await alice.get("/api/v1/timelines/link", url=url))] == [str(post_id)]
    assert decoded(await alice.get("/api/v1/timelines/link", url="http://127.0.0.1/none")) == []


async def test_case_e2_nothing_of_a_strangers_markup_comes_through(near: World) -> None:
    alice = await near.person("alice")
    evil = (
        "<meta property='og:title' content='&lt;script&gt;alert(1)&lt;/script&gt;'>"
        "<meta property='og:video' content='javascript:alert(1)'><meta property='og:image' content='javascript:alert(1)'>"
        "<meta property='article:author' content='javascript:alert(1)'>"
        "<link rel='alternate' type='application/json+oembed' href='/oembed'><iframe srcdoc='<script>'></iframe>"
    )
    async with stranger(answering(200, f"<title>{evil}</title>{evil}".encode(), Content_Type=HTML)) as there:
        post_id = await alice.says(f"http://127.0.0.1:{there.port}/")
        await near.settle()
        card = await card_of(alice, post_id)
        assert {asked.target for asked in there.asked} == {"/"}
    assert (card["html"], card["embed_url"], card["image"], card["author_url"]) == ("", "", None, "")
    assert "<script>alert" not in (await near.client.get(f"/@alice/{post_id}")).text


async def test_an_edit_changes_the_preview_and_a_removal_forgets_the_link(near: World) -> None:
    alice = await near.person("alice")
    async with stranger(page()) as there:
        post_id = await alice.says(f"http://127.0.0.1:{there.port}/")
        await near.settle()
        assert await card_of(alice, post_id)
        await alice.client.put(f"/api/v1/statuses/{post_id}", json={"status": "no link"}, headers=alice.headers)
        await near.settle()
        assert await card_of(alice, post_id) is None
        post_id = await alice.says(f"http://127.0.0.1:{there.port}/")
        await near.settle()
        assert len(there.asked) == 1
    await alice.delete(f"/api/v1/statuses/{post_id}")
    await near.settle()
    assert await near.services.db.pool.fetchval("SELECT count(*) FROM post_link") == 0


INSIDE = """
    127.0.0.1 10.1.2.3 169.254.169.254 [::1] [::] [::ffff:127.0.0.1] [fe80::1] [fc00::1] [64:ff9b::7f00:1] [2002:7f00:1::]
    100.64.0.1 0.0.0.0 2130706433 0177.0.0.1 0x7f.1 localhost.
""".split()


async def test_case_f1_addresses_inside_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "LEAST_S", 0.0)
    alice = await world.person("alice")
    post_ids = [await alice.says(f"http://{address}/ is inside") for address in INSIDE]
    await world.settle()
    for post_id, address in zip(post_ids, INSIDE, strict=True):
        assert await card_of(alice, post_id) is None
        with pytest.raises((Refused, Unreachable)):
            await world.services.http.send("GET", f"http://{address}/", errand=fetch.PAGE)


async def test_case_f2_a_name_that_changes_its_mind_or_has_an_address_inside_is_refused() -> None:
    asked: list[str] = []

    async def both(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34", "127.0.0.1"]

    out = Outbound(Settings(), resolve=both)
    with pytest.raises(Refused):
        await out.send("GET", "http://two.example/", errand=fetch.PAGE)
    assert asked == ["two.example"]
    await out.close()


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://a.example/",
        "ftp://a.example/",
        *(f"http://a.example:{port}/" for port in (22, 25, 5432, 4222, 6379)),
    ],
)
async def test_case_f3_a_redirect_leads_only_where_an_address_may(
    location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first hop plays a public host on a usual port.
    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(outbound, "is_public", lambda address: True)
    out = Outbound(Settings(), resolve=here)
    async with stranger(answering(302, Location=location)) as there:
        monkeypatch.setattr(destinations, "PORTS", {80, there.port})
        with pytest.raises(Refused):
            await out.send("GET", f"http://first.example:{there.port}/", errand=fetch.PAGE)
        assert len(there.asked) == 1
    await out.close()


async def test_case_f3_no_more_than_three_redirects(near: World) -> None:
    alice = await near.person("alice")
    async with stranger(answering(302, Location="/again")) as there:
        post_id = await alice.says(f"http://127.0.0.1:{there.port}/")
        await near.settle()
        assert len(there.asked) == 4
    assert await card_of(alice, post_id) is None


async def test_case_f4_a_page_that_never_ends_or_explodes_costs_only_so_much(near: World) -> None:
    alice = await near.person("alice")
    bomb = gzip.compress(b"<title>Bomb</title>" + b" " * 200_000_000)
    for say in (
        answering(200, bomb, Content_Type=HTML, Content_Encoding="gzip"),
        answering(200, b"<title>" + b"x" * 1_500_000, Content_Type=HTML),
        answering(200, b"<title>no page</title>", Content_Type="application/zip"),
    ):
        async with stranger(say) as there:
            began = time.monotonic()
            post_id = await alice.says(f"http://127.0.0.1:{there.port}/")
            await near.settle()
            assert time.monotonic() - began < 12
        card = await card_of(alice, post_id)
        assert card is None or len(card["title"]) <= 300


async def test_f6_a_page_that_leads_to_others_without_end_costs_one_visit(near: World) -> None:
    alice = await near.person("alice")

    async def say(asked: Asked, out: asyncio.StreamWriter) -> None:
        onward = f"{asked.target}x"
        text = f"<title>On and on</title><link rel=canonical href='{onward}'><link rel=alternate href='{onward}'>"
        text += f"<meta property='og:url' content='{onward}'><a href='{onward}'>on</a>"
        await answering(200, text.encode(), Content_Type=HTML)(asked, out)

    async with stranger(say) as there:
        await alice.says(f"http://127.0.0.1:{there.port}/a")
        await near.settle()
        await near.settle()
    assert [one.target for one in there.asked] == ["/a"]


async def test_case_f7_line_breaks_never_reach_a_request(near: World) -> None:
    for url in ("http://127.0.0.1/\r\nHost: evil", "http://127.0.0.1/%0d%0a\n", "http://a\tb/", "http://a b/"):
        with pytest.raises(Refused):
            await near.services.http.send("GET", url, errand=Errand(schemes=frozenset({"http"})))


async def test_case_f8_a_page_is_looked_at_once_however_many_name_it(near: World) -> None:
    alice, bob = await near.person("alice"), await near.person("bob")
    async with stranger(page()) as there:
        url = f"http://127.0.0.1:{there.port}/"
        post_ids = [await who.says(f"{url} number {n}") for n in range(10) for who in (alice, bob)]
        link_id = None
        await near.settle()
        assert len(there.asked) == 1
        for post_id in post_ids:
            assert (await card_of(alice, post_id))["title"] == "Bread & <b>salt</b>"
        link_id = await near.services.db.pool.fetchval("SELECT id FROM link")
        await near.services.db.pool.execute("UPDATE link SET looked_at = NULL")
        await asyncio.gather(
            *(links.look(near.services, links.Fetch(link_id), now=utc_now(), least_s=0) for _ in range(8))
        )
        assert len(there.asked) == 2


async def test_case_f8_what_gave_nothing_is_not_asked_again_at_once(near: World) -> None:
    alice = await near.person("alice")
    async with stranger(answering(500)) as there:
        for _ in range(3):
            await alice.says(f"http://127.0.0.1:{there.port}/")
            await near.settle()
        assert len(there.asked) == 1


async def test_case_f8_posts_from_elsewhere_do_not_all_look_at_the_same_moment(near: World) -> None:
    due = []
    now = utc_now()
    async with near.services.db.transaction() as tx:
        for number in range(40):
            url = f"http://127.0.0.1:1/{number}"
            await links.want(tx, near.services.ids, 1, number, url=url, from_elsewhere=True, now=now)  # type: ignore[arg-type]
        due = [row["due_at"] for row in await tx.fetch("SELECT due_at FROM job WHERE kind = $1", links.FETCHING)]
        await tx.execute("DELETE FROM job")
    waits = sorted((at - now).total_seconds() for at in due)
    assert waits[0] >= 0
    assert waits[-1] <= wanting.SPREAD_S
    assert waits[-1] - waits[0] > 20


async def test_case_f9_every_failure_looks_alike_and_takes_the_same_time(near: World) -> None:
    alice = await near.person("alice")
    took, cards = [], []
    for say in (answering(404), answering(500), answering(200, b"", Content_Type=HTML), None):
        async with stranger(say or answering(200)) as there:
            port = there.port
            if say is None:
                port = 9  # nobody listens
            post_id = await alice.says(f"http://127.0.0.1:{port}/")
            async with near.services.db.transaction() as tx:
                from parvis.domain import posts

                await posts.want_preview(tx, near.services.ids, post_id, private=True, now=utc_now())
                await tx.execute("DELETE FROM job WHERE kind = $1", links.FETCHING)
                link_id = await tx.fetchval("SELECT max(id) FROM link")
            began = time.monotonic()
            assert await links.look(near.services, links.Fetch(link_id), now=utc_now(), least_s=0.7) is None
            took.append(time.monotonic() - began)
            cards.append(await card_of(alice, post_id))
    assert cards == [None] * 4
    assert all(0.7 <= one < 1.1 for one in took), took
