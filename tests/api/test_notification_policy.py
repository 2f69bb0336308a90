"""Whose notifications are let in, which wait in requests, and which never come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from parvis.base.clock import utc_now
from parvis.domain.accounts.types import Role
from tests.rig.people import Person, decoded
from tests.rig.world import World

POLICY = "/api/v2/notifications/policy"
V1_POLICY = "/api/v1/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"
LISTING = "/api/v1/notifications"


async def choose(who: Person, **treatments: str) -> Any:
    return decoded(await who.client.patch(POLICY, json=treatments, headers=who.headers))


async def types(who: Person, **parameters: Any) -> list[str]:
    return [one["type"] for one in decoded(await who.get(LISTING, **parameters))]


async def mention(world: World, by: Person, of: Person, words: str = "hello", **more: Any) -> str:
    post = decoded(await by.post("/api/v1/statuses", {"status": f"@{of.handle} {words}", **more}))["id"]
    await world.settle()
    return post


async def older(world: World, who: Person, days: int) -> None:
    """The account and its follows were made that long ago."""
    async with world.services.db.transaction() as tx:
        made = utc_now() - timedelta(days=days)
        await tx.execute("UPDATE account SET created_at = $2 WHERE id = $1", who.id, made)
        await tx.execute("UPDATE follow SET created_at = $2 WHERE account_id = $1", who.id, made)


async def marked(world: World, who: Person, column: str, value: object) -> None:
    async with world.services.db.transaction() as tx:
        await tx.execute(f"UPDATE account SET {column} = $2 WHERE id = $1", who.id, value)


async def test_everybody_begins_with_a_mild_policy(world: World) -> None:
    alice = await world.person("alice")
    assert decoded(await alice.get(POLICY)) == {
        "for_not_following": "accept",
        "for_not_followers": "accept",
        "for_new_accounts": "accept",
        "for_private_mentions": "accept",
        "for_limited_accounts": "filter",
        "for_bots": "accept",
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }
    assert decoded(await alice.get(V1_POLICY)) == {
        "filter_not_following": False,
        "filter_not_followers": False,
        "filter_new_accounts": False,
        "filter_private_mentions": False,
        "filter_bots": False,
        "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }


@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
async def test_a_change_leaves_the_rest(world: World, verb: str) -> None:
    alice = await world.person("alice")
    wanted = {"for_bots": "drop", "for_Limited_accounts": "drop"}  # one app writes it so
    changed = decoded(await alice.client.request(verb, POLICY, json=wanted, headers=alice.headers))
    assert (changed["for_bots"], changed["for_limited_accounts"]) == ("drop", "filter")
    again = decoded(await alice.client.request(verb, f"{POLICY}?for_not_following=filter", headers=alice.headers))
    assert (again["for_bots"], again["for_not_following"]) == ("drop", "filter")
    refused = await alice.client.request(verb, POLICY, json={"for_bots": "maybe"}, headers=alice.headers)
    assert refused.status_code == 422
    old = decoded(
        await alice.client.request(
            verb, V1_POLICY, json={"filter_bots": True, "filter_new_accounts": "1"}, headers=alice.headers
        )
    )
    assert (old["filter_bots"], old["filter_new_accounts"], old["filter_not_following"]) == (True, True, True)
    now = decoded(await alice.get(POLICY))
    assert (now["for_bots"], now["for_new_accounts"]) == ("drop", "filter")
    off = {"filter_bots": False, "filter_not_following": "false"}
    decoded(await alice.client.request(verb, V1_POLICY, json=off, headers=alice.headers))
    assert decoded(await alice.get(POLICY))["for_bots"] == "accept"
    assert decoded(await alice.get(POLICY))["for_not_following"] == "accept"


async def test_what_is_filtered_waits_in_a_request(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    await world.follows(alice, carol)
    await choose(alice, for_not_following="filter")
    first, last = await mention(world, bob, alice, "one"), await mention(world, bob, alice, "two")
    await mention(world, carol, alice)
    assert await types(alice) == ["mention"]
    assert decoded(await alice.get(f"{LISTING}/unread_count")) == {"count": 1}
    assert decoded(await alice.get("/api/v2/notifications/unread_count")) == {"count": 1}
    (request,) = decoded(await alice.get(REQUESTS))
    assert set(request) == {"id", "created_at", "updated_at", "account", "notifications_count", "last_status"}
    assert request["account"]["id"] == str(bob.id)
    assert request["notifications_count"] == "2"
    assert request["last_status"]["id"] == last
    assert request["updated_at"] > request["created_at"]
    assert decoded(await alice.get(f"{REQUESTS}/{request['id']}")) == request
    assert decoded(await alice.get(POLICY))["summary"] == {
        "pending_requests_count": 1,
        "pending_notifications_count": 2,
    }
    everything = decoded(await alice.get(LISTING, include_filtered="true"))
    assert [one.get("filtered") for one in everything] == [None, True, True]
    assert "filtered" not in everything[0]
    assert [one["status"]["id"] for one in decoded(await alice.get(LISTING, account_id=str(bob.id)))] == [last, first]
    groups = decoded(await alice.get("/api/v2/notifications"))["notification_groups"]
    assert len(groups) == 1
    assert len(decoded(await alice.get("/api/v2/notifications", include_filtered=True))["notification_groups"]) == 3
    assert (await bob.get(f"{REQUESTS}/{request['id']}")).status_code == 404
    assert decoded(await bob.get(REQUESTS)) == []


async def test_an_accepted_request_lets_its_person_in(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await choose(alice, for_not_following="filter")
    await mention(world, bob, alice)
    (request,) = decoded(await alice.get(REQUESTS))
    assert (await bob.post(f"{REQUESTS}/{request['id']}/accept")).status_code == 404
    assert await types(alice) == []
    assert decoded(await alice.post(f"{REQUESTS}/{request['id']}/accept")) == {}
    assert (await alice.post(f"{REQUESTS}/{request['id']}/accept")).status_code == 404
    assert decoded(await alice.get(f"{REQUESTS}/merged")) == {"merged": True}
    assert decoded(await alice.get(REQUESTS)) == []
    assert await types(alice) == ["mention"]
    assert "filtered" not in decoded(await alice.get(LISTING))[0]
    await mention(world, bob, alice, "again")
    assert await types(alice) == ["mention", "mention"]
    await choose(alice, for_not_following="drop")
    await mention(world, bob, alice, "and again")
    assert await types(alice) == ["mention"] * 3


async def test_a_dismissed_request_takes_its_notifications_along(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await choose(alice, for_not_following="filter")
    await mention(world, bob, alice)
    (request,) = decoded(await alice.get(REQUESTS))
    assert decoded(await alice.post(f"{REQUESTS}/{request['id']}/dismiss")) == {}
    assert decoded(await alice.get(REQUESTS)) == []
    assert await types(alice, include_filtered=True) == []
    await mention(world, bob, alice, "me again")
    (another,) = decoded(await alice.get(REQUESTS))
    assert (another["notifications_count"], another["id"] != request["id"]) == ("1", True)


async def test_several_requests_at_once_and_in_pages(world: World) -> None:
    alice = await world.person("alice")
    others = [await world.person(f"other{number}") for number in range(4)]
    await choose(alice, for_not_following="filter")
    for one in others:
        await mention(world, one, alice)
    first = await alice.get(REQUESTS, limit=3)
    found = decoded(first)
    assert [one["account"]["id"] for one in found] == [str(one.id) for one in others[:0:-1]]
    rest = decoded(await world.client.get(first.links["next"]["url"], headers=alice.headers))
    assert [one["account"]["id"] for one in rest] == [str(others[0].id)]
    newer = decoded(await alice.get(REQUESTS, min_id=found[2]["id"]))
    assert [one["id"] for one in newer] == [found[0]["id"], found[1]["id"]]
    assert decoded(await alice.post(f"{REQUESTS}/accept", {"id": [found[0]["id"], found[1]["id"], "x"]})) == {}
    assert decoded(await world.client.post(f"{REQUESTS}/dismiss?id[]={found[2]['id']}", headers=alice.headers)) == {}
    assert [one["id"] for one in decoded(await alice.get(REQUESTS))] == [rest[0]["id"]]
    assert len(await types(alice)) == 2
    decoded(await alice.post(f"{LISTING}/clear"))
    assert decoded(await alice.get(REQUESTS))[0]["notifications_count"] == "1"


async def test_requests_of_the_blocked_are_not_shown(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await choose(alice, for_not_following="filter")
    await mention(world, bob, alice)
    (request,) = decoded(await alice.get(REQUESTS))
    await alice.post(f"/api/v1/accounts/{bob.id}/block")
    assert decoded(await alice.get(REQUESTS)) == []
    assert (await alice.get(f"{REQUESTS}/{request['id']}")).status_code == 404
    assert decoded(await alice.get(POLICY))["summary"]["pending_requests_count"] == 0


async def test_a_request_shows_no_post_that_went_out_of_sight(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await choose(alice, for_not_following="filter")
    post = await mention(world, bob, alice)
    await bob.delete(f"/api/v1/statuses/{post}")
    (request,) = decoded(await alice.get(REQUESTS))
    assert request["last_status"] is None


@pytest.mark.parametrize("treatment", ["filter", "drop"])
@pytest.mark.parametrize(
    "of", ["not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts", "bots"]
)
async def test_each_kind_of_sender_is_treated_as_chosen(world: World, of: str, treatment: str) -> None:
    alice, meant, other = [await world.person(name) for name in ("alice", "meant", "other")]
    everything = ["not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts", "bots"]
    await choose(alice, **{f"for_{one}": treatment if one == of else "accept" for one in everything})
    for one in (meant, other):
        await older(world, one, 100)
    private = {}
    match of:
        case "not_following":
            await world.follows(alice, other)
        case "not_followers":
            await world.follows(other, alice)
            await world.follows(meant, alice)  # a moment ago does not count
            await older(world, other, 100)
            await alice.post(f"{LISTING}/clear")
            for request in decoded(await alice.get(REQUESTS)):
                await alice.post(f"{REQUESTS}/{request['id']}/dismiss")
        case "new_accounts":
            await older(world, meant, 29)
        case "private_mentions":
            private = {"visibility": "direct"}
        case "limited_accounts":
            await marked(world, meant, "state", 1)
        case "bots":
            await marked(world, meant, "bot", True)
    await mention(world, meant, alice, **private)
    await mention(world, other, alice)
    shown = decoded(await alice.get(LISTING))
    assert [one["account"]["username"] for one in shown] == ["other"]
    waiting = [one["account"]["username"] for one in decoded(await alice.get(REQUESTS))]
    assert waiting == (["meant"] if treatment == "filter" else [])
    if of != "not_followers":
        await world.follows(alice, meant)
        await mention(world, meant, alice, **private)
        assert [one["account"]["username"] for one in decoded(await alice.get(LISTING))] == ["meant", "other"]


async def test_the_strictest_treatment_holds(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await choose(alice, for_not_following="filter", for_new_accounts="drop")
    await mention(world, bob, alice)
    assert decoded(await alice.get(REQUESTS)) == []
    assert await types(alice, include_filtered=True) == []


async def test_an_answer_to_ones_own_private_words_always_arrives(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await choose(alice, for_private_mentions="drop")
    asked = await mention(world, alice, bob, "may I ask you?", visibility="direct")
    await mention(world, bob, alice, "of course", visibility="direct", in_reply_to_id=asked)
    assert await types(alice) == ["mention"]
    await mention(world, bob, alice, "and another thing", visibility="direct")
    assert await types(alice) == ["mention"]


async def test_moderators_are_heard(world: World) -> None:
    alice, mona = await world.person("alice"), await world.person("mona", role=Role.MODERATOR)
    await choose(alice, for_not_following="drop")
    await mention(world, mona, alice, "about your report")
    await mona.post(f"/api/v1/accounts/{alice.id}/follow")
    await world.settle()
    assert await types(alice) == ["mention"]


async def test_what_one_asked_for_is_never_filtered(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await choose(alice, for_not_followers="drop", for_new_accounts="drop")
    await world.follows(alice, bob, notify=True)
    await bob.post("/api/v1/statuses", {"status": "news"})
    await world.settle()
    assert await types(alice) == ["status"]


async def test_types_that_an_app_supports_change_nothing(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await mention(world, bob, alice)
    plain = decoded(await alice.get(LISTING))
    assert decoded(await alice.get(LISTING, **{"supported_types[]": ["mention", "something_new"]})) == plain
    one = decoded(await alice.get(f"{LISTING}/{plain[0]['id']}", **{"supported_types[]": "poll"}))
    assert one == plain[0]
    assert "fallback" not in one


async def test_telling_costs_the_same_with_and_without_a_policy(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    counts = []
    for strict in (False, True):
        if strict:
            await choose(carol, for_not_following="filter", for_private_mentions="drop")
        of = carol if strict else alice
        post = decoded(await of.post("/api/v1/statuses", {"status": "like me"}))["id"]
        await world.settle()
        await bob.post(f"/api/v1/statuses/{post}/favourite")
        with world.statements() as sent:
            await world.settle()
        counts.append(sum("INSERT INTO notification" in one for one in sent))
    assert counts == [1, 1]
