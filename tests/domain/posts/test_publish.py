"""Publishing, removing and reacting, through the domain."""

from __future__ import annotations

import asyncio

import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import PostId
from parvis.domain import accounts, posts
from parvis.domain.posts.types import Draft, Visibility
from tests.rig.people import Person, decoded
from tests.rig.world import World


async def counts(world: World, post_id: PostId) -> tuple[int, int, int]:
    async with world.services.db.connection() as db:
        view = await posts.view(db, post_id, viewer_id=None)
    return view.replies_count, view.reposts_count, view.favourites_count


async def publish(world: World, author: Person, text: str, key: str | None = None, **draft: object) -> PostId:
    async with world.services.db.transaction() as tx:
        return await posts.publish(
            tx,
            world.services.ids,
            accounts.Viewer(account_id=author.id),
            draft=Draft(text=text, **draft),  # type: ignore[arg-type]
            limits=posts.Limits(),
            domain=world.services.settings.domain,
            now=utc_now(),
            idempotency_key=key,
        )


async def test_the_same_key_gives_the_same_post_also_at_once(world: World) -> None:
    alice = await world.person("alice")
    first, second, third = await asyncio.gather(*(publish(world, alice, "once", key="k1") for _ in range(3)))
    assert first == second == third
    with pytest.raises(Invalid):
        await publish(world, alice, "something else", key="k1")


async def test_an_empty_and_a_long_post_are_refused(world: World) -> None:
    alice = await world.person("alice")
    for text in ("", "   \n ", "x" * 1001):
        with pytest.raises(Invalid):
            await publish(world, alice, text)


async def test_c10_reactions_count_once_however_often_they_come_at_once(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await alice.says("count me")

    async def react(name: str) -> None:
        async with world.services.db.transaction() as tx:
            if name == "favourite":
                await posts.favourite(tx, world.services.ids, bob.id, post, now=utc_now())
            else:
                await posts.repost(tx, world.services.ids, bob.id, post, now=utc_now())

    await asyncio.gather(*(react(name) for name in ["favourite", "repost"] * 15))
    assert await counts(world, post) == (0, 1, 1)
    async with world.services.db.transaction() as tx:
        await posts.unfavourite(tx, bob.id, post)
        await posts.unfavourite(tx, bob.id, post)
        await posts.unrepost(tx, bob.id, post, now=utc_now())
        await posts.unrepost(tx, bob.id, post, now=utc_now())
        told = await tx.fetch("SELECT payload ->> 'is_repost' AS it FROM job WHERE payload ->> 'event' = 'PostRemoved'")
    assert [one["it"] for one in told] == ["true"]
    assert await counts(world, post) == (0, 0, 0)


async def test_c2_a_hidden_post_cannot_be_answered_favourited_or_passed_on(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    hidden = await alice.says("for followers", visibility=Visibility.FOLLOWERS)
    with pytest.raises(NotFound):
        await publish(world, bob, "reply", in_reply_to_id=hidden)
    async with world.services.db.transaction() as tx:
        for act in (posts.favourite, posts.bookmark, posts.repost):
            with pytest.raises(NotFound):
                await act(tx, world.services.ids, bob.id, hidden, now=utc_now())


async def test_who_blocks_the_viewer_is_not_among_those_who_favourited_a_post(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    post = await alice.says("liked")
    await carol.post(f"/api/v1/statuses/{post}/favourite")
    await carol.post(f"/api/v1/accounts/{bob.id}/block")
    for who, told in ((alice, ["carol"]), (bob, [])):
        listed = decoded(await who.get(f"/api/v1/statuses/{post}/favourited_by"))
        assert [one["username"] for one in listed] == told


async def test_removing_a_post_takes_it_from_every_surface_and_lowers_the_parents_count(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    parent = await alice.says("parent")
    reply = await bob.says("@alice reply #tag", in_reply_to_id=parent)
    assert (await counts(world, parent))[0] == 1
    async with world.services.db.transaction() as tx:
        with pytest.raises(NotFound):
            await posts.remove(tx, alice.id, reply, now=utc_now())
    async with world.services.db.transaction() as tx:
        await posts.remove(tx, bob.id, reply, now=utc_now())
    assert (await counts(world, parent))[0] == 0
    async with world.services.db.connection() as db:
        assert await posts.views(db, [reply], viewer_id=bob.id) == []
        words = await db.fetchrow("SELECT text, html FROM post WHERE id = $1", reply)
        assert (words["text"], words["html"]) == ("", "")


async def test_nothing_that_a_removed_post_ever_said_is_kept(world: World) -> None:
    alice = await world.person("alice")
    poll = {"options": ["spring", "autumn"], "expires_in": 600}
    post = decoded(await alice.post("/api/v1/statuses", {"status": "my first words", "poll": poll}))["id"]
    edited = {"status": "other words", "poll": {"options": ["today", "tomorrow"], "expires_in": 600}}
    assert (await world.client.put(f"/api/v1/statuses/{post}", json=edited, headers=alice.headers)).status_code == 200
    assert decoded(await alice.delete(f"/api/v1/statuses/{post}"))["poll"]["options"][0]["title"] == "today"
    async with world.services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM post_edit WHERE post_id = $1", PostId(int(post))) == 0
        assert await db.fetchval("SELECT options FROM poll WHERE post_id = $1", PostId(int(post))) == ["", ""]
    await world.settle()


async def test_c4_a_public_reply_tells_nothing_of_its_hidden_parent(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    await world.follows(bob, alice)
    parent = await alice.says("for followers only", visibility=Visibility.FOLLOWERS)
    reply = await bob.says("I agree in public", in_reply_to_id=parent)
    async with world.services.db.connection() as db:
        seen = await posts.view(db, reply, viewer_id=carol.id)
        assert (seen.in_reply_to_id, seen.in_reply_to_account_id) == (None, None)
        assert (await posts.thread(db, reply, viewer_id=carol.id)).ancestors == []
        assert (await posts.view(db, reply, viewer_id=bob.id)).in_reply_to_id == parent


async def test_a_thread_of_many_replies_is_one_query(world: World) -> None:
    alice = await world.person("alice")
    root = await alice.says("root")
    parent = root
    for number in range(30):
        parent = await alice.says(f"reply {number}", in_reply_to_id=parent if number % 3 else root)
    async with world.services.db.connection() as db:
        sent: list[str] = []
        connection = db._con  # type: ignore[union-attr]
        connection.add_query_logger(lambda record: sent.append(record.query))
        thread = await posts.thread(db, root, viewer_id=alice.id)
        await posts.views(db, thread.descendants, viewer_id=alice.id)
        await asyncio.sleep(0)  # the driver tells of statements in the loop's next turn
    assert len(thread.descendants) == 30
    assert len(sent) == 2
