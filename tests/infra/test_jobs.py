"""The job table: enqueued with the caller's transaction, leased to one worker, fenced, never lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from parvis.base.clock import utc_now
from parvis.infra import jobs
from parvis.infra.jobs import NewJob
from parvis.infra.postgres import Database
from parvis.infra.queue import Failed, Job, Queue


@pytest.fixture
def db(fresh_database: Database) -> Database:
    return fresh_database


@pytest.fixture
def queue(db: Database) -> Queue:
    return Queue(db)


async def enqueue(db: Database, *new: NewJob) -> None:
    async with db.transaction() as tx:
        await jobs.enqueue_many(tx, new)


async def expire_leases(db: Database) -> None:
    async with db.connection() as connection:
        await connection.execute("UPDATE job SET leased_until = now() - interval '1 s' WHERE owner IS NOT NULL")


async def rows(db: Database) -> list[asyncpg.Record]:
    async with db.connection() as connection:
        return await connection.fetch("SELECT * FROM job ORDER BY id")


async def lose(db: Database, queue: Queue, kind: str, *, suspects: bool) -> None:
    assert await queue.lease([kind], 10, suspects=suspects)
    await expire_leases(db)
    await queue.recover()


async def test_a_job_of_a_transaction_that_fails_does_not_exist(db: Database, queue: Queue) -> None:
    async def fail() -> None:
        async with db.transaction() as tx:
            await jobs.enqueue(tx, "a", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await queue.lease(["a"], 10) == []


async def test_a_leased_job_carries_its_payload(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {"text": "é 'quoted' \\ 𝄞", "ids": [1, 2**62]}))
    (job,) = await queue.lease(["a"], 10)
    assert job.data == {"text": "é 'quoted' \\ 𝄞", "ids": [1, 2**62]}
    assert (job.kind, job.attempts) == ("a", 1)


async def test_small_priorities_go_first_then_the_oldest(db: Database, queue: Queue) -> None:
    now = utc_now()
    await enqueue(
        db,
        NewJob("a", {"is": "late"}, due_at=now - timedelta(seconds=1)),
        NewJob("a", {"is": "early"}, due_at=now - timedelta(seconds=9)),
        NewJob("a", {"is": "urgent"}, priority=-5),
    )
    assert [job.data["is"] for job in await queue.lease(["a"], 10)] == ["urgent", "early", "late"]


async def test_a_job_is_not_leased_before_its_time_nor_by_those_who_do_not_know_its_kind(
    db: Database, queue: Queue
) -> None:
    await enqueue(db, NewJob("a", {}, due_at=utc_now() + timedelta(minutes=1)), NewJob("b", {}))
    assert not (await queue.due(["a"], [])).ordinary
    assert await queue.lease(["a"], 10) == []


async def test_two_workers_never_lease_the_same_job(db: Database) -> None:
    await enqueue(db, *(NewJob("a", {"n": n}) for n in range(200)))
    queues = [Queue(db) for _ in range(4)]

    async def drain(queue: Queue) -> list[int]:
        taken: list[int] = []
        while batch := await queue.lease(["a"], 7):
            taken += [job.data["n"] for job in batch]
        return taken

    shares = await asyncio.gather(*(drain(queue) for queue in queues))
    assert sorted(n for share in shares for n in share) == list(range(200))


async def test_a_lease_does_not_wait_for_rows_that_another_worker_is_taking(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {"n": 1}), NewJob("a", {"n": 2}))
    async with db.transaction() as tx:
        await tx.execute("SELECT FROM job WHERE payload->>'n' = '1' FOR UPDATE")
        async with asyncio.timeout(2):
            assert [job.data["n"] for job in await queue.lease(["a"], 10)] == [2]


async def test_a_finished_job_is_gone(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}), NewJob("a", {}))
    done, _ = await queue.lease(["a"], 10)
    assert await queue.finish([done]) == {done.id}
    assert len(await rows(db)) == 1


async def test_whoever_comes_back_after_their_lease_was_given_away_changes_nothing(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}))
    (stale,) = await queue.lease(["a"], 1)
    await expire_leases(db)
    await queue.recover()
    other = Queue(db)
    (fresh,) = await other.lease(["a"], 1, suspects=True)

    assert await queue.extend([stale]) == set()
    assert await queue.finish([stale]) == set()
    assert await queue.finish([], [Failed(stale, "late", 0)]) == set()
    assert await queue.replace({stale: [NewJob("b", {})]}) == set()
    await queue.release([stale])
    (row,) = await rows(db)
    assert (row["owner"], row["attempts"]) == (other.owner, 2)
    assert await other.finish([fresh]) == {fresh.id}


async def test_an_extended_lease_does_not_run_out(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}))
    (job,) = await queue.lease(["a"], 1)
    await expire_leases(db)
    assert await queue.extend([job]) == {job.id}
    assert await queue.recover() == []


async def test_a_failed_job_waits_for_its_delay_and_keeps_its_error(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}))
    (job,) = await queue.lease(["a"], 1)
    await queue.finish([], [Failed(job, "no luck", 60)])
    assert await queue.lease(["a"], 1) == []
    (row,) = await rows(db)
    assert (row["failures"], row["last_error"], row["parked_at"]) == (1, "no luck", None)
    assert timedelta(seconds=50) < row["due_at"] - utc_now() < timedelta(seconds=70)


async def test_a_job_given_up_is_parked_with_its_error_until_somebody_revives_it(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {"n": 1}))
    (job,) = await queue.lease(["a"], 1)
    await queue.finish([], [Failed(job, "no luck", None)])
    assert await queue.lease(["a"], 1) == []
    async with db.transaction() as tx:
        (parked,) = await jobs.parked(tx)
        assert (parked.id, parked.kind, parked.payload, parked.last_error) == (job.id, "a", '{"n": 1}', "no luck")
        assert await jobs.unpark(tx, job.id)
        assert not await jobs.unpark(tx, job.id)
    assert [again.failures for again in await queue.lease(["a"], 1)] == [0]


async def test_a_job_whose_worker_died_is_kept_apart_and_parked_after_the_third_loss(
    db: Database, queue: Queue
) -> None:
    await enqueue(db, NewJob("a", {}))
    await lose(db, queue, "a", suspects=False)
    assert await queue.lease(["a"], 10) == [], "among others it could take them down again"
    assert (await queue.due(["a"], [])).suspect == ["a"]
    await lose(db, queue, "a", suspects=True)

    assert await queue.lease(["a"], 10, suspects=True)
    await expire_leases(db)
    (lost,) = await queue.recover()
    assert (lost.times_lost, lost.parked) == (3, True)
    assert (await queue.due(["a"], [])).suspect == []
    async with db.connection() as connection:
        assert [job.times_lost for job in await jobs.parked(connection)] == [3]
    async with db.transaction() as tx:
        assert await jobs.unpark_kind(tx, "a") == 1
    assert await queue.lease(["a"], 10) == [], "tried again, it must not take others down either"
    assert [job.times_lost for job in await queue.lease(["a"], 10, suspects=True)] == [1]


async def test_a_worker_thought_dead_cannot_revive_a_parked_job_by_failing_it(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}))
    await lose(db, queue, "a", suspects=False)
    await lose(db, queue, "a", suspects=True)
    (job,) = await queue.lease(["a"], 1, suspects=True)
    await expire_leases(db)
    await queue.recover()
    assert await queue.finish([], [Failed(job, "late", 0)]) == set()
    assert (await rows(db))[0]["parked_at"] is not None


async def test_released_jobs_are_free_at_once_and_not_counted_as_lost(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}), NewJob("a", {}))
    await queue.release(await queue.lease(["a"], 10))
    assert [(job.attempts, job.times_lost) for job in await Queue(db).lease(["a"], 10)] == [(2, 0), (2, 0)]


async def test_a_waiting_job_stands_for_others_of_its_key(db: Database, queue: Queue) -> None:
    later = utc_now() + timedelta(hours=1)
    await enqueue(db, NewJob("a", {"n": 1}, dedupe_key="x", due_at=later), NewJob("a", {"n": 2}, dedupe_key="x"))
    await enqueue(db, NewJob("a", {"n": 3}, dedupe_key="x"), NewJob("a", {"n": 4}, dedupe_key="y"))
    assert [job.data["n"] for job in await queue.lease(["a"], 10)] == [1, 4], "and takes over the earlier time"


async def test_a_job_enqueued_while_its_like_runs_is_not_swallowed(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}, dedupe_key="x"))
    assert len(await queue.lease(["a"], 10)) == 1
    await enqueue(db, NewJob("a", {}, dedupe_key="x"))
    assert len(await queue.lease(["a"], 10)) == 1


async def test_a_job_that_stands_for_an_open_transactions_job_waits_for_its_commit(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}, dedupe_key="x"))
    async with db.transaction() as tx:
        await jobs.enqueue(tx, "a", {}, dedupe_key="x")
        assert await queue.lease(["a"], 10) == [], "it would run before the change it is about can be seen"
    assert len(await queue.lease(["a"], 10)) == 1


async def test_no_more_than_the_limit_of_a_kind_is_leased_in_the_whole_cluster(db: Database) -> None:
    await enqueue(db, *(NewJob("a", {}) for _ in range(10)))
    queues = [Queue(db) for _ in range(4)]
    batches = await asyncio.gather(*(queue.lease(["a"], 10, limit=3) for queue in queues))
    assert sum(len(batch) for batch in batches) == 3
    first = next(batch[0] for batch in batches if batch)
    await queues[0].finish([first])
    assert len(await queues[1].lease(["a"], 10, limit=3)) == 1


async def test_followers_replace_their_job_at_once(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {"n": 1}), NewJob("a", {"n": 2}))
    first, second = await queue.lease(["a"], 10)
    followers = {first: [NewJob("b", {"of": 1}, priority=-1), NewJob("c", {"of": 1})], second: []}
    assert await queue.replace(followers) == {first.id, second.id}
    assert [(row["kind"], row["priority"]) for row in await rows(db)] == [("b", -1), ("c", 0)]


async def test_what_is_due_is_told_by_kind(db: Database, queue: Queue) -> None:
    await enqueue(db, NewJob("a", {}), NewJob("b", {}), NewJob("c", {}, due_at=utc_now() + timedelta(hours=1)))
    due = await queue.due(["a"], ["b", "c"])
    assert (due.ordinary, due.limited, due.suspect) == (True, ["b"], [])


async def test_operators_see_the_oldest_due_job_of_each_kind(db: Database, queue: Queue) -> None:
    now = utc_now()
    await enqueue(
        db,
        NewJob("a", {}, due_at=now - timedelta(minutes=1)),
        NewJob("a", {}, due_at=now - timedelta(minutes=5)),
        NewJob("b", {}, due_at=now - timedelta(minutes=9)),
        NewJob("c", {}, due_at=now + timedelta(minutes=9)),
        NewJob("d", {}, due_at=now - timedelta(minutes=3)),
        NewJob("d", {}, due_at=now - timedelta(minutes=99)),
    )
    (leased,) = await queue.lease(["d"], 1)
    assert leased.kind == "d"
    async with db.connection() as connection:
        backlog = await jobs.oldest_due_by_kind(connection)
    assert [(one.kind, one.oldest_due_at) for one in backlog] == [
        ("b", now - timedelta(minutes=9)),
        ("a", now - timedelta(minutes=5)),
        ("d", now - timedelta(minutes=3)),
    ]


def test_jobs_can_be_keys() -> None:
    assert len({Job(1, 1, "a", "{}"): 1, Job(1, 2, "a", "{}"): 2}) == 2
