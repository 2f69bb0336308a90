"""Trends can be computed again by anybody, from what is published; suggestions and the directory respect what people wish."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parvis.base.clock import utc_now
from parvis.domain import accounts, relationships
from parvis.domain.accounts.types import ProfileChange
from parvis.domain.posts.types import Visibility
from parvis.domain.search import trends
from parvis.infra.overload import levels
from tests.rig.people import Person, decoded
from tests.rig.world import World


async def computed(world: World) -> None:
    await world.settle()
    await trends.compute(world.services, now=utc_now())


async def crowd(world: World, count: int = 5) -> list[Person]:
    return [await world.person(f"person{number}") for number in range(count)]


async def test_trends_follow_from_what_is_published(world: World) -> None:
    people = await crowd(world)
    for number, who in enumerate(people):
        await who.says("#bread" + (" #salt" if number < 3 else "") + (" #few" if number < 2 else ""))
    liked = [await people[0].says(f"post {n}") for n in range(2)]
    other = await people[1].says("another")
    for post_id, fans in ((liked[0], 4), (liked[1], 3), (other, 3)):
        for who in people[:fans]:
            decoded(await who.post(f"/api/v1/statuses/{post_id}/favourite"))
    await computed(world)
    tags = decoded(await world.client.get("/api/v1/trends/tags"))
    assert [one["name"] for one in tags] == ["bread", "salt"]
    assert decoded(await world.client.get("/api/v1/trends")) == tags
    assert tags[0]["history"][0] == {"day": tags[0]["history"][0]["day"], "accounts": "5", "uses": "5"}
    assert [one["id"] for one in decoded(await people[2].get("/api/v1/trends/statuses"))] == [str(liked[0]), str(other)]
    first = await people[2].get("/api/v1/trends/statuses", limit=1)
    assert first.links["next"]["url"].endswith("limit=1&offset=1")
    published = decoded(await world.client.get("/api/parvis/v1/trends"))
    recompute(published)
    assert {one["kind"] for one in published["entries"]} == {"tag", "post"}
    for one in published["entries"]:
        if one["kind"] == "post":
            shown = decoded(await world.client.get(f"/api/v1/statuses/{one['name']}"))
            assert {key: shown[key] for key in ("favourites_count", "reblogs_count", "created_at")} == {
                key: one[key] for key in ("favourites_count", "reblogs_count", "created_at")
            }
        else:
            assert decoded(await world.client.get(f"/api/v1/tags/{one['name']}"))["history"] == one["history"]


async def test_trends_stay_for_an_hour_while_people_are_refused(world: World) -> None:
    async def listed() -> list[str]:
        return [one["name"] for one in decoded(await world.client.get("/api/v1/trends/tags"))]

    people = await crowd(world, 3)
    for word in ("#bread", "#salt"):
        for who in people:
            await who.says(word)
        await world.settle()
        await world.services.pressure._hear(b"1")  # as from a web process that refuses
        await trends.compute(world.services, now=utc_now())
        assert await listed() == ["bread"]
    await trends.compute(world.services, now=utc_now() + trends.GOOD_FOR)
    assert await listed() == ["bread", "salt"]


def recompute(published: dict[str, Any]) -> None:
    """The formula of docs/trends.md once more, from what is published alone."""
    at = datetime.fromisoformat(published["computed_at"])
    part = (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(days=1)
    for one in published["entries"]:
        if one["kind"] == "post":
            hours = (at - datetime.fromisoformat(one["created_at"])) / timedelta(hours=1)
            score = (one["favourites_count"] + one["reblogs_count"]) / (hours + 2) ** 1.5
        else:
            people = [int(day["accounts"]) for day in one["history"]]
            recent, usual = people[0] + people[1] * (1 - part), sum(people[2:]) / 5
            score = (recent - usual) ** 2 / (usual + 1)
        assert abs(score - one["score"]) < 1e-3, one
    for kind in ("tag", "post", "link"):
        scores = [one["score"] for one in published["entries"] if one["kind"] == kind]
        assert scores == sorted(scores, reverse=True)


async def test_case_c8_what_is_hidden_counts_in_no_trend(world: World) -> None:
    people = await crowd(world)
    for visibility in (Visibility.QUIET, Visibility.FOLLOWERS):
        for who in people:
            await who.says("#hidden", visibility=visibility)
    closed = await people[0].says("closed", visibility=Visibility.FOLLOWERS)
    warned = await people[1].says("warned", warning="careful")
    for who in people:
        if who is not people[0]:
            await world.follows(who, people[0])
        for post_id in (closed, warned):
            decoded(await who.post(f"/api/v1/statuses/{post_id}/favourite"))
    await computed(world)
    assert decoded(await world.client.get("/api/v1/trends/tags")) == []
    assert decoded(await people[2].get("/api/v1/trends/statuses")) == []
    assert decoded(await world.client.get("/api/parvis/v1/trends"))["entries"] == []


async def test_a_post_that_goes_out_of_sight_leaves_the_list_at_once(world: World) -> None:
    people = await crowd(world)
    post_id = await people[0].says("loved")
    for who in people:
        decoded(await who.post(f"/api/v1/statuses/{post_id}/favourite"))
    await computed(world)
    assert len(decoded(await people[1].get("/api/v1/trends/statuses"))) == 1
    async with world.services.db.transaction() as tx:
        await relationships.mute(tx, world.services.ids, people[2].id, people[0].id, now=utc_now())
        await relationships.block(tx, world.services.ids, people[0].id, people[3].id, now=utc_now())
    for who in people[2:4]:
        assert decoded(await who.get("/api/v1/trends/statuses")) == []
    await people[0].delete(f"/api/v1/statuses/{post_id}")
    assert decoded(await people[1].get("/api/v1/trends/statuses")) == []
    assert decoded(await world.client.get("/api/parvis/v1/trends"))["entries"] == []


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the machine may be busy
@given(st.lists(st.integers(0, 1000), min_size=7, max_size=7), st.floats(0, 1), st.integers(1, 500))
def test_more_people_today_never_lower_a_score_and_more_usual_ones_never_raise_it(
    people: list[int], part: float, more: int
) -> None:
    score = trends.rise(people, part)
    assert score >= 0
    assert trends.rise([people[0] + more, *people[1:]], part) >= score
    assert trends.rise([*people[:6], people[6] + more], part) <= score


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(0, 100), st.floats(0.1, 100))
def test_a_post_cools_with_time_and_every_person_counts_alike(one: int, other: int, age: float, later: float) -> None:
    assert trends.warmth(one, other, age) == trends.warmth(other, one, age)
    assert trends.warmth(one, other, age + later) <= trends.warmth(one, other, age)


async def test_friends_of_friends_are_suggested_first_until_dismissed(world: World) -> None:
    alice, bob, carol, dave, erin = [await world.person(n) for n in ("alice", "bob", "carol", "dave", "erin")]
    for one, other in ((alice, bob), (bob, carol), (bob, dave), (erin, dave)):
        await world.follows(one, other)
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, dave.id, change=ProfileChange(discoverable=False), now=utc_now())
    found = decoded(await alice.get("/api/v2/suggestions"))
    assert [(one["account"]["username"], one["source"], one["sources"]) for one in found] == [
        ("carol", "past_interactions", ["friends_of_friends"]),
        ("erin", "global", ["most_followed"]),
    ]
    assert [one["username"] for one in decoded(await alice.get("/api/v1/suggestions", limit=1))] == ["carol"]
    world.services.pressure.level = levels.PAUSED
    for version in ("v1", "v2"):
        assert decoded(await alice.get(f"/api/{version}/suggestions")) == []
    world.services.pressure.level = levels.WELL
    assert decoded(await alice.delete(f"/api/v1/suggestions/{carol.id}")) == {}
    assert [one["username"] for one in decoded(await alice.get("/api/v1/suggestions"))] == ["erin"]
    assert (await alice.delete("/api/v1/suggestions/1")).status_code == 404


async def test_the_directory_has_those_who_let_others_find_them(world: World) -> None:
    alice, bob, carol = [await world.person(n) for n in ("alice", "bob", "carol")]
    await alice.says("hello")
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, carol.id, change=ProfileChange(discoverable=False), now=utc_now())
    listed = decoded(await world.client.get("/api/v1/directory"))
    assert [one["username"] for one in listed] == ["alice", "bob"]
    assert [one["username"] for one in decoded(await bob.get("/api/v1/directory", order="new"))] == ["bob", "alice"]
    assert [one["username"] for one in decoded(await bob.get("/api/v1/directory", offset=1, limit=1))] == ["bob"]
    assert (await bob.get("/api/v1/directory", order="other")).status_code == 422


async def test_trends_cost_a_fixed_number_of_statements(world: World) -> None:
    people = await crowd(world)
    counts = []
    for number in (1, 4):
        for author in people[:number]:
            post_id = await author.says(f"loved #bread{number}")
            for who in people:
                decoded(await who.post(f"/api/v1/statuses/{post_id}/favourite"))
        await computed(world)
        for path in ("statuses", "tags", "links"):
            await people[0].get(f"/api/v1/trends/{path}")
            with world.statements() as sent:
                decoded(await people[0].get(f"/api/v1/trends/{path}"))
            counts.append(len(sent))
    assert max(counts) <= 4  # a post that is not kept costs one more, however many there are
