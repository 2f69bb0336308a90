"""Taking along, bringing, and leaving, from the pages of the settings."""

from __future__ import annotations

import asyncio
import io
import json
import os
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Forbidden, Invalid, Unavailable
from parvis.domain import accounts, belongings
from parvis.domain.accounts import Role
from parvis.domain.belongings import erase_queries, leave
from parvis.domain.posts.types import Visibility
from tests.rig.people import EVERY_SCOPE, Person, decoded
from tests.rig.pictures import png
from tests.rig.streams import knock
from tests.rig.world import World
from tests.web.conftest import Browser

PASSWORD = "a long password"


async def proved(world: World, browser: Browser, person: Person) -> None:
    """The browser's owner has just said the password."""
    await accounts.set_password(world.services, person.id, password=PASSWORD, now=utc_now())
    await browser.sign_in(person)
    assert (await browser.post("/prove", {"current_password": PASSWORD})).status_code == 303


async def grown_stale(world: World) -> None:
    """It is an hour since anybody proved who they are."""
    await world.services.db.pool.execute("UPDATE session SET proved_at = now() - interval '1 hour'")


async def brought(browser: Browser, kind: str, text: str, **fields: str) -> httpx.Response:
    files = {"file": ("a.csv", text.encode(), "text/csv")}
    return await browser.post("/settings/data/import", {"kind": kind, **fields}, files=files)


async def full(world: World, alice: Person, bob: Person, carol: Person) -> int:
    """Alice has something in each table; the post that she bookmarked."""
    await world.follows(alice, bob, show_reposts=False, languages=["fr"])
    await alice.post(f"/api/v1/accounts/{carol.id}/block")
    eve = await world.person("eve")
    await alice.post(f"/api/v1/accounts/{eve.id}/mute", {"notifications": False})
    made = decoded(await alice.post("/api/v1/lists", {"title": "Friends, old"}))
    decoded(await alice.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [str(bob.id)]}))
    post = await bob.says("Worth keeping")
    decoded(await alice.post(f"/api/v1/statuses/{post}/bookmark"))
    return post


TABLES = ("follows", "blocks", "mutes", "lists", "bookmarks")


async def tables_of(browser: Browser) -> dict[str, str]:
    return {kind: (await browser.get(f"/settings/data/export/{kind}")).text for kind in TABLES}


async def test_what_is_taken_along_is_brought_again(
    world: World, alices: Browser, alice: Person, bob: Person, open_browser: Callable[[], Browser]
) -> None:
    carol = await world.person("carol")
    post = await full(world, alice, bob, carol)
    taken = await tables_of(alices)
    assert taken == {
        "follows": "Account address,Show boosts,Notify on new posts,Languages\nbob@parvis.test,false,false,fr\n",
        "blocks": "carol@parvis.test\n",
        "mutes": "Account address,Hide notifications\neve@parvis.test,false\n",
        "lists": '"Friends, old",bob@parvis.test\n',
        "bookmarks": f"http://parvis.test/@bob/{post}\n",
    }
    dan = await world.person("dan")
    dans = await open_browser().sign_in(dan)
    for kind in TABLES:
        assert (await brought(dans, kind, taken[kind])).status_code == 303
        await world.settle()
    assert await tables_of(dans) == taken
    page = (await dans.get("/settings/data")).text
    assert page.count("done") >= 5
    assert "could not be taken in" not in page


async def test_what_cannot_be_taken_in_is_named_and_the_rest_holds(
    world: World, alices: Browser, alice: Person, bob: Person
) -> None:
    hidden = await bob.says("Not for alice", visibility=Visibility.MENTIONED)
    await brought(alices, "follows", "bob@parvis.test\nnobody@parvis.test\nremi@elsewhere.example\nalice@parvis.test\n")
    await brought(
        alices,
        "bookmarks",
        f"http://parvis.test/@bob/{hidden}\nhttps://elsewhere.example/@x/1\n/@a/9999999999999999999\n",
    )
    await world.settle()
    page = (await alices.get("/settings/data")).text
    for name in ("nobody@parvis.test", "remi@elsewhere.example", "alice@parvis.test", "elsewhere.example"):
        assert name in page.replace("&#x2f;", "/")
    assert (await alices.get("/settings/data/export/follows")).text.count("\n") == 2
    assert (await alices.get("/settings/data/export/bookmarks")).text == ""
    refused = await brought(alices, "follows", "\x00")
    assert (refused.status_code, "This file is not a table of that kind." in refused.text) == (422, True)
    assert (await brought(alices, "kings", "bob@parvis.test\n")).status_code == 422


