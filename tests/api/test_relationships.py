"""Following, blocking and muting through the JSON door; lists that lead on by their Link."""

from __future__ import annotations

import re
from typing import Any

from parvis.base.clock import utc_now
from parvis.domain import accounts
from tests.api.test_accounts import ACCOUNT_KEYS
from tests.rig.people import Person, decoded
from tests.rig.world import ORIGIN, World

RELATIONSHIP_KEYS = set(
    """
    id following showing_reblogs notifying languages followed_by blocking blocked_by muting muting_notifications
    muting_expires_at requested requested_by domain_blocking endorsed note
    """.split()
)


async def relationship(answer: Any) -> dict[str, Any]:
    found = decoded(answer)
    assert set(found) == RELATIONSHIP_KEYS
    for name, value in found.items():
        if name not in ("id", "languages", "muting_expires_at", "note"):
            assert isinstance(value, bool), name
    return found


async def test_every_action_answers_with_the_relationship(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    base = f"/api/v1/accounts/{bob.id}"
    # Ice Cubes sends everything in the address.
    seen = await relationship(
        await world.client.post(f"{base}/follow?reblogs=false&notify=true&languages[]=en", headers=alice.headers)
    )
    assert (seen["following"], seen["showing_reblogs"], seen["notifying"]) == (True, False, True)
    assert seen["languages"] == ["en"]
    assert (await relationship(await alice.post(f"{base}/mute", {"duration": 60})))["muting_expires_at"]
    assert not (await relationship(await alice.post(f"{base}/unmute")))["muting"]
    assert (await relationship(await alice.post(f"{base}/note", {"comment": "baker"})))["note"] == "baker"
    assert not (await relationship(await alice.post(f"{base}/unfollow")))["following"]
    await bob.post(f"/api/v1/accounts/{alice.id}/follow")
    assert not (await relationship(await alice.post(f"{base}/remove_from_followers")))["followed_by"]
    assert (await relationship(await alice.post(f"{base}/block")))["blocking"]
    assert (await bob.post(f"/api/v1/accounts/{alice.id}/follow")).status_code == 403
    assert not (await relationship(await alice.post(f"{base}/unblock")))["blocking"]
    for verb in ("follow", "block", "mute"):
        assert (await alice.post(f"/api/v1/accounts/{alice.id}/{verb}")).status_code == 403
    for verb in ("follow", "unfollow", "block", "unblock", "mute", "unmute", "note", "remove_from_followers"):
        assert (await alice.post(f"/api/v1/accounts/1/{verb}")).status_code == 404


async def test_relationships_take_one_id_or_many(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    path = "/api/v1/accounts/relationships"
    assert [one["id"] for one in decoded(await alice.get(path, id=str(bob.id)))] == [str(bob.id)]
    query = f"id[]={bob.id}&id[]={alice.id}&id[]=1&id[]=x"
    many = decoded(await world.client.get(f"{path}?{query}", headers=alice.headers))
    assert [one["id"] for one in many] == [str(bob.id), str(alice.id)]
    assert decoded(await alice.get(path)) == []


async def test_follow_requests_are_listed_and_answered(world: World) -> None:
    bob = await world.person("bob", locked=True)
    alice, carol = await world.person("alice"), await world.person("carol")
    for one in (alice, carol):
        seen = await relationship(await one.post(f"/api/v1/accounts/{bob.id}/follow"))
        assert (seen["following"], seen["requested"]) == (False, True)
    listed = decoded(await bob.get("/api/v1/follow_requests"))
    assert [one["username"] for one in listed] == ["carol", "alice"]
    me = decoded(await bob.get("/api/v1/accounts/verify_credentials"))
    assert me["source"]["follow_requests_count"] == 2
    accepted = await relationship(await bob.post(f"/api/v1/follow_requests/{alice.id}/authorize"))
    assert accepted["followed_by"]
    refused = await relationship(await bob.post(f"/api/v1/follow_requests/{carol.id}/reject"))
    assert not refused["followed_by"]
    assert (await bob.post(f"/api/v1/follow_requests/{carol.id}/authorize")).status_code == 404
    assert decoded(await bob.get("/api/v1/follow_requests")) == []


async def test_a_language_with_a_region_lets_posts_in_it_through_however_it_is_written(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    seen = await relationship(await alice.post(f"/api/v1/accounts/{bob.id}/follow?languages[]=pt-BR&languages[]=pt-br"))
    assert seen["languages"] == ["pt-br"]
    for text, language in (("Bom dia", "pt-BR"), ("Good morning", "en")):
        await bob.post("/api/v1/statuses", {"status": text, "language": language})
    await world.settle()
    home = decoded(await alice.get("/api/v1/timelines/home"))
    assert [one["content"] for one in home] == ["<p>Bom dia</p>"]


async def test_who_asks_again_after_a_refusal_is_announced_again(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob", locked=True)
    for times in (1, 2):
        await alice.post(f"/api/v1/accounts/{bob.id}/follow")
        await alice.post(f"/api/v1/accounts/{bob.id}/follow?notify=true")
        await world.settle()
        told = decoded(await bob.get("/api/v1/notifications", **{"types[]": "follow_request"}))
        assert [one["account"]["username"] for one in told] == ["alice"] * times
        await bob.post(f"/api/v1/follow_requests/{alice.id}/reject")
        await world.settle()


async def test_who_asked_follows_when_they_press_again_and_the_account_is_open_by_then(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob", locked=True)
    await alice.post(f"/api/v1/accounts/{bob.id}/follow?reblogs=false")
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, bob.id, change=accounts.ProfileChange(locked=False), now=utc_now())
    seen = await relationship(await alice.post(f"/api/v1/accounts/{bob.id}/follow"))
    assert (seen["following"], seen["requested"], seen["showing_reblogs"]) == (True, False, False)
    assert decoded(await bob.get("/api/v1/follow_requests")) == []


async def follows(one: Person, other: Person) -> None:
    decoded(await one.post(f"/api/v1/accounts/{other.id}/follow"))


async def test_lists_lead_on_by_link_until_an_empty_page_has_none(world: World) -> None:
    star = await world.person("star")
    fans = [await world.person(f"fan{n}") for n in range(3)]
    for fan in fans:
        await follows(fan, star)
    path: str | None = f"/api/v1/accounts/{star.id}/followers?limit=2"
    seen: list[str] = []
    pages = 0
    while path:
        answer = await world.client.get(path)
        seen += [one["username"] for one in decoded(answer)]
        pages += 1
        links = {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers.get("link", ""))}
        if links:
            assert all(
                url.startswith(f"{ORIGIN}/api/v1/accounts/{star.id}/followers?limit=2&") for url in links.values()
            )
            assert re.search(r"since_id=\d+$", links["prev"])
            back = await world.client.get(links["prev"])
            assert "link" not in back.headers or decoded(back)
        path = links.get("next")
    assert seen == ["fan2", "fan1", "fan0"]
    assert pages == 2
    empty = await world.client.get(f"/api/v1/accounts/{star.id}/following")
    assert decoded(empty) == []
    assert "link" not in empty.headers


async def test_blocks_and_mutes_are_listed(world: World) -> None:
    alice, bob, carol = await world.person("alice"), await world.person("bob"), await world.person("carol")
    await alice.post(f"/api/v1/accounts/{bob.id}/block")
    await alice.post(f"/api/v1/accounts/{carol.id}/mute", {"duration": 3600})
    answer = await alice.get("/api/v1/blocks")
    assert [one["id"] for one in decoded(answer)] == [str(bob.id)]
    assert "since_id=" in answer.headers["link"]
    [muted] = decoded(await alice.get("/api/v1/mutes"))
    assert set(muted) == ACCOUNT_KEYS | {"mute_expires_at"}
    assert muted["mute_expires_at"].endswith("Z")
    assert decoded(await bob.get("/api/v1/blocks")) == []


async def test_familiar_followers_are_told(world: World) -> None:
    alice, bob, star = await world.person("alice"), await world.person("bob"), await world.person("star")
    await follows(alice, bob)
    await follows(bob, star)
    [found] = decoded(await alice.get("/api/v1/accounts/familiar_followers", **{"id[]": str(star.id)}))
    assert (found["id"], [one["username"] for one in found["accounts"]]) == (str(star.id), ["bob"])
