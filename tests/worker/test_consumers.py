"""Events reach each of their consumers, and a consumer that fails troubles nobody else."""

from __future__ import annotations

import asyncio

import pytest

from parvis.base.events import (
    AccountChanged,
    AccountCreated,
    Event,
    Followed,
    PostEdited,
    PostPublished,
    PostRemoved,
    TokenRevoked,
)
from parvis.base.ids import AccountId
from parvis.domain import media
from parvis.infra import events, jobs
from parvis.infra.jobs import NewJob
from parvis.infra.news import account_subject, author_subject
from parvis.infra.queue import Job, Queue
from parvis.infra.services import Services
from parvis.worker import consumers
from parvis.worker.handlers import Handler
from parvis.worker.runner import Runner
from tests.worker.test_runner import _settled, no_jobs, rows, running, until

HEARD: list[tuple[str, Event]] = []


async def attentive(_: Services, event: Event) -> None:
    HEARD.append(("attentive", event))


async def clumsy(_: Services, event: Event) -> None:
    HEARD.append(("clumsy", event))
    raise RuntimeError("stumbled")


TABLE = {PostPublished: (clumsy, attentive), Followed: (attentive,)}


async def record(services: Services, *happened: Event) -> None:
    async with services.db.transaction() as tx:
        await events.record(tx, *happened)


async def test_each_consumer_of_an_event_hears_it_once_and_fails_alone(services: Services) -> None:
    HEARD.clear()
    published, followed = PostPublished(post_id=2**62, author_id=2), Followed(account_id=3, target_id=4)
    await record(services, published, followed, AccountCreated(account_id=5))
    async with running(services, consumers.handlers(TABLE)):
        await until(lambda: _heard_and_settled(services, 3))
    assert sorted(HEARD, key=repr) == sorted(
        [("clumsy", published), ("attentive", published), ("attentive", followed)], key=repr
    )
    (left,) = await rows(services)
    assert (left["kind"], left["last_error"]) == ("consume.clumsy", "RuntimeError: stumbled")


async def _heard_and_settled(services: Services, times: int) -> bool:
    return len(HEARD) >= times and await _settled(services)


async def test_an_event_of_a_newer_release_waits_and_does_not_hold_up_its_neighbours(services: Services) -> None:
    HEARD.clear()
    async with services.db.transaction() as tx:
        await jobs.enqueue_many(tx, [NewJob("event", {"event": "MoonLanded", "crew": 3})])
    await record(services, Followed(account_id=3, target_id=4))
    async with running(services, consumers.handlers(TABLE)):
        await until(lambda: _heard_and_settled(services, 1))
    assert [(row["kind"], row["failures"]) for row in await rows(services)] == [("event", 1)]


async def test_an_event_routed_by_a_worker_thought_dead_is_not_routed_twice(services: Services) -> None:
    await record(services, Followed(account_id=3, target_id=4))
    queue = Queue(services.db)
    stale = await queue.lease(["event"], 1)
    async with services.db.connection() as db:
        await db.execute("UPDATE job SET attempts = attempts + 1")
    await consumers.router(TABLE).function(queue, stale)
    assert [row["kind"] for row in await rows(services)] == ["event"]


async def test_news_are_told_where_those_concerned_listen(services: Services) -> None:
    published, followed = PostPublished(post_id=1, author_id=11), Followed(account_id=12, target_id=11)
    revoked = TokenRevoked(token_id=1, account_id=13)
    told: list[tuple[str, Event]] = []
    for subject in (author_subject(11), account_subject(12), account_subject(13)):

        async def receive(payload: bytes, subject: str = subject) -> None:
            if (event := events.decode(payload)) in (published, followed, revoked):  # the broker is everybody's
                told.append((subject, event))

        await services.news.subscribe(subject, receive)
    await until(lambda: _connected(services))
    await asyncio.sleep(0.1)
    for event in (published, followed, revoked):
        await consumers.tell(services, event)
    await until(lambda: _all_told(told))
    assert sorted(told, key=repr) == sorted(
        [(author_subject(11), published), (account_subject(12), followed), (account_subject(13), revoked)], key=repr
    )


async def _connected(services: Services) -> bool:
    return services.news.connected


async def _all_told(told: list[tuple[str, Event]]) -> bool:
    return len(told) >= 3


async def test_telling_does_not_mind_that_the_broker_is_away(services: Services) -> None:
    await services.news.close()
    await record(services, AccountChanged(account_id=1))
    await Runner(services, Queue(services.db), consumers.handlers()).drain()
    assert await no_jobs(services)


@pytest.mark.parametrize("kind", ["consume.settle_edited", "consume.settle_added"])
async def test_what_another_release_left_to_do_is_done(services: Services, kind: str) -> None:
    """Before an upgrade, or before it was taken back, a consumer may have had another name."""
    async with services.db.transaction() as tx:
        await jobs.enqueue_many(tx, [NewJob(kind, PostEdited(post_id=2**62, author_id=2))])
    await Runner(services, Queue(services.db), consumers.handlers()).drain()
    assert await no_jobs(services)


async def test_whoever_removes_files_comes_again_while_others_of_the_same_owner_are_moved(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "PATIENCE_S", 0.1)
    async with services.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO media (account_id, id, post_id, kind, state, key, size_bytes, created_at)
            VALUES (2, 1, 7, 'image', 'ready', 'posts/one', 7, now())
            """
        )
    removed = PostRemoved(post_id=7, author_id=2)
    async with media.files_locked(services, AccountId(2)):
        async with asyncio.timeout(5):
            await consumers.purge_pictures(services, removed)
        (waits,) = await rows(services)
        assert (waits["kind"], waits["failures"]) == ("consume.purge_pictures", 0)
        tired = PostRemoved(post_id=7, author_id=2, put_off=consumers.MOST_PUT_OFF)
        with pytest.raises(media.FilesBusy):
            await consumers.purge_pictures(services, tired)
    await consumers.purge_pictures(services, removed)
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM media") == 0


def test_nobody_looks_for_pictures_of_a_removed_repost() -> None:
    def kinds(is_repost: bool) -> set[str]:
        event = PostRemoved(post_id=7, author_id=2, is_repost=is_repost)
        return {one.kind for one in consumers._followers(consumers.CONSUMERS, Job(1, 1, "event", events.encode(event)))}

    assert kinds(False) - kinds(True) == {"consume.purge_pictures"}
    old = '{"event":"PostRemoved","post_id":7,"author_id":2}'
    assert events.decode(old) == PostRemoved(post_id=7, author_id=2)


def test_whoever_moves_or_removes_files_may_wait_for_who_moves_others_of_the_same_owner() -> None:
    kinds = consumers.handlers()
    for name in ("settle_files", "settle_added", "settle_account", "purge_pictures"):
        handler = kinds[f"consume.{name}"]
        assert isinstance(handler, Handler)
        assert handler.time_limit_s >= 3600