async def test_a_table_may_take_out_what_it_does_not_name(
    world: World, alices: Browser, alice: Person, bob: Person
) -> None:
    carol = await world.person("carol")
    await full(world, alice, bob, carol)
    dan = await world.person("dan")
    await world.follows(alice, dan)
    await brought(alices, "lists", '"Friends, old",dan@parvis.test\n')
    await world.settle()
    assert (await tables_of(alices))["lists"].count("Friends") == 2
    await brought(alices, "lists", '"Friends, old",dan@parvis.test\n', replaces="1")
    await world.settle()
    assert (await tables_of(alices))["lists"] == '"Friends, old",dan@parvis.test\n'
    await brought(alices, "lists", "New,dan@parvis.test\n", replaces="1")
    await world.settle()
    assert (await tables_of(alices))["lists"] == "New,dan@parvis.test\n"
    for kind, row in (("follows", "dan"), ("blocks", "dan@parvis.test"), ("mutes", "@dan@parvis.test")):
        await brought(alices, kind, f"{row}\n" if "@" in row else f"{row}@parvis.test\n", replaces="1")
        await world.settle()
    assert "bob" not in (await tables_of(alices))["follows"]
    assert (await tables_of(alices))["blocks"] == "dan@parvis.test\n"
    assert "eve" not in (await tables_of(alices))["mutes"]


