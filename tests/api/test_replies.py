"""Who may reply, through the JSON door: the first post of a conversation says so for all of it."""

from __future__ import annotations

from typing import Any

import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.accounts import ProfileChange
from parvis.domain.posts import ReplyPolicy
from tests.rig.people import Person, decoded
from tests.rig.world import World

# Whether the follower, the mentioned and the other one may reply, by the policy.
WHO = {
    "public": (True, True, True),
    "followers": (True, True, False),
    "mentioned": (False, True, False),
    "nobody": (False, False, False),
}


async def says(person: Person, text: str, **more: Any) -> dict[str, Any]:
    return decoded(await person.post("/api/v1/statuses", {"status": text, **more}))


async def status_of_reply(person: Person, to: dict[str, Any], **more: Any) -> int:
    answer = await person.post("/api/v1/statuses", {"status": "me too", "in_reply_to_id": to["id"], **more})
    if answer.status_code == 422:
        assert "chosen who may reply" in answer.json()["error"]
    return answer.status_code


@pytest.mark.parametrize("policy", WHO)
async def test_the_first_post_says_who_may_reply_anywhere_below_it(world: World, policy: str) -> None:
    alice, bob, carol, dave = [await world.person(n) for n in ("alice", "bob", "carol", "dave")]
    await world.follows(bob, alice)
    post = await says(alice, "so what, @carol?", reply_approval_policy=policy)
    more = await says(alice, "and more", in_reply_to_id=post["id"], reply_approval_policy="public")  # says nothing here
    for to in (post, more):
        got = [await status_of_reply(who, to) == 200 for who in (bob, carol, dave)]
        assert tuple(got) == WHO[policy]
        assert await status_of_reply(alice, to) == 200


async def test_a_policy_can_be_changed_and_holds_for_what_stands_below(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await says(alice, "open")
    reply = await says(bob, "hello", in_reply_to_id=post["id"])
    path = f"/api/v1/statuses/{post['id']}/interaction_policy"
    for policy, status in (("nobody", 422), ("public", 200)):
        decoded(await world.client.request("PUT", path, json={"reply_approval_policy": policy}, headers=alice.headers))
        assert await status_of_reply(bob, reply) == await status_of_reply(bob, post) == status
    changed = {"status": "closed", "reply_approval_policy": "nobody"}
    decoded(await world.client.put(f"/api/v1/statuses/{post['id']}", json=changed, headers=alice.headers))
    assert await status_of_reply(bob, post) == 422
    assert decoded(await alice.get(f"/api/v1/statuses/{reply['id']}"))["in_reply_to_id"] == post["id"]
    await alice.delete(f"/api/v1/statuses/{post['id']}")
    assert await status_of_reply(bob, reply) == 422  # it outlives the post


async def test_only_its_author_sets_the_policy_and_only_at_the_first_post(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await says(alice, "mine")
    reply = await says(bob, "yours", in_reply_to_id=post["id"])
    wanted = [(bob, post, "nobody", 404), (bob, reply, "nobody", 422), (alice, post, "friends", 422)]
    for who, what, policy, status in wanted:
        body = {"reply_approval_policy": policy}
        path = f"/api/v1/statuses/{what['id']}/interaction_policy"
        assert (await world.client.put(path, json=body, headers=who.headers)).status_code == status


async def test_somebody_blocked_may_not_reply_though_mentioned(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    post = await says(alice, "with @bob and @carol", reply_approval_policy="mentioned")
    reply = await says(carol, "yes", in_reply_to_id=post["id"])
    await alice.post(f"/api/v1/accounts/{bob.id}/block")
    assert await status_of_reply(bob, reply) == 422
    assert await status_of_reply(carol, reply) == 200


async def test_where_an_app_says_nothing_of_it_those_may_reply_whom_the_author_usually_lets(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    async with world.services.db.transaction() as tx:
        change = ProfileChange(default_reply_policy=int(ReplyPolicy.NOBODY))
        await accounts.update_profile(tx, alice.id, change=change, now=utc_now())
    assert await status_of_reply(bob, await says(alice, "I have spoken")) == 422
    assert await status_of_reply(bob, await says(alice, "What do you say?", reply_approval_policy="public")) == 200


async def test_a_reply_to_a_repost_answers_its_original(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await says(alice, "pass me on", reply_approval_policy="nobody")
    passed_on = decoded(await bob.post(f"/api/v1/statuses/{post['id']}/reblog"))
    assert await status_of_reply(bob, passed_on) == 422
    mine = await says(alice, "I may", in_reply_to_id=passed_on["id"])
    assert mine["in_reply_to_id"] == post["id"]
    assert decoded(await bob.get(f"/api/v1/statuses/{post['id']}"))["replies_count"] == 1
