"""Remembered answers: given again while nothing has changed, and never once something has."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from parvis.api.answers import Answers
from parvis.base.clock import utc_now
from tests.rig.people import Person
from tests.rig.world import World

HOME = "/api/v1/timelines/home"


def answers_of(world: World) -> Answers:
    return world.app.inner.framework.state.answers


@pytest.fixture
async def alice(world: World) -> Person:
    return await world.person("alice")


@pytest.fixture
async def bob(world: World, alice: Person) -> Person:
    bob = await world.person("bob")
    await world.follows(alice, bob)
    return bob


async def words(person: Person, path: str = HOME) -> list[str]:
    answer = await person.get(path)
    assert answer.status_code == 200
    return [post["content"] for post in answer.json()]


async def publish(world: World, person: Person, text: str, **more: object) -> str:
    answer = await person.post("/api/v1/statuses", {"status": text, **more})
    assert answer.status_code == 200, answer.text
    await world.settle()
    return answer.json()["id"]


async def test_a_second_look_costs_one_short_statement(world: World, alice: Person, bob: Person) -> None:
    await publish(world, bob, "bread")
    await alice.get(HOME)
    await world.settle()  # the first visit makes rows
    first = await alice.get(HOME)
    with world.statements() as sent:
        second = await alice.get(HOME)
    assert second.content == first.content
    assert second.headers["link"] == first.headers["link"]
    assert len(sent) == 1
    assert "pg_current_snapshot" in sent[0]


async def test_what_is_new_is_there_at_once(world: World, alice: Person, bob: Person) -> None:
    assert await words(alice) == []
    await publish(world, bob, "bread")
    assert await words(alice) == ["<p>bread</p>"]
    await publish(world, alice, "butter")
    assert await words(alice) == ["<p>butter</p>", "<p>bread</p>"]


@pytest.mark.parametrize("path", [HOME, "/api/v1/timelines/public", "/api/v1/accounts/{bob}/statuses"])
async def test_what_is_gone_is_gone_at_once(world: World, alice: Person, bob: Person, path: str) -> None:
    path = path.format(bob=bob.id)
    post_id = await publish(world, bob, "bread")
    assert await words(alice, path) == ["<p>bread</p>"]
    await bob.delete(f"/api/v1/statuses/{post_id}")
    assert await words(alice, path) == []


async def test_a_block_hides_at_once_and_its_end_shows_again(world: World, alice: Person, bob: Person) -> None:
    post_id = await publish(world, bob, "bread")
    for path in (f"/api/v1/statuses/{post_id}", f"/api/v1/statuses/{post_id}/context"):
        assert (await alice.get(path)).status_code == 200
        await bob.post(f"/api/v1/accounts/{alice.id}/block")
        assert (await alice.get(path)).status_code == 404
        await bob.post(f"/api/v1/accounts/{alice.id}/unblock")
        assert (await alice.get(path)).status_code == 200


async def test_numbers_and_marks_are_current(world: World, alice: Person, bob: Person) -> None:
    post_id = await publish(world, bob, "bread")
    assert (await alice.get(HOME)).json()[0]["favourites_count"] == 0
    await alice.post(f"/api/v1/statuses/{post_id}/favourite")
    seen = (await alice.get(HOME)).json()[0]
    assert (seen["favourites_count"], seen["favourited"]) == (1, True)
    assert (await bob.get(f"/api/v1/statuses/{post_id}")).json()["favourited"] is False


async def test_an_answer_by_somebody_unknown_shows_in_the_thread(world: World, alice: Person, bob: Person) -> None:
    carol = await world.person("carol")
    post_id = await publish(world, bob, "bread")
    context = f"/api/v1/statuses/{post_id}/context"
    assert (await alice.get(context)).json()["descendants"] == []
    await publish(world, carol, "butter", in_reply_to_id=post_id)
    assert len((await alice.get(context)).json()["descendants"]) == 1


async def test_a_followed_hashtag_brings_posts_of_strangers(world: World, alice: Person) -> None:
    carol = await world.person("carol")
    await alice.post("/api/v1/tags/bread/follow")
    assert await words(alice) == []
    await publish(world, carol, "fresh #bread")
    assert len(await words(alice)) == 1


async def test_a_withdrawn_token_opens_nothing(world: World, alice: Person) -> None:
    assert (await alice.get(HOME)).status_code == 200
    async with world.services.db.connection() as db:
        await db.execute("DELETE FROM oauth_token WHERE account_id = $1", alice.id)
    assert (await alice.get(HOME)).status_code == 401


async def test_a_suspended_author_is_gone_and_comes_back(world: World, alice: Person, bob: Person) -> None:
    await publish(world, bob, "bread")
    for state, shown in ((2, []), (0, ["<p>bread</p>"])):
        await words(alice)
        async with world.services.db.connection() as db:
            await db.execute("UPDATE account SET state = $2 WHERE id = $1", bob.id, state)
        assert await words(alice) == shown


async def test_a_mute_that_runs_out_shows_by_time_alone(world: World, alice: Person, bob: Person) -> None:
    await publish(world, bob, "bread")
    await alice.post(f"/api/v1/accounts/{bob.id}/mute", {"duration": 3600})
    async with world.services.db.connection() as db:
        await db.execute("UPDATE mute SET expires_at = $1", utc_now() + timedelta(seconds=1))
    assert await words(alice) == []
    await asyncio.sleep(1.2)
    assert await words(alice) == ["<p>bread</p>"]


async def test_two_people_are_never_given_each_others_answers(world: World, alice: Person, bob: Person) -> None:
    await publish(world, bob, "for me", visibility="direct")
    path = f"/api/v1/accounts/{bob.id}/statuses"
    assert await words(bob, path) == ["<p>for me</p>"]
    assert await words(alice, path) == []
    assert await words(bob, path) == ["<p>for me</p>"]


async def test_memory_is_bounded_and_the_least_used_goes(world: World, alice: Person, bob: Person) -> None:
    answers = answers_of(world)
    await publish(world, bob, "bread")
    await words(alice)
    await world.settle()
    await words(alice)
    answers.most_bytes = 3 * answers._bytes
    for number in range(10):
        await alice.get(HOME, limit=number + 1)
        await words(alice)
    assert answers._bytes <= answers.most_bytes
    assert len(answers._kept) < 5
    with world.statements() as sent:
        await words(alice)
    assert len(sent) == 1, "what is used stays"


async def test_without_memory_every_answer_is_made_anew(world: World, alice: Person, bob: Person) -> None:
    answers_of(world).most_bytes = 0
    await publish(world, bob, "bread")
    await words(alice)
    with world.statements() as sent:
        await words(alice)
    assert not any("pg_current_snapshot" in one for one in sent)


async def test_a_block_shortly_after_an_outage_is_seen(world: World, alice: Person, bob: Person) -> None:
    post_id = await publish(world, bob, "bread")
    path = f"/api/v1/statuses/{post_id}"
    await alice.get(HOME)
    await alice.get(HOME)  # a reading has been made
    answers_of(world).changes._forget()  # and then one failed
    assert (await alice.get(path)).status_code == 200
    await bob.post(f"/api/v1/accounts/{alice.id}/block")
    assert (await alice.get(path)).status_code == 404


async def test_a_page_with_a_poll_that_has_ended_is_remembered(world: World, alice: Person, bob: Person) -> None:
    await publish(world, bob, "rye or wheat", poll={"options": ["rye", "wheat"], "expires_in": 3600})
    async with world.services.db.connection() as db:
        await db.execute("UPDATE poll SET expires_at = now() - interval '1 hour'")
    await words(alice)
    await world.settle()
    await words(alice)
    with world.statements() as sent:
        await words(alice)
    assert len(sent) == 1


async def test_a_thread_is_gone_with_its_only_post(world: World, alice: Person, bob: Person) -> None:
    post_id = await publish(world, bob, "bread")
    path = f"/api/v1/statuses/{post_id}/context"
    assert (await alice.get(path)).status_code == 200
    await bob.delete(f"/api/v1/statuses/{post_id}")
    assert (await alice.get(path)).status_code == 404


async def test_what_is_made_while_memory_is_cleared_is_not_kept(world: World, alice: Person) -> None:
    answers = answers_of(world)
    making = await answers.begin()
    making.whole = True
    answers.clear()
    answers.keep(("token", HOME, b""), b"[]", None, making, utc_now())
    assert not answers._kept


async def test_long_addresses_are_not_kept_and_all_that_is_kept_is_counted(world: World, alice: Person) -> None:
    answers = answers_of(world)
    await alice.get(HOME, nothing="x" * 2000)
    assert not answers._kept
    await alice.get(HOME, nothing="x" * 400)
    assert len(answers._kept) == 1
    assert answers._bytes > 900
    answers.clear()
    assert answers._bytes == 0