async def test_an_import_that_is_cut_short_goes_on_where_it_was(
    world: World, alices: Browser, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"fan{n}" for n in range(7)]
    for name in names:
        await world.person(name)
    monkeypatch.setattr(belongings.bring, "AT_ONCE", 2)
    await brought(alices, "follows", "".join(f"{name}@parvis.test\n" for name in names))
    (one,) = await belongings.bring.of(world.services.db.pool, alice.id)  # type: ignore[arg-type]
    kept, calls = belongings.bring._batch, 0

    async def dying(*args: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise asyncio.CancelledError
        return await kept(*args)

    monkeypatch.setattr(belongings.bring, "_batch", dying)
    with pytest.raises(asyncio.CancelledError):
        await belongings.bring.take_in(world.services, alice.id, one.id, now=utc_now())
    await world.settle()
    (one,) = await belongings.bring.of(world.services.db.pool, alice.id)  # type: ignore[arg-type]
    assert (one.failures, one.finished_at is not None) == (0, True)
    assert (await alices.get("/settings/data/export/follows")).text.count("@parvis.test") == 7


async def test_an_archive_holds_posts_and_pictures_for_its_owner_alone(
    world: World, alices: Browser, alice: Person, bobs: Browser, stranger: Browser
) -> None:
    sent = await world.client.post("/api/v2/media", files={"file": ("a.png", png(40, 30))}, headers=alice.headers)
    decoded(await alice.post("/api/v1/statuses", {"status": "With a picture #bread", "media_ids": [sent.json()["id"]]}))
    await alice.says("For followers", visibility=Visibility.FOLLOWERS)
    await grown_stale(world)
    unproved = await alices.post("/settings/data/archive")
    assert unproved.headers["location"].startswith("/prove?")
    await proved(world, alices, alice)
    assert (await alices.post("/settings/data/archive")).headers["location"] == "/settings/data"
    assert (await alices.post("/settings/data/archive")).status_code == 429
    await world.settle()
    (one,) = await belongings.archive.of(world.services.db.pool, alice.id)  # type: ignore[arg-type]
    got = await alices.get(f"/settings/data/archive/{one.id}")
    assert (got.status_code, got.headers["cache-control"]) == (200, "private, no-store")
    with zipfile.ZipFile(io.BytesIO(got.content)) as file:
        assert file.testzip() is None
        outbox = json.loads(file.read("outbox.json"))
        assert json.loads(file.read("actor.json"))["preferredUsername"] == "alice"
        pictures = [name for name in file.namelist() if name.startswith("media_attachments/")]
        assert file.read(pictures[0])[8:12] == b"WEBP"
    assert [act["object"]["source"]["content"] for act in outbox["orderedItems"]] == [
        "With a picture #bread",
        "For followers",
    ]
    assert outbox["orderedItems"][0]["object"]["attachment"][0]["url"] == pictures[0]
    assert outbox["totalItems"] == 2
    assert one.key
    assert (await stranger.get(f"/media/{one.key}")).status_code == 404
    await proved(world, bobs, world.people["bob"])
    assert (await bobs.get(f"/settings/data/archive/{one.id}")).status_code == 404
    assert await belongings.archive.purge(world.services, now=utc_now() + timedelta(days=8)) == 1
    assert (await alices.get(f"/settings/data/archive/{one.id}")).status_code == 404


async def test_a_new_archive_takes_the_place_of_the_one_before_and_waits_while_there_is_no_room(
    world: World, alices: Browser, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await alice.says("Something")
    home, made = world.services.settings.home, []
    for day in range(2):
        async with world.services.db.transaction() as tx:
            made.append(
                await belongings.archive.ask(tx, world.services, alice.id, now=utc_now() + timedelta(days=2 * day))
            )
        if day:
            with monkeypatch.context() as patch:
                patch.setattr(belongings.archive, "LEAST_FREE", 1.1)
                with pytest.raises(Unavailable):
                    await belongings.archive.make(world.services, alice.id, made[-1], now=utc_now())
        await world.settle()
    found = await belongings.archive.of(world.services.db.pool, alice.id)  # type: ignore[arg-type]
    assert [one.id for one in found] == [made[1]]
    assert sum(path.is_file() for path in (home / "media" / "originals").rglob("*")) == 1

    for name, age_s in ((".archive-old", 3 * 3600), (".archive-new", 60)):
        (home / name).mkdir()
        (home / name / "archive.zip").write_bytes(b"half of it")
        os.utime(home / name, times=(utc_now().timestamp() - age_s,) * 2)
    await belongings.archive.purge(world.services, now=utc_now())
    assert [one.name for one in home.glob(".archive-*")] == [".archive-new"]


async def test_whoever_leaves_is_gone_at_once_and_erased_by_and_by(
    world: World, alices: Browser, alice: Person, bob: Person, bobs: Browser, stranger: Browser
) -> None:
    carol = await world.person("carol")
    await full(world, alice, bob, carol)
    await world.follows(bob, alice)
    sent = await world.client.post("/api/v2/media", files={"file": ("a.png", png(40, 30))}, headers=alice.headers)
    picture = sent.json()["url"]
    post = decoded(
        await alice.post("/api/v1/statuses", {"status": "@bob Farewell #bye", "media_ids": [sent.json()["id"]]})
    )["id"]
    poll = {"options": ["My secret", "Another"], "expires_in": 3600}
    decoded(await alice.post("/api/v1/statuses", {"status": "Which?", "poll": poll}))
    theirs = await bob.says("Liked")
    decoded(await alice.post(f"/api/v1/statuses/{theirs}/favourite"))
    await world.settle()
    await grown_stale(world)
    assert (await alices.get("/settings/leave")).headers["location"].startswith("/prove?")
    await proved(world, alices, alice)
    alice.token = await token_of(world, alice)  # the password was set anew, which ended the first
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    wrong = await alices.post("/settings/leave", {"handle": "bob"})
    assert (wrong.status_code, "This is not your name." in wrong.text) == (422, True)
    gone = await alices.post("/settings/leave", {"handle": "@Alice"})
    assert (gone.headers["location"], gone.headers["clear-site-data"]) == ("/", '"cache", "storage"')
    # At once …
    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code == 401
    assert (await alices.get("/home")).headers["location"].startswith("/sign-in")
    for path in ("/@alice", f"/@alice/{post}", f"/api/v1/statuses/{post}", f"/api/v1/accounts/{alice.id}"):
        assert (await stranger.get(path)).status_code == 404, path
    # … and after the job.
    await world.settle()
    assert await socket.closed(within_s=5) == 1008
    assert (await stranger.get(picture.removeprefix("http://parvis.test"))).status_code == 404
    shown = decoded(await bob.get(f"/api/v1/statuses/{theirs}"))
    assert shown["favourites_count"] == 0
    own = decoded(await bob.get("/api/v1/accounts/verify_credentials"))
    assert (own["followers_count"], own["following_count"]) == (0, 0)
    assert alice.handle not in json.dumps(decoded(await bob.get("/api/v1/notifications")))
    assert (await bobs.get("/notifications")).status_code == 200
    await nothing_is_left(world, alice)
    with pytest.raises(Invalid, match="taken"):
        await world.person("alice")  # the name is nobody's ever again
    async with world.services.db.transaction() as tx:  # while the address is free
        new = accounts.NewAccount(handle="alice2", email="alice@mail.example", confirmed=True)
        assert await accounts.create(tx, world.services.ids, new=new, now=utc_now())


async def token_of(world: World, person: Person) -> str:
    """Another token of theirs."""
    async with world.services.db.transaction() as tx:
        app_id = await tx.fetchval("SELECT max(id) FROM oauth_app")
        return await accounts.create_token(
            tx, world.services.ids, person.id, app_id=app_id, scopes=EVERY_SCOPE, now=utc_now()
        )


async def nothing_is_left(world: World, person: Person) -> None:
    """No table holds a row of theirs but those that say why."""
    for table in await tables_with_accounts(world):
        count = await world.services.db.pool.fetchval(f"SELECT count(*) FROM {table} WHERE account_id = $1", person.id)
        kept = {
            "account_counter",
            "account_handle",
            "post",
            "post_counter",
            "post_directory",
            "poll",
            "poll_vote",
            "upload",
        }
        assert count == 0 or table in kept, (table, count)
    words = """
        SELECT (SELECT count(*) FROM post
                 WHERE account_id = $1 AND (text || html || warning || coalesce(app_name, '') <> '' OR mentions <> '[]'
                       OR mentioned_ids <> '{}' OR tags <> '{}' OR attachments <> '[]'))
             + (SELECT count(*) FROM poll WHERE account_id = $1 AND array_to_string(options, '') <> '')
    """
    assert await world.services.db.pool.fetchval(words, person.id) == 0


async def tables_with_accounts(world: World) -> set[str]:
    rows = await world.services.db.pool.fetch(
        """
        SELECT c.relname
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
         WHERE a.attname = 'account_id'
        """
    )
    return {row["relname"] for row in rows}


async def test_every_table_is_erased_or_says_why_not(world: World) -> None:
    known = {*erase_queries.ERASED, *erase_queries.OTHERWISE}
    assert known == await tables_with_accounts(world)
    assert not set(erase_queries.ERASED) & set(erase_queries.OTHERWISE)


async def test_erasing_goes_on_after_its_worker_died_at_any_step(
    world: World, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = await world.person("carol")
    await full(world, alice, bob, carol)
    for number in range(5):
        await alice.says(f"Number {number}")
    await world.settle()
    monkeypatch.setattr(leave, "_AT_ONCE", 2)
    async with world.services.db.transaction() as tx:
        await leave.leave(tx, alice.id)
    post_ids = erase_queries.post_ids

    async def one_gone_meanwhile(*asked: Any) -> list[Any]:
        """Before it was its turn somebody else took a repost away with its original."""
        found = await post_ids(*asked)
        return [1, *found] if found else found

    monkeypatch.setattr(erase_queries, "post_ids", one_gone_meanwhile)
    for name in ("_part_from_everybody", "_erase_marks"):
        kept = getattr(leave, name)

        async def dying(*_: Any) -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr(leave, name, dying)
        with pytest.raises(asyncio.CancelledError):
            await leave.erase(world.services, alice.id, now=utc_now())
        monkeypatch.setattr(leave, name, kept)
    await world.settle()
    await nothing_is_left(world, alice)
    await leave.erase(world.services, alice.id, now=utc_now())  # once more does no harm


async def test_the_only_owner_cannot_leave(world: World) -> None:
    owner = await world.person("owner", role=Role.OWNER)
    with pytest.raises(Forbidden):
        async with world.services.db.transaction() as tx:
            await leave.leave(tx, owner.id)
    await world.person("second", role=Role.OWNER)
    async with world.services.db.transaction() as tx:
        await leave.leave(tx, owner.id)
