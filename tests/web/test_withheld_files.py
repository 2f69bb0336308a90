"""Files of what moderators withhold: for their owner and the staff alone, and back for everybody when it is lifted."""

from __future__ import annotations

import asyncio
import io
import random
import zipfile
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain import belongings, media, moderation, posts
from parvis.domain.media import queries
from tests.rig.house import House, furnished
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser


@pytest.fixture
async def house(world: World) -> House:
    return await furnished(world)


async def with_picture(person: Person) -> tuple[PostId, str]:
    """A post with a picture, and the path of its file."""
    sent = await person.client.post("/api/v2/media", files={"file": ("a.png", png(40, 30))}, headers=person.headers)
    body = {"status": "look", "media_ids": [decoded(sent)["id"]]}
    post = decoded(await person.post("/api/v1/statuses", body))
    return PostId(int(post["id"])), urlsplit(post["media_attachments"][0]["url"]).path


async def test_files_of_a_withheld_post_are_for_its_author_and_the_staff_until_it_is_lifted(
    house: House, alices: Browser, bobs: Browser, stranger: Browser, open_browser: Callable[[], Browser]
) -> None:
    alice = await house.world.person("anna")
    annas, monas = await open_browser().sign_in(alice), await open_browser().sign_in(house.mona)
    post, path = await with_picture(alice)
    everybody = (stranger, bobs, alices, annas, monas)
    assert [(await one.get(path)).status_code for one in everybody] == [200] * 5
    tag = (await stranger.get(path)).headers["etag"]
    assert (await stranger.get(path, **{"If-None-Match": tag})).status_code == 304
    restriction = await house.restricts("withhold", alice.id, post)
    await house.world.settle()
    await house.world.settle()
    assert [(await one.get(path)).status_code for one in everybody] == [404, 404, 404, 200, 200]
    own = await annas.get(path, **{"If-None-Match": tag})
    assert own.status_code == 200  # 304 would be true of what a cache between us has for everybody
    assert "etag" not in own.headers
    assert "no-store" in own.headers["cache-control"]
    assert (await monas.get(path.replace("/media/", "/media/withheld/"))).status_code == 404
    assert (await stranger.get(path.replace("/media/", "/media/withheld/"))).status_code == 404
    assert (await annas.get(path, Range="bytes=0-9")).status_code == 206
    await house.lifts(restriction, by=house.max)
    await house.world.settle()
    assert [(await one.get(path)).status_code for one in everybody] == [200] * 5
    assert "no-store" not in (await annas.get(path)).headers["cache-control"]


async def test_what_an_edit_adds_is_withheld_too_and_nothing_of_it_is_free_for_another_post(
    house: House, stranger: Browser
) -> None:
    alice = await house.world.person("anna")
    post, path = await with_picture(alice)
    await house.restricts("withhold", alice.id, post)
    await house.world.settle()
    sent = decoded(
        await alice.client.post("/api/v2/media", files={"file": ("b.png", png(20, 30))}, headers=alice.headers)
    )
    had = decoded(await alice.get(f"/api/v1/statuses/{post}"))["media_attachments"][0]["id"]
    edited = await alice.client.put(
        f"/api/v1/statuses/{post}", json={"status": "look", "media_ids": [had, sent["id"]]}, headers=alice.headers
    )
    added = urlsplit(decoded(edited)["media_attachments"][1]["url"]).path
    assert (await stranger.get(added)).status_code == 200
    await house.world.settle()
    assert [(await stranger.get(one)).status_code for one in (path, added)] == [404, 404]
    captions = f"{_half_way(path)[1]}/captions-en.vtt"  # of a film, in this way
    await house.world.services.storage.put(captions, b"WEBVTT", "text/vtt")
    async with house.world.services.db.transaction() as tx:
        item = await queries.media_by_id(tx, alice.id, MediaId(int(had)))
        assert item is not None
        await posts.follow_media(tx, item)
    assert (await stranger.get(f"/media/{captions}")).status_code == 200
    await house.world.settle()
    assert (await stranger.get(f"/media/{captions}")).status_code == 404
    await alice.client.delete(f"/api/v1/statuses/{post}", headers=alice.headers)
    await house.world.settle()
    again = await alice.post("/api/v1/statuses", {"status": "look", "media_ids": [had]})
    assert again.status_code == 422


