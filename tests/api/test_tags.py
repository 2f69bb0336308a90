"""Followed hashtags through the JSON door: what is public under them is at home, and nothing else."""

from __future__ import annotations

from tests.rig.people import Person, decoded
from tests.rig.world import World


async def home(owner: Person) -> list[str]:
    return [s["id"] for s in decoded(await owner.get("/api/v1/timelines/home"))]


async def say(author: Person, text: str, **more: str) -> str:
    return decoded(await author.post("/api/v1/statuses", {"status": text} | more))["id"]


async def test_a_hashtag_is_followed_listed_by_row_and_followed_no_more(world: World) -> None:
    alice = await world.person("alice")
    before = decoded(await alice.get("/api/v1/tags/Bread"))
    assert (before["name"], before["following"], len(before["history"])) == ("bread", False, 7)
    for name in ("Bread", "bread", "Café", "été"):
        followed = decoded(await alice.post(f"/api/v1/tags/{name}/follow"))
        assert set(followed) == {"id", "name", "url", "history", "following", "featuring"}
        assert followed["following"] is True
    assert decoded(await alice.get("/api/v1/tags/BREAD"))["following"] is True
    assert "following" not in decoded(await world.client.get("/api/v1/tags/bread"))
    first = await alice.get("/api/v1/followed_tags", limit=2)
    assert [(tag["name"], tag["following"]) for tag in decoded(first)] == [("été", True), ("café", True)]
    second = await world.client.get(first.links["next"]["url"], headers=alice.headers)
    assert [tag["name"] for tag in decoded(second)] == ["bread"]
    assert "since_id=" in second.links["prev"]["url"]
    for _ in range(2):
        assert decoded(await alice.post("/api/v1/tags/Bread/unfollow"))["following"] is False
    assert [tag["name"] for tag in decoded(await alice.get("/api/v1/followed_tags"))] == ["été", "café"]


async def test_what_is_no_hashtag_cannot_be_followed(world: World) -> None:
    alice = await world.person("alice")
    for name in ("two words", "1234", "a.b", "x" * 101):
        assert (await alice.post(f"/api/v1/tags/{name}/follow")).status_code == 422, name
    assert decoded(await alice.get("/api/v1/followed_tags")) == []


async def test_search_says_which_hashtags_one_follows(world: World) -> None:
    alice = await world.person("alice")
    await say(alice, "#bread #breakfast")
    decoded(await alice.post("/api/v1/tags/bread/follow"))
    found = decoded(await alice.get("/api/v2/search", q="#brea"))["hashtags"]
    assert {tag["name"]: tag["following"] for tag in found} == {"bread": True, "breakfast": False}


async def test_public_posts_under_a_followed_hashtag_are_at_home(world: World) -> None:
    alice, bob, carol, dave = [await world.person(n) for n in ("alice", "bob", "carol", "dave")]
    decoded(await alice.post("/api/v1/tags/bread/follow"))
    decoded(await alice.post("/api/v1/tags/butter/follow"))
    wanted = [await say(bob, "fresh #Bread and #butter"), await say(carol, "#bread again")]
    for visibility in ("unlisted", "private", "direct"):
        await say(bob, "@alice #bread" if visibility == "direct" else "#bread", visibility=visibility)
    await say(bob, "no hashtag")
    await carol.post(f"/api/v1/statuses/{wanted[0]}/reblog")
    decoded(await alice.post(f"/api/v1/accounts/{dave.id}/mute"))
    await say(dave, "#bread by somebody muted")
    await world.settle()
    assert await home(alice) == wanted[::-1]
    await world.settle()
    assert await home(alice) == wanted[::-1], "also beside rows"
    await world.follows(alice, bob)
    assert wanted[0] in await home(alice)
    decoded(await bob.post(f"/api/v1/accounts/{alice.id}/block"))
    assert await home(alice) == [wanted[1]]
    decoded(await alice.post("/api/v1/tags/bread/unfollow"))
    assert await home(alice) == []


async def test_a_post_under_two_followed_hashtags_is_on_a_page_once_and_crowds_out_nothing(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    await world.follows(alice, carol)
    for name in ("bread", "butter"):
        decoded(await alice.post(f"/api/v1/tags/{name}/follow"))
    made = []
    for number in range(4):
        made.append(await say(carol, f"from carol {number}"))
        made += [await say(bob, f"{number} #bread #butter"), await say(bob, f"{number} #butter #bread")]
    await world.settle()
    pages: list[str] = []
    while found := decoded(
        await alice.get("/api/v1/timelines/home", limit=2, **({"max_id": pages[-1]} if pages else {}))
    ):
        pages += [s["id"] for s in found]
    assert pages == made[::-1]
