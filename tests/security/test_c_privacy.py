"""Group C of the security cases: what is not for somebody. The walk of tests/privacy shows the first of them at random."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from parvis.base.clock import iso_ms, utc_now
from parvis.domain.posts.types import PollDraft, Visibility
from parvis.worker.run import drain
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser

# ── C2: nothing is done to what one may not see ──


async def test_c2_nothing_is_done_to_a_post_out_of_sight(world: World, alice: Person, bob: Person) -> None:
    post = await alice.says("Not for bob", visibility=Visibility.FOLLOWERS, poll=PollDraft(("one", "two"), 3600))
    await world.settle()
    before = await world.services.db.pool.fetchrow("SELECT * FROM post WHERE id = $1", post)
    acts: list[tuple[str, dict[str, Any]]] = [
        *((f"/api/v1/statuses/{post}/{act}", {}) for act in ("favourite", "reblog", "bookmark", "pin", "mute", "translate")),
        (f"/api/v1/polls/{post}/votes", {"choices": [0]}),
        ("/api/v1/statuses", {"status": "An answer", "in_reply_to_id": str(post)}),
        ("/api/v1/statuses", {"status": "A quote", "quoted_status_id": str(post)}),
        ("/api/v1/reports", {"account_id": str(alice.id), "status_ids": [str(post)]}),
    ]  # fmt: skip
    for path, body in acts:
        answer = await bob.post(path, body)
        assert answer.status_code == 404, (path, body, answer.status_code)
        missing = await bob.post(
            path.replace(str(post), "1"), {k: "1" if v == str(post) else v for k, v in body.items()}
        )
        if "report" not in path:
            assert (missing.status_code, missing.text) == (answer.status_code, answer.text), path
    await world.settle()
    assert await world.services.db.pool.fetchrow("SELECT * FROM post WHERE id = $1", post) == before
    assert decoded(await alice.get("/api/v1/notifications")) == []
    assert await world.services.db.pool.fetchval("SELECT count(*) FROM report") == 0


# ── C3: whom a post is for does not grow ──


async def test_c3_an_edit_changes_words_and_nobody_new_may_read_them(world: World, alice: Person, bob: Person) -> None:
    post = await alice.says("For followers", visibility=Visibility.FOLLOWERS)
    body = {"status": "For all?", "visibility": "public", "language": "en"}
    edited = await alice.client.put(f"/api/v1/statuses/{post}", json=body, headers=alice.headers)
    assert decoded(edited)["visibility"] == "private"
    assert (await bob.get(f"/api/v1/statuses/{post}")).status_code == 404


# ── C5: what is sent is decided when it is sent ──


async def test_c5_a_post_that_was_removed_before_the_worker_came_is_told_to_nobody(
    world: World, alice: Person, bob: Person
) -> None:
    post = await bob.says("@alice Never mind")
    await bob.delete(f"/api/v1/statuses/{post}")
    await drain(world.services)
    assert decoded(await alice.get("/api/v1/notifications")) == []
    assert await world.services.mail.outbox(100) == []


# ── C6: what is somebody's own answers nobody else ──


async def test_c6_what_is_somebodys_own_is_not_there_for_others(world: World, alice: Person, bob: Person) -> None:
    paths = await _everything_of(world, alice, bob)
    mallory = await world.person("mallory")
    for method, path, body in paths:
        answer = await world.client.request(method, path, json=body, headers=mallory.headers)
        assert answer.status_code == 404, (method, path, answer.status_code, answer.text)
    for method, path, body in paths:  # and is still there, and hers
        if method == "GET":
            assert (await world.client.request(method, path, json=body, headers=alice.headers)).status_code == 200, path


async def _everything_of(world: World, alice: Person, bob: Person) -> list[tuple[str, str, Any]]:
    """Each thing of alice's that has an id, and what can be done with it."""
    tomorrow = iso_ms(utc_now() + timedelta(days=1))
    filter_ = decoded(
        await alice.post(
            "/api/v2/filters", {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "cake"}]}
        )
    )
    post = await bob.says("@alice psst", visibility=Visibility.MENTIONED)
    await world.settle()
    marked = decoded(await alice.post(f"/api/v2/filters/{filter_['id']}/statuses", {"status_id": str(post)}))
    list_ = decoded(await alice.post("/api/v1/lists", {"title": "x"}))["id"]
    later = decoded(await alice.post("/api/v1/statuses", {"status": "later", "scheduled_at": tomorrow}))
    picture = await world.client.post("/api/v2/media", files={"file": ("a.png", png(8, 8))}, headers=alice.headers)
    media = picture.json()["id"]
    (talk,) = decoded(await alice.get("/api/v1/conversations"))
    (told,) = decoded(await alice.get("/api/v1/notifications"))
    word = filter_["keywords"][0]["id"]
    return [
        ("GET", f"/api/v2/filters/{filter_['id']}", None),
        ("PUT", f"/api/v2/filters/{filter_['id']}", {"title": "y"}),
        ("DELETE", f"/api/v2/filters/{filter_['id']}", None),
        ("GET", f"/api/v2/filters/keywords/{word}", None),
        ("PUT", f"/api/v2/filters/keywords/{word}", {"keyword": "y"}),
        ("DELETE", f"/api/v2/filters/keywords/{word}", None),
        ("GET", f"/api/v2/filters/statuses/{marked['id']}", None),
        ("DELETE", f"/api/v2/filters/statuses/{marked['id']}", None),
        ("GET", f"/api/v1/filters/{word}", None),
        ("GET", f"/api/v1/lists/{list_}", None),
        ("PUT", f"/api/v1/lists/{list_}", {"title": "y"}),
        ("DELETE", f"/api/v1/lists/{list_}", None),
        ("GET", f"/api/v1/lists/{list_}/accounts", None),
        ("POST", f"/api/v1/lists/{list_}/accounts", {"account_ids": [str(bob.id)]}),
        ("GET", f"/api/v1/timelines/list/{list_}", None),
        ("GET", f"/api/v1/scheduled_statuses/{later['id']}", None),
        ("PUT", f"/api/v1/scheduled_statuses/{later['id']}", {"scheduled_at": tomorrow}),
        ("DELETE", f"/api/v1/scheduled_statuses/{later['id']}", None),
        ("GET", f"/api/v1/media/{media}", None),
        ("PUT", f"/api/v1/media/{media}", {"description": "y"}),
        ("POST", f"/api/v1/conversations/{talk['id']}/read", None),
        ("GET", f"/api/v1/notifications/{told['id']}", None),
        ("GET", f"/api/v2/notifications/ungrouped-{told['id']}", None),
    ]


