"""Which answers count as page views, seen from outside."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from parvis.base.clock import utc_now
from parvis.domain import insights
from parvis.domain.insights import queries
from parvis.infra.html.visit import form_cookie
from parvis.infra.postgres import Database
from tests.rig.world import World, new_world, settings_for
from tests.web.conftest import Browser, hidden

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Accept-Language": "en"}


async def counted(db: Database, visits: insights.Visits) -> dict[str, int]:
    """By kind and name, what was counted in this test."""
    assert await insights.hand_over(db, visits)
    await insights.count_visitors(db, now=utc_now())
    today = utc_now().date()
    found: dict[str, int] = {}
    async with db.connection() as connection:
        for _, kind, name, count in await queries.counts(connection, today - timedelta(days=1), today):
            key = f"{kind} {name}".strip()
            found[key] = found.get(key, 0) + count
    return found


async def test_pages_count_whether_they_are_made_or_remembered(
    fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, fresh_database_url, nats_url, page_cache_bytes=2_000_000)
    async with new_world(settings) as world:
        for address in ("/about", "/about", "/about", "/sign-in"):
            assert (await world.client.get(address, headers=PERSON)).status_code == 200
            world.client.cookies.clear()
        assert world.app.overload.sharing.pages.hits == 2
        found = await counted(world.services.db, world.app.inner.framework.state.visits)
    assert (found["page /about"], found["page /sign-in"], found["visits"], found["visitors"]) == (3, 1, 1, 1)


async def test_what_is_no_look_at_a_page_does_not_count(world: World) -> None:
    visits: insights.Visits = world.app.inner.framework.state.visits
    ask = world.client.get
    await ask("/public", headers={"User-Agent": "curl/8.5.0", "Accept-Language": "en"})
    await ask("/public", headers={**PERSON, "Sec-Purpose": "prefetch"})
    await ask("/public", headers={**PERSON, "HX-Request": "true"})
    await ask("/nothing-is-here", headers=PERSON)
    await ask("/home", headers=PERSON)  # leads to the sign-in
    await ask("/api/v1/timelines/public", headers=PERSON)
    await ask("/about.rss", headers=PERSON)
    await ask("/manifest.webmanifest", headers=PERSON)
    await world.client.head("/public", headers=PERSON)
    await ask("/public", headers={**PERSON, "X-Ahead": "1"})  # somebody may open it next
    assert await counted(world.services.db, visits) == {}


async def test_what_was_fetched_ahead_counts_when_it_is_opened(world: World) -> None:
    visits: insights.Visits = world.app.inner.framework.state.visits
    ahead = {**PERSON, "X-Ahead": "1", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Mode": "cors"}
    assert (await world.client.get("/public", headers=ahead)).status_code == 200
    opened = await world.client.head("/public", headers=ahead)
    assert (opened.status_code, opened.content) == (204, b"")
    found = await counted(world.services.db, visits)
    assert (found["page /public"], found["visits"]) == (1, 1)


@pytest.mark.parametrize("ahead", [{"X-Ahead": "1"}, {"Sec-Purpose": "prefetch;prerender"}])
async def test_what_is_fetched_ahead_sets_nothing_and_takes_nothing(
    world: World, stranger: Browser, alices: Browser, ahead: dict[str, str]
) -> None:
    none = await stranger.get("/sign-in", **ahead)
    assert (none.status_code, none.content, none.headers["cache-control"]) == (204, b"", "no-store")
    assert "set-cookie" not in none.headers
    public = await stranger.get("/public", **ahead)
    assert (public.status_code, "set-cookie" in public.headers) == (200, False)
    opened = await stranger.get("/sign-in")
    assert opened.headers["set-cookie"].startswith(f"{form_cookie(world.services.settings)}=")
    other = await stranger.get("/sign-up", **ahead)  # its secret is there now, and stays the one
    assert (other.status_code, "set-cookie" in other.headers) == (200, False)
    for page in (opened, other):
        sent = {"login": "nobody", "password": "x", "form_token": hidden(page.text, "form_token")}
        assert "not right" in (await stranger.post("/sign-in", sent)).text
    await alices.post("/settings/appearance", {"theme": "dark", "locale": "en"})
    before = await alices.get("/settings/appearance", **ahead)
    assert (before.status_code, "data-notice" in before.text, "set-cookie" in before.headers) == (200, False, False)
    assert 'data-notice="saved"' in (await alices.get("/settings/appearance")).text
