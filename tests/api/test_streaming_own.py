"""Streams of what somebody has arranged for themselves: lists, direct conversations, followed hashtags, filters."""

from __future__ import annotations

from typing import Any

from parvis.base.clock import utc_now
from parvis.base.ids import PostId
from parvis.domain import posts
from parvis.domain.posts.types import Visibility
from tests.rig.people import Person, decoded
from tests.rig.streams import narration_of, request, socket_of
from tests.rig.world import World


async def publish(world: World, author: Person, text: str, **draft: Any) -> str:
    post_id = await author.says(text, **draft)
    await world.settle()
    return str(post_id)


async def remove(world: World, author: Person, post_id: str) -> None:
    async with world.services.db.transaction() as tx:
        await posts.remove(tx, author.id, PostId(int(post_id)), now=utc_now())
    await world.settle()


async def list_of(owner: Person, *members: Person, **more: Any) -> str:
    list_id = decoded(await owner.post("/api/v1/lists", {"title": "l"} | more))["id"]
    decoded(await owner.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": [str(m.id) for m in members]}))
    return list_id


async def test_a_list_streams_what_it_would_show(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    for one in (bob, carol):
        await world.follows(alice, one)
    list_id = await list_of(alice, bob, exclusive=True)
    async with socket_of(world, alice, "list", list=list_id) as lists, socket_of(world, alice, "user") as home:
        await publish(world, carol, "not in the list")
        await publish(world, bob, "for @carol", visibility=Visibility.MENTIONED)
        shown = await publish(world, bob, "in the list", visibility=Visibility.FOLLOWERS)
        stream, event, status = await lists.event()
        assert (stream, event, status["id"]) == (["list", list_id], "update", shown)
        assert status == decoded(await alice.get(f"/api/v1/statuses/{shown}"))
        await remove(world, bob, shown)
        assert await lists.frame() == {"stream": ["list", list_id], "event": "delete", "payload": shown}
        decoded(await alice.delete(f"/api/v1/lists/{list_id}/accounts", **{"account_ids[]": str(bob.id)}))
        await publish(world, bob, "at home again")
        _, _, first = await home.event()
        assert "not in the list" in first["content"]
        frames = [await home.frame(), await home.frame()]
        assert [frame["event"] for frame in frames] == ["delete", "update"], "of an exclusive list home is told the end"


async def test_j1_only_ones_own_lists_can_be_listened_to(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(alice, bob)
    list_id = await list_of(alice, bob)
    async with socket_of(world, bob) as socket:
        for wrong in (list_id, "12345", "nonsense", "", "9" * 30):
            await socket.ask(type="subscribe", stream="list", list=wrong)
            assert await socket.frame() == {"error": "List not found", "status": 404}
        await socket.ask(type="subscribe", stream="user")
        await publish(world, bob, "sentinel")
        stream, _, status = await socket.event()
        assert (stream, "sentinel" in status["content"]) == (["user"], True)
    _, answer = await request(world, "list", f"list={list_id}", authorization=f"Bearer {bob.token}")
    assert answer["status"] == 404
    async with narration_of(world, alice, "list", f"list={list_id}") as narration:
        await publish(world, bob, "told")
        name, status = await narration.event()
        assert (name, "told" in status["content"]) == ("update", True)


async def test_a_deleted_list_and_an_ended_subscription_are_silent(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(alice, bob)
    gone, left = await list_of(alice, bob), await list_of(alice, bob)
    async with socket_of(world, alice, "list", list=gone) as socket:
        await socket.ask(type="subscribe", stream="list", list=left)
        await publish(world, bob, "one")
        assert {tuple((await socket.event())[0]) for _ in range(2)} == {("list", gone), ("list", left)}
        decoded(await alice.delete(f"/api/v1/lists/{gone}"))
        await publish(world, bob, "two")
        assert (await socket.event())[0] == ["list", left]
        await socket.ask(type="unsubscribe", stream="list", list=left)
        await socket.ask(type="subscribe", stream="user")
        await publish(world, bob, "three")
        assert (await socket.event())[0] == ["user"]


async def test_j1_a_conversation_is_told_to_those_who_take_part(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    async with socket_of(world, alice, "direct") as socket, socket_of(world, carol, "direct", "user") as others:
        post = await publish(world, bob, "psst @alice", visibility=Visibility.MENTIONED)
        await world.settle()
        stream, event, conversation = await socket.event()
        assert (stream, event, conversation["last_status"]["id"]) == (["direct"], "conversation", post)
        assert decoded(await alice.get("/api/v1/conversations")) == [conversation]
        await publish(world, carol, "sentinel")
        assert "sentinel" in (await others.event())[2]["content"]


async def test_posts_under_followed_hashtags_arrive_and_leave(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    decoded(await carol.post("/api/v1/tags/bread/follow"))
    async with socket_of(world, alice, "user") as alices, socket_of(world, carol, "user") as carols:
        decoded(await alice.post("/api/v1/tags/Bread/follow"))
        await world.settle()
        await publish(world, bob, "no hashtag")
        await publish(world, bob, "not for all #bread", visibility=Visibility.QUIET)
        post = await publish(world, bob, "fresh #BREAD")
        for socket in (alices, carols):
            stream, event, status = await socket.event()
            assert (stream, event, status["id"]) == (["user"], "update", post)
        decoded(await alice.post("/api/v1/tags/bread/unfollow"))
        await remove(world, bob, post)
        assert (await carols.frame())["payload"] == post
        await publish(world, alice, "sentinel")
        assert "sentinel" in (await alices.event())[2]["content"]


async def test_streams_tell_what_filters_find(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    for one in (alice, carol):
        await world.follows(one, bob)
    for place in ("home", "notifications"):
        body = {"title": place, "context": [place], "keywords_attributes": [{"keyword": "cat"}]}
        decoded(await alice.post("/api/v2/filters", body))
    async with socket_of(world, alice, "user", "public") as alices, socket_of(world, carol, "user") as carols:
        post = await publish(world, bob, "a cat for @alice")
        told = {}
        for _ in range(3):
            stream, event, payload = await alices.event()
            told[stream[0], event] = payload
        assert "filtered" not in told["public", "update"]
        assert [one["filter"]["title"] for one in told["user", "update"]["filtered"]] == ["home"]
        mention = told["user", "notification"]["status"]
        assert (mention["id"], [one["filter"]["title"] for one in mention["filtered"]]) == (post, ["notifications"])
        assert (await carols.event())[2]["filtered"] == []
        await world.follows(alice, carol)
        await carol.post(f"/api/v1/statuses/{await publish(world, bob, 'another cat')}/reblog")
        await world.settle()
        while not (payload := (await alices.event())[2]).get("reblog"):
            pass
        assert payload["filtered"] == payload["reblog"]["filtered"] != []