# ── C8: what is hidden is not to be counted either ──


async def test_c8_votes_are_not_told_before_one_has_voted_where_totals_are_hidden(
    world: World, alice: Person, bob: Person
) -> None:
    poll = {"options": ["one", "two"], "expires_in": 3600, "hide_totals": True}
    made = decoded(await alice.post("/api/v1/statuses", {"status": "Which?", "poll": poll}))["poll"]
    carol = await world.person("carol")
    decoded(await bob.post(f"/api/v1/polls/{made['id']}/votes", {"choices": [1]}))
    shown = decoded(await carol.get(f"/api/v1/polls/{made['id']}"))
    assert [one["votes_count"] for one in shown["options"]] == [None, None]


# ── C10: the same at once, many times ──


@pytest.mark.parametrize("act", ["favourite", "follow", "vote"])
async def test_c10_the_same_act_a_hundred_times_at_once_counts_once(
    world: World, alice: Person, bob: Person, act: str
) -> None:
    poll = {"options": ["one", "two"], "expires_in": 3600}
    post = decoded(await alice.post("/api/v1/statuses", {"status": "Which?", "poll": poll}))
    path, undo, body = {
        "favourite": (f"/api/v1/statuses/{post['id']}/favourite", f"/api/v1/statuses/{post['id']}/unfavourite", {}),
        "follow": (f"/api/v1/accounts/{alice.id}/follow", f"/api/v1/accounts/{alice.id}/unfollow", {}),
        "vote": (f"/api/v1/polls/{post['poll']['id']}/votes", None, {"choices": [0]}),
    }[act]
    answers = await asyncio.gather(*(bob.post(path, body) for _ in range(50)))
    assert {one.status_code for one in answers} <= {200, 422}
    await world.settle()
    counts = await _counts(alice, bob, post)
    assert counts[act] == 1
    if undo is not None:
        await asyncio.gather(*(bob.post(p) for _ in range(25) for p in (undo, path)), bob.post(undo))
        await bob.post(undo)
        await world.settle()
        assert (await _counts(alice, bob, post))[act] == 0


async def _counts(alice: Person, bob: Person, post: dict[str, Any]) -> dict[str, int]:
    seen = decoded(await bob.get(f"/api/v1/statuses/{post['id']}"))
    return {
        "favourite": seen["favourites_count"],
        "follow": decoded(await bob.get(f"/api/v1/accounts/{alice.id}"))["followers_count"],
        "vote": sum(one["votes_count"] for one in seen["poll"]["options"]),
    }


# ── C12: who reported and who decides stays with those who decide ──


async def test_c12_whoever_is_reported_never_learns_by_whom_or_that(
    world: World, alice: Person, bob: Person, bobs: Browser
) -> None:
    post = await bob.says("Rude")
    words = "he was rude to me zyzzyva"
    report = {"account_id": str(bob.id), "status_ids": [str(post)], "comment": words}
    made = decoded(await alice.post("/api/v1/reports", report))
    assert made["target_account"]["username"] == "bob"
    await world.settle()
    for path in (
        "/api/v1/notifications",
        "/api/v2/notifications",
        f"/api/v1/statuses/{post}",
        "/api/v1/accounts/verify_credentials",
    ):
        text = json.dumps(decoded(await bob.get(path)))
        assert "zyzzyva" not in text, path
        assert f'"{alice.id}"' not in text, path
        assert f'"{made["id"]}"' not in text, path
    for path in ("/notifications", "/settings/account", f"/@bob/{post}"):
        text = (await bobs.get(path)).text
        assert "zyzzyva" not in text, path
        assert "@alice" not in text, path
