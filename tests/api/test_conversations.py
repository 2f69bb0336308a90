"""Direct conversations and muted threads through the JSON door."""

from __future__ import annotations

from typing import Any

from tests.rig.people import Person, decoded
from tests.rig.world import World


async def say(author: Person, text: str, **more: Any) -> str:
    body = {"status": text, "visibility": "direct"} | more
    return decoded(await author.post("/api/v1/statuses", body))["id"]


async def talks(owner: Person, **cursors: Any) -> list[dict[str, Any]]:
    return decoded(await owner.get("/api/v1/conversations", **cursors))


def short(found: list[dict[str, Any]]) -> list[tuple[list[str], str, bool]]:
    return [([a["username"] for a in one["accounts"]], one["last_status"]["id"], one["unread"]) for one in found]


async def test_a_conversation_is_with_the_others_and_ends_with_the_last_words(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    first = await say(alice, "@bob hello")
    await world.settle()
    assert short(await talks(alice)) == [(["bob"], first, False)]
    (theirs,) = await talks(bob)
    assert set(theirs) == {"id", "unread", "accounts", "last_status"}
    assert short([theirs]) == [(["alice"], first, True)]
    assert await talks(carol) == []
    answer = await say(bob, "@alice yes?", in_reply_to_id=first)
    await world.settle()
    assert short(await talks(alice)) == [(["bob"], answer, True)]
    assert short(await talks(bob)) == [(["alice"], answer, False)]
    wider = await say(alice, "@bob and @carol", in_reply_to_id=answer)
    await world.settle()
    await world.settle()
    assert short(await talks(bob)) == [(["alice", "carol"], wider, True), (["alice"], answer, False)]
    assert short(await talks(carol)) == [(["alice", "bob"], wider, True)]
    alone = await say(carol, "a note to myself")
    await say(carol, "@bob for everybody", visibility="public")
    await world.settle()
    assert short(await talks(carol))[0] == (["carol"], alone, False)


async def test_conversations_are_paged_by_their_last_posts(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    said = [await say(bob, f"@alice {number}") for number in range(3)]
    await world.settle()
    first = await alice.get("/api/v1/conversations", limit=2)
    assert [one["last_status"]["id"] for one in decoded(first)] == [said[2], said[1]]
    assert f"max_id={said[1]}" in first.links["next"]["url"]
    older = await world.client.get(first.links["next"]["url"], headers=alice.headers)
    assert [one["last_status"]["id"] for one in decoded(older)] == [said[0]]
    newer = await world.client.get(older.links["prev"]["url"], headers=alice.headers)
    assert [one["last_status"]["id"] for one in decoded(newer)] == [said[2], said[1]]
    assert (await alice.get("/api/v1/conversations", max_id=said[0])).headers.get("link") is None
    with world.statements() as sent:
        await talks(alice)
    assert len(sent) <= 3, sent


async def test_a_conversation_is_read_unread_and_removed_by_its_owner_alone(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await say(bob, "@alice hello")
    await world.settle()
    (one,) = await talks(alice)
    path = f"/api/v1/conversations/{one['id']}"
    assert decoded(await alice.post(f"{path}/read")) == one | {"unread": False}
    await world.settle()
    assert short(await talks(alice)) == [(["bob"], post, False)]
    assert decoded(await alice.post(f"{path}/unread")) == one
    for answer in (await bob.post(f"{path}/read"), await bob.post(f"{path}/unread"), await bob.delete(path)):
        assert answer.status_code == 404
    assert decoded(await alice.delete(path)) == {}
    assert await talks(alice) == []
    assert len(await talks(bob)) == 1
    assert (await alice.delete(path)).status_code == 404
    more = await say(bob, "@alice still there?", in_reply_to_id=post)
    await world.settle()
    assert short(await talks(alice)) == [(["bob"], more, True)]


async def test_what_is_removed_edited_or_out_of_sight_is_nobodys_last_words(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    first = await say(bob, "@alice hello")
    second = await say(bob, "@alice oh", in_reply_to_id=first)
    await world.settle()
    await bob.delete(f"/api/v1/statuses/{second}")
    assert await talks(alice) == [], "in the moment of the removal"
    await world.settle()
    assert short(await talks(alice)) == [(["bob"], first, True)]
    edited = await bob.client.put(f"/api/v1/statuses/{first}", json={"status": "@carol hello"}, headers=bob.headers)
    assert edited.status_code == 200
    assert await talks(alice) == []
    await world.settle()
    assert await talks(alice) == []
    assert short(await talks(carol)) == [(["bob"], first, True)]
    assert short(await talks(bob)) == [(["carol"], first, False)]
    await bob.post(f"/api/v1/accounts/{carol.id}/block")
    assert await talks(carol) == []
    await bob.post(f"/api/v1/accounts/{carol.id}/unblock")
    await bob.delete(f"/api/v1/statuses/{first}")
    await world.settle()
    assert await talks(carol) == []
    assert await talks(bob) == []


async def test_nothing_comes_from_somebody_muted_or_blocked(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await alice.post(f"/api/v1/accounts/{bob.id}/mute")
    await say(bob, "@alice hello")
    await world.settle()
    assert await talks(alice) == []
    await alice.post(f"/api/v1/accounts/{bob.id}/unmute")
    assert await talks(alice) == [], "what was said meanwhile stays unheard"


async def test_a_muted_thread_notifies_nobody_and_says_so(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    root = await say(alice, "root", visibility="public")
    answer = await say(bob, "@alice one", visibility="public", in_reply_to_id=root)
    await world.settle()
    assert [n["type"] for n in decoded(await alice.get("/api/v1/notifications"))] == ["mention"]
    muted = decoded(await alice.post(f"/api/v1/statuses/{answer}/mute"))
    assert (muted["id"], muted["muted"]) == (answer, True)
    assert decoded(await alice.post(f"/api/v1/statuses/{root}/mute"))["muted"] is True
    assert decoded(await bob.get(f"/api/v1/statuses/{answer}"))["muted"] is False
    await say(bob, "@alice two", visibility="public", in_reply_to_id=answer)
    await bob.post(f"/api/v1/statuses/{root}/favourite")
    wrapper = decoded(await bob.post(f"/api/v1/statuses/{root}/reblog"))["id"]
    await world.settle()
    assert len(decoded(await alice.get("/api/v1/notifications"))) == 1
    seen = decoded(await alice.get(f"/api/v1/statuses/{wrapper}"))
    assert (seen["muted"], seen["reblog"]["muted"]) == (True, True)
    assert decoded(await alice.post(f"/api/v1/statuses/{wrapper}/unmute"))["muted"] is False
    assert decoded(await alice.get(f"/api/v1/statuses/{answer}"))["muted"] is False
    await say(bob, "@alice three", visibility="public", in_reply_to_id=answer)
    await world.settle()
    assert len(decoded(await alice.get("/api/v1/notifications"))) == 2
    secret = await say(bob, "to myself")
    for act in ("mute", "unmute"):
        assert (await alice.post(f"/api/v1/statuses/{secret}/{act}")).status_code == 404


async def test_a_muted_thread_leaves_nothing_unread(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    first = await say(bob, "@alice hello")
    decoded(await alice.post(f"/api/v1/statuses/{first}/mute"))
    await world.settle()
    assert short(await talks(alice)) == [(["bob"], first, False)]
