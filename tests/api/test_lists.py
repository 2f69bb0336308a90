"""Lists through the JSON door: kept by their owner alone, filled from whom one follows, read by the rules of home."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rig.people import Person, decoded
from tests.rig.world import World


async def made(owner: Person, title: str = "Friends", **more: Any) -> str:
    return decoded(await owner.post("/api/v1/lists", {"title": title} | more))["id"]


async def put_in(owner: Person, list_id: str, *people: Person) -> None:
    decoded(await owner.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": [str(one.id) for one in people]}))


async def read(owner: Person, list_id: str, **cursors: Any) -> list[str]:
    return [s["id"] for s in decoded(await owner.get(f"/api/v1/timelines/list/{list_id}", **cursors))]


async def home(owner: Person) -> list[str]:
    return [s["id"] for s in decoded(await owner.get("/api/v1/timelines/home"))]


async def say(author: Person, text: str, **more: Any) -> str:
    return decoded(await author.post("/api/v1/statuses", {"status": text} | more))["id"]


async def test_a_list_is_made_changed_by_put_and_patch_and_deleted(world: World) -> None:
    alice = await world.person("alice")
    list_id = await made(alice)
    first = {"id": list_id, "title": "Friends", "replies_policy": "list", "exclusive": False}
    assert decoded(await alice.get(f"/api/v1/lists/{list_id}")) == first
    for verb, change in (("PUT", {"replies_policy": "none", "exclusive": True}), ("PATCH", {"title": " Close  ones "})):
        path = f"/api/v1/lists/{list_id}"
        decoded(await world.client.request(verb, path, json=change, headers=alice.headers))
    changed = {"id": list_id, "title": "Close ones", "replies_policy": "none", "exclusive": True}
    assert decoded(await alice.get("/api/v1/lists")) == [changed]
    assert decoded(await alice.delete(f"/api/v1/lists/{list_id}")) == {}
    assert decoded(await alice.get("/api/v1/lists")) == []
    assert (await alice.delete(f"/api/v1/lists/{list_id}")).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{}, {"title": ""}, {"title": "  "}, {"title": "x" * 257}, {"title": "x", "replies_policy": "all"}]
)
async def test_a_list_that_makes_no_sense_is_refused(world: World, wrong: dict[str, str]) -> None:
    alice = await world.person("alice")
    refused = await alice.post("/api/v1/lists", wrong)
    assert (refused.status_code, refused.json()["error"].startswith("Validation failed: ")) == (422, True)
    assert decoded(await alice.get("/api/v1/lists")) == []


async def test_somebody_elses_list_is_404_everywhere(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(bob, alice)
    list_id = await made(alice)
    body = {"title": "mine", "account_ids": [str(alice.id)]}
    for verb, path in (
        ("GET", f"/api/v1/lists/{list_id}"),
        ("PUT", f"/api/v1/lists/{list_id}"),
        ("DELETE", f"/api/v1/lists/{list_id}"),
        ("GET", f"/api/v1/lists/{list_id}/accounts"),
        ("GET", f"/api/v1/lists/{list_id}/accounts?limit=0"),
        ("POST", f"/api/v1/lists/{list_id}/accounts"),
        ("DELETE", f"/api/v1/lists/{list_id}/accounts"),
        ("GET", f"/api/v1/timelines/list/{list_id}"),
    ):
        answer = await world.client.request(verb, path, json=None if verb == "GET" else body, headers=bob.headers)
        assert answer.status_code == 404, (verb, path)
    assert decoded(await bob.get("/api/v1/lists")) == []
    assert decoded(await alice.get(f"/api/v1/lists/{list_id}"))["title"] == "Friends"


async def test_members_are_paged_by_account_and_given_whole_for_a_limit_of_zero(world: World) -> None:
    alice = await world.person("alice")
    others = [await world.person(name) for name in ("bob", "carol", "dave", "erin")]
    for one in others:
        await world.follows(alice, one)
    list_id = await made(alice)
    await put_in(alice, list_id, *others)
    await put_in(alice, list_id, others[0])  # once more changes nothing
    newest_first = [str(one.id) for one in reversed(others)]
    first = await alice.get(f"/api/v1/lists/{list_id}/accounts", limit=2)
    assert [a["id"] for a in decoded(first)] == newest_first[:2]
    second = await world.client.get(first.links["next"]["url"], headers=alice.headers)
    assert [a["id"] for a in decoded(second)] == newest_first[2:]
    assert "since_id=" in second.links["prev"]["url"]
    whole = await alice.get(f"/api/v1/lists/{list_id}/accounts", limit=0)
    assert [a["id"] for a in decoded(whole)] == newest_first
    assert "link" not in whole.headers


async def test_only_those_one_follows_or_asks_to_may_be_in_a_list(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    locked = await world.person("locked", locked=True)
    list_id = await made(alice)
    stranger = await alice.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": [str(bob.id)]})
    nobody = await alice.post(f"/api/v1/lists/{list_id}/accounts", {"account_ids": ["12345"]})
    assert (stranger.status_code, nobody.status_code) == (404, 404)
    await world.follows(alice, carol)
    await world.follows(alice, locked)
    await put_in(alice, list_id, carol, locked, alice)
    having = decoded(await alice.get(f"/api/v1/accounts/{carol.id}/lists"))
    assert [one["id"] for one in having] == [list_id]
    assert decoded(await alice.get(f"/api/v1/accounts/{bob.id}/lists")) == []
    assert (await alice.get("/api/v1/accounts/12345/lists")).status_code == 404
    await alice.post(f"/api/v1/accounts/{carol.id}/unfollow")
    await locked.post(f"/api/v1/follow_requests/{alice.id}/reject")
    left = decoded(await alice.get(f"/api/v1/lists/{list_id}/accounts"))
    assert [a["id"] for a in left] == [str(alice.id)]


async def test_people_are_taken_out_by_body_or_by_query(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    for one in (bob, carol):
        await world.follows(alice, one)
    list_id = await made(alice)
    await put_in(alice, list_id, bob, carol)
    path = f"/api/v1/lists/{list_id}/accounts"
    by_body = await world.client.request("DELETE", path, json={"account_ids": [str(bob.id)]}, headers=alice.headers)
    assert decoded(by_body) == {}
    assert [a["username"] for a in decoded(await alice.get(path))] == ["carol"]
    for _ in range(2):  # taking out who is not in it is no error
        assert decoded(await alice.delete(path, **{"account_ids[]": str(carol.id)})) == {}
    assert decoded(await alice.get(path)) == []


async def test_a_list_shows_its_members_posts_by_page_and_only_what_one_may_see(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    for one in (bob, carol):
        await world.follows(alice, one)
    list_id = await made(alice)
    await put_in(alice, list_id, bob)
    posts = [await say(bob, f"number {n}") for n in range(4)]
    await say(carol, "not in the list")
    await say(bob, "@carol not for alice", visibility="direct")
    posts.append(await say(bob, "for followers", visibility="private"))
    assert await read(alice, list_id) == posts[::-1]
    first = await alice.get(f"/api/v1/timelines/list/{list_id}", limit=2)
    assert [s["id"] for s in decoded(first)] == [posts[4], posts[3]]
    older = await world.client.get(first.links["next"]["url"], headers=alice.headers)
    assert [s["id"] for s in decoded(older)] == [posts[2], posts[1]]
    assert await read(alice, list_id, min_id=posts[0], limit=2) == [posts[2], posts[1]]
    assert (await alice.get(f"/api/v1/timelines/list/{list_id}", max_id=posts[0])).headers.get("link") is None
    await alice.post(f"/api/v1/accounts/{bob.id}/mute")
    assert await read(alice, list_id) == []


async def test_replies_are_shown_as_the_list_says(world: World) -> None:
    alice, bob, carol, dave, erin = [await world.person(n) for n in ("alice", "bob", "carol", "dave", "erin")]
    for one in (bob, carol, dave):
        await world.follows(alice, one)
    roots = {one.handle: await say(one, "root") for one in (alice, bob, carol, dave, erin)}
    answers = {name: await say(bob, f"to {name}", in_reply_to_id=root) for name, root in roots.items()}
    shown: dict[str, set[str]] = {}
    for policy in ("none", "list", "followed"):
        list_id = await made(alice, policy, replies_policy=policy)
        await put_in(alice, list_id, bob, carol)
        got = await read(alice, list_id)
        shown[policy] = {name for name, answer in answers.items() if answer in got}
    assert shown == {
        "none": {"alice", "bob"},
        "list": {"alice", "bob", "carol"},
        "followed": {"alice", "bob", "carol", "dave"},
    }


async def test_members_of_an_exclusive_list_are_not_at_home(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    for one in (bob, carol):
        await world.follows(alice, one)
    by_bob, by_carol = await say(bob, "hello"), await say(carol, "hello")
    await world.settle()
    assert await home(alice) == [by_carol, by_bob]
    list_id = await made(alice, exclusive=True)
    await put_in(alice, list_id, bob)
    await world.settle()
    assert await home(alice) == [by_carol]
    assert await read(alice, list_id) == [by_bob]
    other = await made(alice, "other", exclusive=True)
    await put_in(alice, other, bob)
    await alice.delete(f"/api/v1/lists/{other}")
    assert await home(alice) == [by_carol], "still in the first list"
    await alice.client.put(f"/api/v1/lists/{list_id}", json={"exclusive": False}, headers=alice.headers)
    assert await home(alice) == [by_carol, by_bob]
    await alice.client.put(f"/api/v1/lists/{list_id}", json={"exclusive": True}, headers=alice.headers)
    assert await home(alice) == [by_carol]
    await alice.delete(f"/api/v1/lists/{list_id}/accounts", **{"account_ids[]": str(bob.id)})
    assert await home(alice) == [by_carol, by_bob]


async def test_whom_one_asked_to_follow_is_apart_from_the_moment_they_accept(world: World) -> None:
    alice, locked = await world.person("alice"), await world.person("locked", locked=True)
    await world.follows(alice, locked)
    list_id = await made(alice, exclusive=True)
    await put_in(alice, list_id, locked)
    post = await say(locked, "for followers", visibility="private")
    assert await read(alice, list_id) == []
    decoded(await locked.post(f"/api/v1/follow_requests/{alice.id}/authorize"))
    await world.settle()
    assert await read(alice, list_id) == [post]
    assert await home(alice) == []


async def test_a_page_of_a_list_costs_one_statement(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(alice, bob)
    list_id = await made(alice)
    await put_in(alice, list_id, bob)
    for number in range(25):
        await say(bob, f"number {number}")
    path = f"/api/v1/timelines/list/{list_id}"
    decoded(await alice.get(path))
    with world.statements() as sent:
        assert len(decoded(await alice.get(path))) == 20
    assert len(sent) == 1, sent
    with world.statements() as sent:
        assert decoded(await alice.get("/api/v1/lists"))
    assert len(sent) <= 2, sent


async def test_there_is_an_end_to_lists(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from parvis.domain.relationships import lists

    monkeypatch.setattr(lists, "MOST_LISTS", 2)
    alice = await world.person("alice")
    await made(alice, "one")
    await made(alice, "two")
    assert (await alice.post("/api/v1/lists", {"title": "three"})).status_code == 422