async def test_files_of_somebody_suspended_are_for_them_and_the_staff_until_they_are_back(
    house: House, stranger: Browser, open_browser: Callable[[], Browser]
) -> None:
    alice = await house.world.person("anna")
    monas, annas = await open_browser().sign_in(house.mona), await open_browser().sign_in(alice)
    paths = [(await with_picture(alice))[1] for _ in range(2)]
    face = {"avatar": ("a.png", png(40, 40))}
    shown = await alice.client.patch("/api/v1/accounts/update_credentials", files=face, headers=alice.headers)
    portrait = urlsplit(decoded(shown)["avatar"]).path
    withheld = await house.restricts("withhold", alice.id, (first := await with_picture(alice))[0])
    suspension = await house.restricts("suspend", alice.id)
    await house.world.settle()
    for path in (*paths, portrait, first[1]):
        assert (await stranger.get(path)).status_code == 404
        assert (await monas.get(path)).status_code == 200
    assert [(await annas.get(path)).status_code for path in (*paths, portrait)] == [200, 200, 200]
    await house.world.services.storage.move_prefix(*_half_way(paths[0]))  # as a worker that was killed leaves it
    await posts.settle_files_of_account(house.world.services, alice.id)
    assert (await stranger.get(paths[0])).status_code == 404
    async with house.world.services.db.transaction() as tx:
        await belongings.archive.ask(tx, house.world.services, alice.id, now=utc_now())
    await house.world.settle()
    (taken,) = await belongings.archive.of(house.world.services.db.pool, alice.id)  # type: ignore[arg-type]
    got = await annas.get(f"/settings/data/archive/{taken.id}")
    with zipfile.ZipFile(io.BytesIO(got.content)) as file:
        assert sum(name.startswith("media_attachments/") for name in file.namelist()) >= 3
    await house.lifts(suspension)
    await house.world.settle()
    assert [(await stranger.get(path)).status_code for path in (*paths, portrait, first[1])] == [200, 200, 200, 404]
    await house.lifts(withheld)
    await house.world.settle()
    assert (await stranger.get(first[1])).status_code == 200


async def test_files_of_what_was_reported_and_then_removed_are_for_the_staff_until_they_go(
    house: House, stranger: Browser, bob: Person, open_browser: Callable[[], Browser]
) -> None:
    alice, services = await house.world.person("anna"), house.world.services
    monas = await open_browser().sign_in(house.mona)
    post, path = await with_picture(alice)
    other, gone = await with_picture(alice)
    async with services.db.transaction() as tx:
        made = await moderation.reports.report(tx, services.ids, bob.id, alice.id, post_ids=[post], now=utc_now())
    for one in (post, other):
        await alice.client.delete(f"/api/v1/statuses/{one}?delete_media=true", headers=alice.headers)
    await house.world.settle()
    assert [(await stranger.get(one)).status_code for one in (path, gone)] == [404, 404]
    assert [(await monas.get(one)).status_code for one in (path, gone)] == [200, 404]
    await services.storage.move_prefix(*_half_way(path))  # as an earlier release left it
    assert (await stranger.get(path)).status_code == 200
    await moderation.evidence.let_go(services, now=utc_now())
    assert [(await one.get(path)).status_code for one in (stranger, monas)] == [404, 200]
    await moderation.reports.dismiss(services, house.mona.id, made.id, answer="No rule forbids that.", now=utc_now())
    await moderation.evidence.let_go(services, now=utc_now() + timedelta(days=400))
    assert (await monas.get(path)).status_code == 404


async def test_two_never_move_the_same_files_at_a_time(house: House, stranger: Browser) -> None:
    alice, services = await house.world.person("anna"), house.world.services
    post, path = await with_picture(alice)
    restriction = await house.restricts("withhold", alice.id, post)
    async with media.files_locked(services, alice.id) as db:
        waits = asyncio.create_task(posts.settle_files(services, alice.id, post))
        purges = asyncio.create_task(media.purge_of_post(services, alice.id, PostId(1)))
        await asyncio.sleep(0.6)
        assert not waits.done()
        assert purges.done()  # there is nothing to lock
        await media.set_aside(services, db, alice.id, post, aside=False)
    await asyncio.wait_for(waits, 10)
    assert (await stranger.get(path)).status_code == 404
    await house.lifts(restriction)
    ways = [posts.settle_files(services, alice.id, post) for _ in range(6)]
    await asyncio.gather(*ways, house.world.settle())
    assert (await stranger.get(path)).status_code == 200
    async with services.db.connection() as db:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7716"
        assert await db.fetchval(held) == 0


async def test_who_is_cut_short_leaves_no_lock_behind(world: World) -> None:
    """A job that runs out of time while it asks for the lock, or gives it back."""
    chance, services = random.Random(1), world.services

    async def move(owner: int) -> None:
        async with asyncio.timeout(chance.uniform(0.0001, 0.004)), media.files_locked(services, AccountId(owner)):
            pass

    for _ in range(20):
        await asyncio.gather(*(move(owner) for owner in range(1, 9)), return_exceptions=True)
    async with services.db.connection() as db:
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7716"
        async with asyncio.timeout(5):
            while await db.fetchval(held):  # noqa: ASYNC110 - sessions that have just ended
                await asyncio.sleep(0.05)
    async with asyncio.timeout(5):
        for owner in range(1, 9):
            async with media.files_locked(services, AccountId(owner)):
                pass


def _half_way(path: str) -> tuple[str, str]:
    """Where the file lies aside, and where everybody reaches it: folders of the store."""
    folder = path.removeprefix("/media/").rpartition("/")[0]
    return f"withheld/{folder}", folder


async def test_a_file_that_is_nowhere_is_nowhere_for_the_staff_too(
    house: House, open_browser: Callable[[], Browser]
) -> None:
    monas = await open_browser().sign_in(house.mona)
    assert (await monas.get("/media/posts/00/00000000000000000000000000000000/small.webp")).status_code == 404
