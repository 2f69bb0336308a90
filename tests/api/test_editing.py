"""Edits with history, polls and pins, through the JSON door."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from parvis.base.clock import utc_now
from tests.rig.people import decoded
from tests.rig.world import World


async def test_an_edit_changes_the_words_and_keeps_the_old_ones(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = decoded(await alice.post("/api/v1/statuses", {"status": "first #one", "visibility": "private"}))
    path = f"/api/v1/statuses/{post['id']}"
    assert decoded(await alice.get(path))["edited_at"] is None
    edited = decoded(await world.client.put(path, json={"status": "second #two @bob"}, headers=alice.headers))
    assert edited["content"].startswith("<p>second ")
    assert edited["edited_at"] is not None
    assert edited["visibility"] == "private"
    assert [t["name"] for t in edited["tags"]] == ["two"]
    same = decoded(await world.client.patch(path, json={"status": "second #two @bob"}, headers=alice.headers))
    assert same["edited_at"] == edited["edited_at"]
    assert [h["content"][:9] for h in decoded(await alice.get(path + "/history"))] == ["<p>first ", "<p>second"]
    assert decoded(await alice.get(path + "/source"))["text"] == "second #two @bob"
    assert (await world.client.put(path, json={"status": "mine"}, headers=bob.headers)).status_code == 404
    await world.settle()
    assert [n["type"] for n in decoded(await bob.get("/api/v1/notifications"))] == ["mention"]


async def test_those_who_passed_a_post_on_hear_of_each_edit_once(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = decoded(await alice.post("/api/v1/statuses", {"status": "v1"}))["id"]
    await bob.post(f"/api/v1/statuses/{post}/reblog")
    for words in ("v2", "v3"):
        await world.client.put(f"/api/v1/statuses/{post}", json={"status": words}, headers=alice.headers)
        await world.settle()
        await world.settle()
    assert [n["type"] for n in decoded(await bob.get("/api/v1/notifications"))] == ["update", "update"]


async def test_a_poll_is_voted_on_once_and_hidden_totals_stay_hidden(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    body = {"status": "which?", "poll": {"options": ["red", "blue"], "expires_in": 600, "hide_totals": True}}
    post = decoded(await alice.post("/api/v1/statuses", body))
    poll = post["poll"]
    assert (poll["voted"], poll["own_votes"], poll["votes_count"]) == (True, [], 0)
    answers = await asyncio.gather(*(bob.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": [1]}) for _ in range(8)))
    assert sorted(a.status_code for a in answers) == [200] + [422] * 7
    seen = decoded(await bob.get(f"/api/v1/statuses/{post['id']}"))["poll"]
    assert (seen["voted"], seen["own_votes"]) == (True, [1])
    assert [o["votes_count"] for o in seen["options"]] == [None, None]
    async with world.services.db.connection() as db:
        await db.execute("UPDATE poll SET hide_totals = false")
    shown = decoded(await carol.get(f"/api/v1/polls/{poll['id']}"))
    assert [o["votes_count"] for o in shown["options"]] == [0, 1]
    assert (shown["voted"], shown["voters_count"]) == (False, 1)
    assert (await alice.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": [0]})).status_code == 422
    assert (await carol.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": [0, 1]})).status_code == 422
    assert (await carol.post(f"/api/v1/polls/{poll['id']}/votes", {"choices": [7]})).status_code == 422
    assert "voted" not in decoded(await world.client.get(f"/api/v1/statuses/{post['id']}"))["poll"]


async def test_voters_and_the_author_hear_when_a_poll_ends(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    body = {"status": "which?", "poll": {"options": ["red", "blue"], "expires_in": 300}}
    poll = decoded(await alice.post("/api/v1/statuses", body))["poll"]["id"]
    await bob.post(f"/api/v1/polls/{poll}/votes", {"choices": [0]})
    async with world.services.db.connection() as db:
        past = utc_now() - timedelta(seconds=1)
        await db.execute("UPDATE poll SET expires_at = $1", past)
        await db.execute("UPDATE job SET due_at = $1 WHERE kind = 'poll.end'", past)
    await world.settle()
    for person in (alice, bob):
        assert [n["type"] for n in decoded(await person.get("/api/v1/notifications"))] == ["poll"]
    assert (await bob.post(f"/api/v1/polls/{poll}/votes", {"choices": [0]})).status_code == 422


async def test_bad_polls_are_refused_with_a_reason(world: World) -> None:
    alice = await world.person("alice")
    for poll in (
        {"options": ["one"], "expires_in": 600},
        {"options": ["same", "Same"], "expires_in": 600},
        {"options": ["a", ""], "expires_in": 600},
        {"options": ["a", "b"], "expires_in": 10},
        {"options": ["a", "b" * 51], "expires_in": 600},
        {"options": ["a", "b", "c", "d", "e"], "expires_in": 600},
    ):
        answer = await alice.post("/api/v1/statuses", {"status": "?", "poll": poll})
        assert (answer.status_code, answer.json()["error"][:17]) == (422, "Validation failed"), poll


async def test_changing_a_poll_begins_it_anew(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    body = {"status": "which?", "poll": {"options": ["red", "blue"], "expires_in": 600}}
    post = decoded(await alice.post("/api/v1/statuses", body))["id"]
    await bob.post(f"/api/v1/polls/{post}/votes", {"choices": [0]})
    changed = {"status": "which now?", "poll": {"options": ["red", "green"], "expires_in": 600}}
    edited = decoded(await world.client.put(f"/api/v1/statuses/{post}", json=changed, headers=alice.headers))
    assert [o["votes_count"] for o in edited["poll"]["options"]] == [0, 0]
    history = decoded(await bob.get(f"/api/v1/statuses/{post}/history"))
    assert [[o["title"] for o in h["poll"]["options"]] for h in history] == [["red", "blue"], ["red", "green"]]


async def test_up_to_five_posts_are_pinned_latest_first(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    made = [decoded(await alice.post("/api/v1/statuses", {"status": f"{n}"}))["id"] for n in range(6)]
    answers = await asyncio.gather(*(alice.post(f"/api/v1/statuses/{i}/pin") for i in made))
    assert sorted(a.status_code for a in answers) == [200] * 5 + [422]
    pinned = decoded(await bob.get(f"/api/v1/accounts/{alice.id}/statuses", pinned="true"))
    assert len(pinned) == 5
    mine = decoded(await alice.get(f"/api/v1/accounts/{alice.id}/statuses", pinned="true"))
    assert all(s["pinned"] for s in mine)
    assert "pinned" not in pinned[0]
    assert decoded(await alice.post(f"/api/v1/statuses/{mine[0]['id']}/unpin"))["pinned"] is False
    assert (await bob.post(f"/api/v1/statuses/{made[0]}/pin")).status_code == 422
