"""Posts for later through the JSON door: planned, moved, taken back, published once and on time."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from parvis.base.clock import iso_ms, utc_now
from parvis.domain import media
from parvis.domain.accounts.types import Viewer
from parvis.domain.posts import Limits, scheduled
from parvis.domain.posts.types import Draft
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World


def later(**much: float) -> str:
    return iso_ms(utc_now() + timedelta(**much))


async def plan(author: Person, text: str = "later", **more: Any) -> dict[str, Any]:
    return decoded(await author.post("/api/v1/statuses", {"status": text, "scheduled_at": later(hours=1)} | more))


async def pass_time(world: World, author: Person, planned: dict[str, Any], **much: float) -> None:
    """The job runs as if so much time had passed."""
    now = datetime.fromisoformat(planned["scheduled_at"]) + timedelta(**much)
    await scheduled.publish_scheduled(world.services, author.id, int(planned["id"]), now=now)
    await world.settle()


async def texts(author: Person) -> list[str]:
    return [s["content"] for s in decoded(await author.get(f"/api/v1/accounts/{author.id}/statuses"))]


async def test_a_post_for_later_is_published_once_when_it_is_due(world: World) -> None:
    alice = await world.person("alice")
    planned = await plan(
        alice, "see you", spoiler_text="soon", visibility="unlisted", poll={"options": ["a", "b"], "expires_in": 600}
    )
    assert planned["params"]["text"] == "see you"
    assert planned["params"]["visibility"] == "unlisted"
    assert planned["params"]["poll"] == {
        "options": ["a", "b"],
        "expires_in": 600,
        "multiple": False,
        "hide_totals": False,
    }
    assert await texts(alice) == []
    await pass_time(world, alice, planned, seconds=-1)
    assert await texts(alice) == [], "not yet"
    for _ in range(2):
        await pass_time(world, alice, planned)
        (found,) = decoded(await alice.get(f"/api/v1/accounts/{alice.id}/statuses"))
        assert (found["content"], found["spoiler_text"], found["visibility"]) == ("<p>see you</p>", "soon", "unlisted")
        assert found["application"]["name"] == "Rig"
        assert [one["title"] for one in found["poll"]["options"]] == ["a", "b"]
    assert decoded(await alice.get("/api/v1/scheduled_statuses")) == []


async def test_posts_for_later_are_listed_read_moved_and_taken_back_by_their_author_alone(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    first, second = await plan(alice, "first"), await plan(alice, "second")
    page = await alice.get("/api/v1/scheduled_statuses", limit=1)
    assert [one["id"] for one in decoded(page)] == [second["id"]]
    rest = await alice.client.get(page.links["next"]["url"], headers=alice.headers)
    assert [one["id"] for one in decoded(rest)] == [first["id"]]
    path = f"/api/v1/scheduled_statuses/{first['id']}"
    for verb in ("PUT", "PATCH"):
        moved = decoded(
            await alice.client.request(verb, path, json={"scheduled_at": later(hours=3)}, headers=alice.headers)
        )
        assert moved["scheduled_at"] > first["scheduled_at"]
    await pass_time(world, alice, first)
    assert await texts(alice) == [], "it was moved"
    for method in ("GET", "PUT", "DELETE"):
        body = {} if method == "GET" else {"json": {"scheduled_at": later(hours=2)}}
        assert (await bob.client.request(method, path, headers=bob.headers, **body)).status_code == 404
    assert decoded(await alice.delete(path)) == {}
    assert (await alice.get(path)).status_code == 404
    await pass_time(world, alice, moved)
    assert await texts(alice) == [], "it was taken back"


async def test_what_is_too_near_too_far_or_no_moment_is_refused_and_what_is_past_is_published(world: World) -> None:
    alice = await world.person("alice")
    for moment in (later(minutes=4), later(days=4000), "tomorrow"):
        answer = await alice.post("/api/v1/statuses", {"status": "x", "scheduled_at": moment})
        assert answer.status_code == 422, moment
    at_once = decoded(await alice.post("/api/v1/statuses", {"status": "x", "scheduled_at": later(minutes=-5)}))
    assert at_once["content"] == "<p>x</p>"
    assert (await alice.post("/api/v1/statuses", {"status": "", "scheduled_at": later(hours=1)})).status_code == 422


async def test_an_idempotency_key_plans_one_post(world: World) -> None:
    alice = await world.person("alice")
    body = {"status": "once", "scheduled_at": later(hours=1)}
    one, other = [decoded(await alice.post("/api/v1/statuses", body, **{"Idempotency-Key": "k"})) for _ in range(2)]
    assert one == other
    assert one["params"]["idempotency"] == "k"
    assert len(decoded(await alice.get("/api/v1/scheduled_statuses"))) == 1


async def test_the_key_of_a_planned_post_stands_for_it_after_it_was_published(world: World) -> None:
    alice = await world.person("alice")
    body, key = {"status": "once", "scheduled_at": later(hours=1)}, {"Idempotency-Key": "k"}
    planned = decoded(await alice.post("/api/v1/statuses", body, **key))
    await pass_time(world, alice, planned)
    (published,) = decoded(await alice.get(f"/api/v1/accounts/{alice.id}/statuses"))
    for again in (body, {"status": "once"}):
        assert decoded(await alice.post("/api/v1/statuses", again, **key))["id"] == published["id"]
    assert (await alice.post("/api/v1/statuses", body | {"status": "other"}, **key)).status_code == 422
    assert await texts(alice) == ["<p>once</p>"]
    assert decoded(await alice.get("/api/v1/scheduled_statuses")) == []


async def test_pictures_wait_with_the_post(world: World) -> None:
    alice = await world.person("alice")
    files = {"file": ("p.png", png(), "image/png")}
    upload = decoded(await alice.client.post("/api/v2/media", files=files, headers=alice.headers))
    planned = await plan(alice, "look", media_ids=[upload["id"]])
    assert [one["id"] for one in planned["media_attachments"]] == [upload["id"]]
    await media.purge_unattached(world.services, now=utc_now() + timedelta(days=2))
    await pass_time(world, alice, planned)
    (found,) = decoded(await alice.get(f"/api/v1/accounts/{alice.id}/statuses"))
    assert [one["id"] for one in found["media_attachments"]] == [upload["id"]]


async def test_what_cannot_be_published_stays_for_its_author(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    parent = decoded(await bob.post("/api/v1/statuses", {"status": "hello"}))
    planned = await plan(alice, "an answer", in_reply_to_id=parent["id"])
    decoded(await bob.delete(f"/api/v1/statuses/{parent['id']}"))
    await world.settle()
    await pass_time(world, alice, planned)
    assert await texts(alice) == []
    assert [one["id"] for one in decoded(await alice.get("/api/v1/scheduled_statuses"))] == [planned["id"]]


async def test_there_is_an_end_to_posts_for_one_day(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(scheduled, "MOST_A_DAY", 2)
    alice = await world.person("alice")
    moment = {"scheduled_at": later(days=3)}
    for text in ("one", "two"):
        await plan(alice, text, **moment)
    assert (await alice.post("/api/v1/statuses", {"status": "three"} | moment)).status_code == 422
    assert (await plan(alice, "three", scheduled_at=later(days=5)))["id"]


async def test_the_same_key_from_two_devices_at_once_plans_one_post(world: World) -> None:
    alice = await world.person("alice")

    async def planned() -> int:
        async with world.services.db.transaction() as tx:
            one = await scheduled.schedule(
                tx,
                world.services.ids,
                Viewer(account_id=alice.id),
                draft=Draft(text="later"),
                due_at=utc_now() + timedelta(hours=1),
                limits=Limits(),
                now=utc_now(),
                idempotency_key="once",
            )
            await asyncio.sleep(0.1)  # the others look while nothing is committed yet
            return one.id

    assert len(set(await asyncio.gather(*(planned() for _ in range(3))))) == 1
    assert len(decoded(await alice.get("/api/v1/scheduled_statuses"))) == 1
