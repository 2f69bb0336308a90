"""Notifications in groups, version 2."""

from __future__ import annotations

from typing import Any

import pytest

from parvis.base.clock import utc_now
from tests.rig.people import Person, decoded
from tests.rig.world import World

GROUPS = "/api/v2/notifications"


async def crowd(world: World, number: int) -> list[Person]:
    return [await world.person(f"fan{n}") for n in range(number)]


async def favourited(world: World, post: str, fans: list[Person]) -> None:
    for fan in fans:
        decoded(await fan.post(f"/api/v1/statuses/{post}/favourite"))
        await world.settle()


async def published(who: Person, words: str, **more: Any) -> str:
    return decoded(await who.post("/api/v1/statuses", {"status": words, **more}))["id"]


def keys(body: Any) -> list[str]:
    return [one["group_key"] for one in body["notification_groups"]]


async def test_those_who_did_the_same_stand_together(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    fans = await crowd(world, 10)
    post = await published(alice, "liked by many")
    await favourited(world, post, fans)
    reply = await published(bob, "@alice hello", in_reply_to_id=post)
    await world.settle()
    body = decoded(await alice.get(GROUPS))
    mention, favourites = body["notification_groups"]
    assert (mention["type"], mention["notifications_count"], mention["status_id"]) == ("mention", 1, reply)
    assert mention["group_key"] == f"ungrouped-{mention['most_recent_notification_id']}"
    assert mention["sample_account_ids"] == [str(bob.id)]
    assert (favourites["type"], favourites["notifications_count"], favourites["status_id"]) == ("favourite", 10, post)
    assert favourites["sample_account_ids"] == [str(fan.id) for fan in fans[:1:-1]]
    single = decoded(await alice.get("/api/v1/notifications"))
    assert favourites["most_recent_notification_id"] == int(single[1]["id"])
    assert (favourites["page_max_id"], favourites["page_min_id"]) == (single[1]["id"], single[10]["id"])
    assert favourites["latest_page_notification_at"] == single[1]["created_at"]
    assert {one["id"] for one in body["accounts"]} == {str(one.id) for one in (bob, *fans[2:])}
    assert {one["id"] for one in body["statuses"]} == {post, reply}
    assert "partial_accounts" not in body


async def test_every_person_and_post_comes_once(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await published(alice, "one post")
    await favourited(world, post, [bob])
    decoded(await bob.post(f"/api/v1/statuses/{post}/reblog"))
    await world.follows(bob, alice)
    body = decoded(await alice.get(GROUPS))
    assert sorted(one["type"] for one in body["notification_groups"]) == ["favourite", "follow", "reblog"]
    (follow,) = [
        one for one in body["notification_groups"] if one["type"] == "follow"
    ]  # what they do side by side has no order
    assert "status_id" not in follow
    assert [one["id"] for one in body["accounts"]] == [str(bob.id)]
    assert [one["id"] for one in body["statuses"]] == [post]


async def test_pages_count_groups_and_lead_to_one_another(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    fans = await crowd(world, 3)
    posts = []
    for number in range(5):
        posts.append(await published(alice, f"post {number}"))
        await favourited(world, posts[-1], fans)
    first = await alice.get(GROUPS, limit=2)
    assert [one["status_id"] for one in decoded(first)["notification_groups"]] == [posts[4], posts[3]]
    second = await world.client.get(first.links["next"]["url"], headers=alice.headers)
    found = decoded(second)["notification_groups"]
    assert (found[0]["status_id"], found[0]["notifications_count"]) == (posts[3], 2)  # its two older rows
    assert found[1]["status_id"] == posts[2]
    newer = await world.client.get(second.links["prev"]["url"], headers=alice.headers)
    assert [one["status_id"] for one in decoded(newer)["notification_groups"]] == [posts[4], posts[3]]
    last = await alice.get(GROUPS, limit=80)
    assert len(decoded(last)["notification_groups"]) == 5
    nothing = await alice.get(GROUPS, min_id=decoded(last)["notification_groups"][0]["page_max_id"])
    assert decoded(nothing)["notification_groups"] == []
    assert "link" not in nothing.headers
    await favourited(world, posts[4], [bob])
    fresh = await world.client.get(last.links["prev"]["url"], headers=alice.headers)
    (group,) = decoded(fresh)["notification_groups"]
    assert (group["status_id"], group["notifications_count"]) == (posts[4], 4)
    assert group["page_min_id"] == group["page_max_id"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_walking_the_pages_meets_every_notification(world: World, limit: int) -> None:
    alice = await world.person("alice")
    fans = await crowd(world, 3)
    posts = [await published(alice, f"post {number}") for number in range(3)]
    for fan in fans:
        for post in posts:
            await favourited(world, post, [fan])
        await published(fan, "@alice hi")
        await world.settle()
    single = [one["id"] for one in decoded(await alice.get("/api/v1/notifications", limit=80))]
    assert len(single) == 12
    met: set[str] = set()
    url = f"{GROUPS}?limit={limit}"
    while True:
        page = await world.client.get(url, headers=alice.headers)
        body = decoded(page)
        assert len(body["notification_groups"]) <= limit
        assert len(set(keys(body))) == len(keys(body))
        for group in body["notification_groups"]:
            low, high = int(group["page_min_id"]), int(group["page_max_id"])
            assert low <= high == group["most_recent_notification_id"]
            met |= {one for one in single if low <= int(one) <= high}
        if "next" not in page.links:
            break
        url = page.links["next"]["url"]
    assert met == set(single)


async def test_types_choose_and_grouped_types_part(world: World) -> None:
    alice = await world.person("alice")
    fans = await crowd(world, 3)
    post = await published(alice, "post")
    await favourited(world, post, fans)
    for fan in fans[:2]:
        await world.follows(fan, alice)
    both = decoded(await alice.get(GROUPS))["notification_groups"]
    assert [(one["type"], one["notifications_count"]) for one in both] == [("follow", 2), ("favourite", 3)]
    only = decoded(await alice.get(GROUPS, **{"types[]": "follow"}))["notification_groups"]
    assert [one["type"] for one in only] == ["follow"]
    without = decoded(await alice.get(GROUPS, **{"exclude_types[]": "follow"}))["notification_groups"]
    assert [one["type"] for one in without] == ["favourite"]
    parted = decoded(await alice.get(GROUPS, **{"grouped_types[]": ["follow", "admin.sign_up", "nonsense"]}))
    assert [one["notifications_count"] for one in parted["notification_groups"]] == [2, 1, 1, 1]
    alone = parted["notification_groups"][1]
    assert alone["group_key"] == f"ungrouped-{alone['most_recent_notification_id']}"
    assert (
        decoded(await alice.get(f"{GROUPS}/{alone['group_key']}"))["notification_groups"][0]["notifications_count"] == 1
    )
    assert decoded(await alice.get(f"{GROUPS}/unread_count")) == {"count": 2}
    assert decoded(await alice.get(f"{GROUPS}/unread_count", **{"grouped_types[]": "follow"})) == {"count": 4}
    assert decoded(await alice.get(f"{GROUPS}/unread_count", limit=3, **{"grouped_types[]": "follow"})) == {"count": 3}
    from_one = decoded(await alice.get(GROUPS, account_id=str(fans[0].id)))["notification_groups"]
    assert [(one["type"], one["sample_account_ids"]) for one in from_one] == [
        ("follow", [str(fans[0].id)]),
        ("favourite", [str(fans[0].id)]),
    ]


async def test_the_marker_says_which_groups_are_unread(world: World) -> None:
    alice, bob, carol = [await world.person(name) for name in ("alice", "bob", "carol")]
    post = await published(alice, "post")
    await favourited(world, post, [bob])
    await world.follows(bob, alice)
    newest = decoded(await alice.get("/api/v1/notifications"))[0]["id"]
    await alice.post("/api/v1/markers", {"notifications": {"last_read_id": newest}})
    assert decoded(await alice.get(f"{GROUPS}/unread_count")) == {"count": 0}
    await favourited(world, post, [carol])
    assert decoded(await alice.get(f"{GROUPS}/unread_count")) == {"count": 1}


async def test_partial_accounts_spare_the_rest(world: World) -> None:
    alice = await world.person("alice")
    fans = await crowd(world, 3)
    post = await published(alice, "post")
    await favourited(world, post, fans)
    body = decoded(await alice.get(GROUPS, expand_accounts="partial_avatars"))
    assert [one["id"] for one in body["accounts"]] == [str(fans[2].id)]
    assert "followers_count" in body["accounts"][0]
    assert [one["id"] for one in body["partial_accounts"]] == [str(fans[1].id), str(fans[0].id)]
    for one in body["partial_accounts"]:
        assert set(one) == {"id", "acct", "url", "avatar", "avatar_static", "avatar_description", "locked", "bot"}
    assert (await alice.get(GROUPS, expand_accounts="some")).status_code == 400


async def test_one_group_its_people_and_its_end(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    fans = await crowd(world, 4)
    post = await published(alice, "post")
    await favourited(world, post, fans)
    (key,) = keys(decoded(await alice.get(GROUPS)))
    one = decoded(await alice.get(f"{GROUPS}/{key}"))
    (group,) = one["notification_groups"]
    assert group["notifications_count"] == 4
    assert "page_min_id" not in group
    assert one["statuses"][0]["id"] == post
    first = await alice.get(f"{GROUPS}/{key}/accounts", limit=3)
    assert [a["id"] for a in decoded(first)] == [str(fan.id) for fan in fans[:0:-1]]
    rest = await world.client.get(first.links["next"]["url"], headers=alice.headers)
    assert [a["id"] for a in decoded(rest)] == [str(fans[0].id)]
    assert "next" not in rest.links
    for path in ("", "/accounts"):
        assert (await bob.get(f"{GROUPS}/{key}{path}")).status_code == 404
        assert (await alice.get(f"{GROUPS}/ungrouped-1{path}")).status_code == 404
        assert (await alice.get(f"{GROUPS}/ungrouped-x{path}")).status_code == 404
        assert (await alice.get(f"{GROUPS}/nothing{path}")).status_code == 404
    await bob.post(f"{GROUPS}/{key}/dismiss")
    assert keys(decoded(await alice.get(GROUPS))) == [key]
    for _ in range(2):
        assert decoded(await alice.post(f"{GROUPS}/{key}/dismiss")) == {}
    assert keys(decoded(await alice.get(GROUPS))) == []


async def test_a_single_notification_is_a_group_of_its_own(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    post = await published(bob, "@alice hi")
    await world.settle()
    (key,) = keys(decoded(await alice.get(GROUPS)))
    assert decoded(await alice.get(f"{GROUPS}/{key}"))["statuses"][0]["id"] == post
    assert [a["id"] for a in decoded(await alice.get(f"{GROUPS}/{key}/accounts"))] == [str(bob.id)]
    decoded(await alice.post(f"{GROUPS}/{key}/dismiss"))
    assert decoded(await alice.get("/api/v1/notifications")) == []


async def test_clearing_leaves_nothing(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    await world.follows(bob, alice)
    decoded(await alice.post(f"{GROUPS}/clear"))
    assert decoded(await alice.get("/api/v1/notifications")) == []


async def test_the_silenced_and_the_hidden_do_not_appear_or_count(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    fans = await crowd(world, 4)
    post = await published(alice, "post")
    await favourited(world, post, fans)
    await published(bob, "@alice for your eyes", visibility="private")
    await world.follows(alice, bob)
    await world.settle()
    await alice.post(f"/api/v1/accounts/{fans[3].id}/block")
    await alice.post(f"/api/v1/accounts/{fans[2].id}/mute")
    body = decoded(await alice.get(GROUPS))
    (group,) = [one for one in body["notification_groups"] if one["type"] == "favourite"]
    assert (group["notifications_count"], group["sample_account_ids"]) == (2, [str(fans[1].id), str(fans[0].id)])
    assert {str(fans[2].id), str(fans[3].id)}.isdisjoint(a["id"] for a in body["accounts"])
    assert [a["id"] for a in decoded(await alice.get(f"{GROUPS}/{group['group_key']}/accounts"))] == [
        str(fans[1].id),
        str(fans[0].id),
    ]
    await bob.post(f"/api/v1/accounts/{alice.id}/block")
    await alice.delete(f"/api/v1/statuses/{post}")
    assert decoded(await alice.get(GROUPS))["notification_groups"] == []
    assert decoded(await alice.get(f"{GROUPS}/unread_count")) == {"count": 0}
    assert (await alice.get(f"{GROUPS}/{group['group_key']}")).status_code == 404


async def test_a_page_of_groups_costs_two_statements(world: World) -> None:
    alice = await world.person("alice")
    fans = await crowd(world, 3)
    for number in range(6):
        await favourited(world, await published(alice, f"post {number}"), fans)
    decoded(await alice.get(GROUPS))
    with world.statements() as sent:
        assert len(decoded(await alice.get(GROUPS))["notification_groups"]) == 6
    assert len(sent) <= 2, sent


async def test_groups_of_a_thousand_are_counted(world: World) -> None:
    alice = await world.person("alice")
    post = await published(alice, "post")
    async with world.services.db.transaction() as tx:
        await tx.execute(
            """
            WITH people AS (
                INSERT INTO account (id, handle, created_at)
                SELECT 1000 + n, 'crowd' || n, now() FROM generate_series(1, 1200) n RETURNING id)
            INSERT INTO notification (account_id, id, kind, from_id, post_id, group_key, dedupe_key, created_at)
            SELECT $1, 5000 + id, 'favourite', id, $2, 'favourite-many', 'favourite:' || id, $3 FROM people
            """,
            alice.id,
            int(post),
            utc_now(),
        )
    (group,) = decoded(await alice.get(GROUPS))["notification_groups"]
    assert group["notifications_count"] == 1200
    assert len(group["sample_account_ids"]) == 8
