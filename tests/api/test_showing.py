"""What people show on their profiles (hashtags, people), and servers of which they want nothing."""

from __future__ import annotations

from tests.rig.people import Person, decoded
from tests.rig.world import World


async def names(viewer: Person, path: str) -> list[str]:
    return [one["username"] for one in decoded(await viewer.get(path))]


async def test_hashtags_are_featured_with_their_numbers_and_taken_off(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    for text, seen in (
        ("#Bread", "public"),
        ("more #bread", "unlisted"),
        ("secret #bread", "private"),
        ("#tea", "public"),
    ):
        decoded(await alice.post("/api/v1/statuses", {"status": text, "visibility": seen}))
    made = decoded(await alice.post("/api/v1/featured_tags", {"name": "#Bread"}))
    assert (made["name"], made["statuses_count"], len(made["last_status_at"])) == ("Bread", "2", 10)
    assert decoded(await alice.post("/api/v1/featured_tags", {"name": "bread"})) == made
    for path in (f"/api/v1/accounts/{alice.id}/featured_tags", "/api/v1/featured_tags"):
        assert decoded(await alice.get(path)) == [made]
    assert decoded(await bob.get(f"/api/v1/accounts/{alice.id}/featured_tags")) == [made]
    assert decoded(await alice.get("/api/v1/profile"))["featured_tags"] == [made]
    assert [one["name"] for one in decoded(await alice.get("/api/v1/featured_tags/suggestions"))] == ["tea"]
    assert (await bob.delete(f"/api/v1/featured_tags/{made['id']}")).status_code == 404
    assert decoded(await alice.delete(f"/api/v1/featured_tags/{made['id']}")) == {}
    assert decoded(await alice.get("/api/v1/featured_tags")) == []
    assert (await alice.post("/api/v1/featured_tags", {"name": "two words"})).status_code == 422
    assert (await alice.get("/api/v1/accounts/1/featured_tags")).status_code == 404


async def test_a_hashtag_says_whether_one_features_it_and_there_is_an_end(world: World) -> None:
    alice = await world.person("alice")
    assert decoded(await alice.post("/api/v1/tags/Bread/feature"))["featuring"] is True
    assert decoded(await alice.get("/api/v1/tags/bread"))["featuring"] is True
    assert decoded(await alice.post("/api/v1/tags/bread/unfeature"))["featuring"] is False
    most = decoded(await alice.get("/api/v2/instance"))["configuration"]["accounts"]["max_featured_tags"]
    for number in range(most):
        decoded(await alice.post(f"/api/v1/tags/tag{number}/feature"))
    assert (await alice.post("/api/v1/tags/onemore/feature")).status_code == 422
    assert len(decoded(await alice.get("/api/v1/featured_tags"))) == most


async def test_one_endorses_whom_one_follows_and_everybody_sees_it(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    assert (await alice.post(f"/api/v1/accounts/{bob.id}/endorse")).status_code == 422
    await world.follows(alice, bob)
    await world.follows(alice, carol)
    for old, person in (("endorse", bob), ("pin", carol)):
        assert decoded(await alice.post(f"/api/v1/accounts/{person.id}/{old}"))["endorsed"] is True
    theirs = f"/api/v1/accounts/{alice.id}/endorsements"
    assert await names(bob, theirs) == ["carol", "bob"] == await names(alice, "/api/v1/endorsements")
    first = await bob.get(theirs, limit=1)
    assert [one["username"] for one in decoded(await world.client.get(first.links["next"]["url"]))] == ["bob"]
    decoded(await alice.post(f"/api/v1/accounts/{carol.id}/unfollow"))
    assert await names(bob, theirs) == ["bob"], "nobody is shown who is not followed any more"
    assert decoded(await alice.post(f"/api/v1/accounts/{bob.id}/unpin"))["endorsed"] is False
    assert await names(bob, theirs) == []


async def test_a_blocked_viewer_and_a_hidden_list_show_no_endorsements(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    await world.follows(alice, bob)
    decoded(await alice.post(f"/api/v1/accounts/{bob.id}/endorse"))
    theirs = f"/api/v1/accounts/{alice.id}/endorsements"
    decoded(await bob.post(f"/api/v1/accounts/{carol.id}/block"))
    assert await names(carol, theirs) == [], "whom bob blocks sees nothing of bob"
    decoded(await alice.client.patch("/api/v1/profile", json={"hide_collections": True}, headers=alice.headers))
    assert decoded(await world.client.get(theirs)) == []
    assert await names(alice, theirs) == ["bob"]


async def test_servers_are_blocked_listed_and_unblocked(world: World) -> None:
    alice = await world.person("alice")
    for domain in ("Evil.example", "evil.example", "other.example"):
        assert decoded(await alice.post("/api/v1/domain_blocks", {"domain": domain})) == {}
    assert decoded(await alice.get("/api/v1/domain_blocks")) == ["other.example", "evil.example"]
    preview = decoded(await alice.get("/api/v1/domain_blocks/preview", domain="evil.example"))
    assert preview == {"following_count": 0, "followers_count": 0}
    for wrong in ("", "no domain", "alice@evil.example", world.services.settings.domain):
        assert (await alice.post("/api/v1/domain_blocks", {"domain": wrong})).status_code == 422, wrong
    bob = await world.person("bob")
    await world.follows(alice, bob)
    (tie,) = decoded(await alice.get("/api/v1/accounts/relationships", **{"id[]": bob.id}))
    assert (tie["following"], tie["domain_blocking"]) == (True, False), "nobody here is of another server"
    body = {"json": {"domain": "evil.example"}}
    decoded(await alice.client.request("DELETE", "/api/v1/domain_blocks", headers=alice.headers, **body))
    decoded(await alice.delete("/api/v1/domain_blocks", domain="other.example"))
    assert decoded(await alice.get("/api/v1/domain_blocks")) == []
