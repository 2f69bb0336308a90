"""Public pages shared among strangers: what may be kept, what leaves at once, what is left when the database is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from parvis.base.clock import utc_now
from parvis.domain import posts
from parvis.infra.overload.middleware import Overload
from parvis.infra.overload.pages import MOST_BYTES, Answer, Pages
from tests.rig.world import ORIGIN, World, new_world, settings_for


@pytest.fixture
async def busy(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world with its cache, as people run it."""
    settings = settings_for(tmp_path, fresh_database_url, nats_url, page_cache_bytes=2_000_000)
    async with new_world(settings) as made:
        yield made


def overload(world: World) -> Overload:
    return world.app.overload


async def get(world: World, path: str, **headers: str) -> httpx.Response:
    """As a stranger, who never keeps a cookie."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=world.app), base_url=ORIGIN) as client:
        return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def test_the_second_stranger_costs_the_database_nothing(busy: World) -> None:
    await (await busy.person("alice")).says("Hello square")
    for path in ("/public", "/@alice", "/api/v1/timelines/public", "/api/v2/instance"):
        first = await get(busy, path)
        with busy.statements() as sent:
            second = await get(busy, path)
        assert sent == [], path
        assert (second.status_code, second.content) == (first.status_code, first.content) == (200, first.content)
        assert second.headers["x-request-id"] != first.headers["x-request-id"]
        assert "x-ratelimit-remaining" not in second.headers


async def test_a_removed_post_leaves_at_once_and_so_does_a_changed_account(busy: World) -> None:
    alice = await busy.person("alice")
    post_id = await alice.says("Soon gone")
    paths = ("/public", "/@alice", f"/@alice/{post_id}", "/api/v1/timelines/public", f"/api/v1/statuses/{post_id}")
    for path in paths:
        assert "Soon gone" in (await get(busy, path)).text, path
    assert (await get(busy, "/api/v2/instance")).status_code == 200
    kept = len(overload(busy).sharing.pages)
    async with busy.services.db.transaction() as tx:
        await posts.remove(tx, alice.id, post_id, now=utc_now())
    await busy.settle()
    await asyncio.sleep(0.1)
    assert len(overload(busy).sharing.pages) == kept - len(paths), "what does not name the post stays"
    for path in paths:
        assert "Soon gone" not in (await get(busy, path)).text, path


async def test_i2_whoever_sends_a_cookie_or_a_token_neither_fills_the_cache_nor_is_answered_from_it(
    busy: World,
) -> None:
    alice = await busy.person("alice")
    await alice.says("Hello square")
    pages = overload(busy).sharing.pages
    for headers in (
        {"cookie": "anything=1"},
        {"authorization": f"Bearer {alice.token}"},
        {"authorization": "nonsense"},
    ):
        for path in ("/public", "/api/v1/timelines/public"):
            await get(busy, path, **headers)
    assert (len(pages), pages.hits) == (0, 0)
    await get(busy, "/api/v1/timelines/public")
    with busy.statements() as sent:
        await get(busy, "/api/v1/timelines/public", authorization=f"Bearer {alice.token}")
    assert sent, "a member is asked who it is"


async def test_languages_forms_of_answers_and_parts_of_pages_are_kept_apart(busy: World) -> None:
    await (await busy.person("alice")).says("Hello square")
    english, french = await get(busy, "/public", accept_language="en"), await get(busy, "/public", accept_language="fr")
    assert 'lang="en"' in english.text
    assert 'lang="fr"' in french.text
    assert "<html" not in (await get(busy, "/public", hx_request="true")).text
    assert "<html" in (await get(busy, "/public")).text
    json = await get(busy, "/.well-known/host-meta", accept="application/json")
    assert "json" in json.headers["content-type"]
    assert "xrd" in (await get(busy, "/.well-known/host-meta")).headers["content-type"]


async def test_forms_and_refusals_are_not_kept(busy: World) -> None:
    for path in ("/sign-up", "/sign-in", "/@nobody", "/settings", "/search?q=a"):
        await get(busy, path)
    assert len(overload(busy).sharing.pages) == 0


async def test_a_hundred_strangers_at_once_ask_the_application_once(busy: World) -> None:
    await (await busy.person("alice")).says("Hello square")
    asked = 0
    inner = busy.app.inner

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        await inner(scope, receive, send)

    busy.app.inner = counting
    try:
        answers = await asyncio.gather(*(get(busy, "/public") for _ in range(100)))
    finally:
        busy.app.inner = inner
    assert asked == 1
    assert {one.status_code for one in answers} == {200}


async def test_what_one_stranger_is_refused_is_not_told_to_the_others(busy: World) -> None:
    await (await busy.person("alice")).says("Hello square")
    asked = 0
    inner = busy.app.inner

    async def refusing_the_first(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            await inner(scope, receive, send)
            return
        await asyncio.sleep(0.3)
        await send({"type": "http.response.start", "status": 429, "headers": [(b"retry-after", b"60")]})
        await send({"type": "http.response.body", "body": b"Too many"})

    busy.app.inner = refusing_the_first
    try:
        answers = await asyncio.gather(*(get(busy, "/public") for _ in range(5)))
        assert sorted(one.status_code for one in answers) == [200, 200, 200, 200, 429]
        await get(busy, "/public")
        (known,) = overload(busy).sharing.pages._answers.values()
        known.went_out_at, asked = asyncio.get_running_loop().time() - 3000, 0
        again = await get(busy, "/public")
        assert (again.status_code, again.headers["x-parvis-cache"]) == (200, "stale")
    finally:
        busy.app.inner = inner


async def test_without_an_answer_from_the_application_the_old_one_is_given_for_an_hour(busy: World) -> None:
    await (await busy.person("alice")).says("Hello square")
    good = await get(busy, "/public")
    inner = busy.app.inner

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    busy.app.inner = broken
    (known,) = overload(busy).sharing.pages._answers.values()
    try:
        for age, status in ((1, 200), (4, 200), (60, 200), (3500, 200), (3700, 503)):
            known.went_out_at = asyncio.get_running_loop().time() - age
            answer = await get(busy, "/public")
            assert answer.status_code == status, age
            if status == 200:
                assert answer.content == good.content
    finally:
        busy.app.inner = inner
    assert (await get(busy, "/public")).status_code == 200


def answer(body: bytes, at: float = 0.0, **headers: str) -> Answer:
    return Answer(200, [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()], body, at)


def test_memory_is_bounded_and_the_longest_unused_leaves_first() -> None:
    pages = Pages(most_bytes=100_000)
    for number in range(1000):
        pages.keep(number, answer(b"x" * 9000), 0.0)
        pages.get(0)
        assert pages.bytes <= 100_000
    assert pages.get(0) is not None
    assert pages.get(1) is None
    assert not pages.keep("huge", answer(b"x" * (MOST_BYTES + 1)), 0.0)


def test_i1_what_is_for_one_reader_is_not_kept() -> None:
    pages = Pages(100_000)
    for headers in ({"set_cookie": "a=1"}, {"cache_control": "private, no-store"}, {"cache_control": "no-store"}):
        assert not pages.keep("page", answer(b"hello", **headers), 0.0)
    assert pages.keep("page", answer(b"hello", cache_control="public, max-age=0"), 0.0)


def test_an_answer_that_was_being_made_while_its_post_was_removed_is_not_kept() -> None:
    pages = Pages(100_000)
    names = b'<article id="post-123456789012345678">'
    pages.removed(123456789012345678, now=5.0)
    assert not pages.keep("page", answer(names, at=4.9), now=5.1)
    assert pages.keep("page", answer(names, at=5.05), now=5.1)
    pages.removed(123456789012345678, now=6.0)
    assert pages.get("page") is None
    pages.clear(now=7.0)
    assert not pages.keep("other", answer(b"no post at all", at=6.9), now=7.1)
    assert pages.bytes == 0
