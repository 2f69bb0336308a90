"""Running jobs: soon, side by side, again when they fail, alone when they are dangerous, and across a lost database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from parvis.base.errors import NotFound, Unavailable
from parvis.infra import jobs
from parvis.infra.jobs import NewJob
from parvis.infra.queue import Due, Job, Queue
from parvis.infra.services import Services
from parvis.worker.handlers import Handler, Router
from parvis.worker.runner import FAILURES_TO_PARK, JobFailed, Runner, delay_s

Function = Callable[[Services, Job], Awaitable[None]]


async def enqueue(services: Services, *new: NewJob) -> None:
    async with services.db.transaction() as tx:
        await jobs.enqueue_many(tx, new)


async def rows(services: Services) -> list[asyncpg.Record]:
    async with services.db.connection() as db:
        return await db.fetch("SELECT * FROM job ORDER BY id")


async def until(holds: Callable[[], Awaitable[bool]], *, within_s: float = 10.0) -> float:
    """How long it took until that held."""
    began = time.monotonic()
    while not await holds():
        assert time.monotonic() - began < within_s, "it never came true"
        await asyncio.sleep(0.01)
    return time.monotonic() - began


@asynccontextmanager
async def running(
    services: Services, kinds: Mapping[str, Handler | Router], *, lease_s: float = 10.0, **options: Any
) -> AsyncIterator[Runner]:
    runner = Runner(services, Queue(services.db, lease_s=lease_s), kinds, **options)
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        runner.stop()
        await task


class Diary:
    """Remembers which jobs ran."""

    def __init__(self) -> None:
        self.ran: list[Any] = []

    async def write(self, _: Services, job: Job) -> None:
        self.ran.append(job.data.get("n"))

    async def is_long(self, length: int) -> bool:
        return len(self.ran) >= length


async def no_jobs(services: Services) -> bool:
    return await rows(services) == []


async def test_every_job_runs_once_and_is_gone(services: Services) -> None:
    diary = Diary()
    await enqueue(services, *(NewJob("a", {"n": n}) for n in range(300)))
    async with running(services, {"a": Handler(diary.write)}), running(services, {"a": Handler(diary.write)}):
        await until(lambda: no_jobs(services))
    assert sorted(diary.ran) == list(range(300))


async def test_how_long_jobs_take_is_told_of_those_since_the_last_time(services: Services) -> None:
    async def take(_: Services, job: Job) -> None:
        await asyncio.sleep(job.data["s"])
        assert job.data["s"] < 0.3

    await enqueue(services, *(NewJob("a", {"s": s}) for s in (0.0, 0.1, 0.35)))
    async with running(services, {"a": Handler(take)}) as runner:
        await until(lambda: _settled(services))
        told = runner.times.probe(10.0)
        assert runner.times.probe(10.0).used == 0.0
    assert told.used == 0.3
    assert told.facts["failed_per_s@a"] == 0.1
    assert 0.35 <= told.facts["longest_s"] < 2
    assert 0.15 <= told.facts["mean_s"] < told.facts["longest_s"]


async def test_a_wake_up_starts_a_job_at_once_and_without_one_it_starts_soon(services: Services) -> None:
    diary = Diary()
    await until(lambda: _true(services.news.connected))
    async with running(services, {"a": Handler(diary.write)}, poll_s=3.0):
        await asyncio.sleep(0.1)
        await enqueue(services, NewJob("a", {}))
        await jobs.wake(services)
        assert await until(lambda: diary.is_long(1)) < 1.0
        await asyncio.sleep(0.1)
        await enqueue(services, NewJob("a", {}))
        assert 1.0 < await until(lambda: diary.is_long(2)) < 4.0


async def _true(value: bool) -> bool:
    return value


@pytest.mark.parametrize(
    ("failures", "chance", "rest_s"), [(1, 0.0, 0.5), (1, 1.0, 1.5), (5, 0.5, 16.0), (11, 0.5, 1024.0)]
)
def test_delays_double_and_vary(failures: int, chance: float, rest_s: float) -> None:
    assert delay_s(failures, lambda: chance) == rest_s


def test_after_many_failures_there_is_no_delay_but_an_end() -> None:
    assert delay_s(FAILURES_TO_PARK) is None


async def test_a_failing_job_is_tried_again_later_and_others_do_not_wait_for_it(services: Services) -> None:
    diary = Diary()

    async def fail_once(services: Services, job: Job) -> None:
        if job.failures == 0:
            raise RuntimeError("no luck \0 \ud800")
        await diary.write(services, job)

    await enqueue(services, NewJob("a", {"n": 1}), NewJob("b", {"n": 2}))
    kinds = {"a": Handler(fail_once), "b": Handler(diary.write)}
    async with running(services, kinds, chance=lambda: 1.0, poll_s=0.05):  # a second and a half later
        await until(lambda: _settled(services))
        (waiting,) = await rows(services)
        assert waiting["last_error"] == "RuntimeError: no luck  ?"
        assert (waiting["due_at"] - waiting["created_at"]).total_seconds() > 1.4
        await until(lambda: diary.is_long(2))
    assert diary.ran == [2, 1]


async def test_a_job_that_fails_too_often_is_parked_with_its_error(services: Services) -> None:
    async def fail(_: Services, __: Job) -> None:
        raise RuntimeError("never works")

    await enqueue(services, NewJob("a", {}))
    async with services.db.connection() as db:
        await db.execute("UPDATE job SET failures = $1", FAILURES_TO_PARK - 1)
    async with running(services, {"a": Handler(fail)}):
        await until(lambda: _parked(services))
    (row,) = await rows(services)
    assert (row["failures"], row["last_error"]) == (FAILURES_TO_PARK, "RuntimeError: never works")


async def _parked(services: Services) -> bool:
    async with services.db.connection() as db:
        return bool(await jobs.parked(db))


async def test_a_job_whose_subject_is_gone_is_dropped_and_one_that_may_work_later_is_kept(services: Services) -> None:
    async def gone(_: Services, __: Job) -> None:
        raise NotFound

    async def later(_: Services, __: Job) -> None:
        raise Unavailable("not now")

    await enqueue(services, NewJob("gone", {}), NewJob("later", {}))
    async with running(services, {"gone": Handler(gone), "later": Handler(later)}):
        await until(lambda: _settled(services))
    assert [(row["kind"], row["failures"]) for row in await rows(services)] == [("later", 1)]


async def _settled(services: Services) -> bool:
    left = await rows(services)
    return all(row["owner"] is None and row["attempts"] for row in left)


async def test_a_job_that_takes_too_long_is_cut_short(services: Services) -> None:
    async def hang(_: Services, __: Job) -> None:
        await asyncio.Event().wait()

    await enqueue(services, NewJob("a", {}))
    async with running(services, {"a": Handler(hang, time_limit_s=0.1)}):
        await until(lambda: _settled(services))
    assert (await rows(services))[0]["last_error"].startswith("TimeoutError")


async def test_a_job_in_which_something_is_cancelled_fails_and_is_not_held_for_ever(services: Services) -> None:
    async def cancelled(_: Services, __: Job) -> None:
        raise asyncio.CancelledError

    await enqueue(services, NewJob("a", {}))
    async with running(services, {"a": Handler(cancelled)}):
        await until(lambda: _settled(services))
    assert (await rows(services))[0]["failures"] == 1


async def test_a_job_lost_before_runs_alone(services: Services) -> None:
    at_once: dict[str, int] = {"now": 0}
    seen: list[tuple[str, int]] = []

    async def work(_: Services, job: Job) -> None:
        at_once["now"] += 1
        await asyncio.sleep(0.02)
        seen.append((job.data["is"], at_once["now"]))
        await asyncio.sleep(0.02)
        at_once["now"] -= 1

    await enqueue(services, *(NewJob("a", {"is": "innocent"}) for _ in range(40)))
    async with services.db.connection() as db:
        await db.execute("""INSERT INTO job (kind, payload, times_lost) VALUES ('a', '{"is": "suspect"}', 1)""")
    async with running(services, {"a": Handler(work)}):
        await until(lambda: no_jobs(services))
    assert [together for who, together in seen if who == "suspect"] == [1]
    assert max(together for who, together in seen if who == "innocent") > 1


async def test_others_wait_for_a_job_lost_before_only_for_so_long(services: Services) -> None:
    """An archive takes up to an hour; timelines must not stand still for that."""
    diary, done = Diary(), asyncio.Event()

    async def long(_: Services, __: Job) -> None:
        await done.wait()

    await enqueue(services, NewJob("short", {"n": 1}))
    async with services.db.connection() as db:
        await db.execute("INSERT INTO job (kind, payload, times_lost) VALUES ('long', '{}', 1)")
    async with running(services, {"long": Handler(long), "short": Handler(diary.write)}, alone_s=0.4):
        await until(lambda: _leased(services))
        await asyncio.sleep(0.2)
        assert diary.ran == [], "it is alone at first"
        await until(lambda: diary.is_long(1))
        done.set()
        await until(lambda: no_jobs(services))


async def test_a_job_lost_before_waits_for_a_long_one_and_others_do_not(services: Services) -> None:
    diary, done = Diary(), asyncio.Event()

    async def long(_: Services, __: Job) -> None:
        await done.wait()

    await enqueue(services, NewJob("long", {}))
    async with running(services, {"long": Handler(long), "short": Handler(diary.write)}, alone_s=0.2):
        await until(lambda: _leased(services))
        await asyncio.sleep(0.4)
        async with services.db.connection() as db:
            await db.execute("""INSERT INTO job (kind, payload, times_lost) VALUES ('short', '{"n": "suspect"}', 1)""")
        await enqueue(services, NewJob("short", {"n": "innocent"}))
        await until(lambda: diary.is_long(1))
        await asyncio.sleep(0.3)
        assert diary.ran == ["innocent"]
        done.set()
        await until(lambda: no_jobs(services))
    assert diary.ran == ["innocent", "suspect"]


async def test_a_lease_is_extended_while_the_job_works(services: Services) -> None:
    diary = Diary()

    async def slow(services: Services, job: Job) -> None:
        await asyncio.sleep(1.2)
        await diary.write(services, job)

    await enqueue(services, NewJob("a", {}))
    kinds = {"a": Handler(slow)}
    async with running(services, kinds, lease_s=0.4), running(services, kinds, lease_s=0.4):
        await until(lambda: no_jobs(services))
    assert len(diary.ran) == 1


async def test_a_job_whose_lease_was_given_away_is_stopped_here(services: Services) -> None:
    stopped = asyncio.Event()

    async def slow(_: Services, __: Job) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.set()
            raise

    await enqueue(services, NewJob("a", {}))
    async with running(services, {"a": Handler(slow)}, lease_s=0.3):
        await until(lambda: _leased(services))
        async with services.db.connection() as db:
            await db.execute(
                "UPDATE job SET owner = gen_random_uuid(), attempts = attempts + 1, leased_until = 'infinity'"
            )
        async with asyncio.timeout(5):
            await stopped.wait()
    (row,) = await rows(services)
    assert (row["attempts"], row["failures"]) == (2, 0)


async def _leased(services: Services) -> bool:
    return any(row["owner"] is not None for row in await rows(services))


async def test_a_stop_lets_jobs_end_and_hands_back_what_does_not(services: Services) -> None:
    diary = Diary()

    async def work(services: Services, job: Job) -> None:
        await asyncio.sleep(job.data["s"])
        await diary.write(services, job)

    await enqueue(services, NewJob("a", {"n": "short", "s": 0.3}), *(NewJob("a", {"s": 60}) for _ in range(20)))
    async with running(services, {"a": Handler(work)}, at_once=4, grace_s=1.0):
        await until(lambda: _leased(services))
        await asyncio.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 4
    assert diary.ran == ["short"]
    left = await rows(services)
    assert len(left) == 20
    assert all((row["owner"], row["times_lost"], row["failures"]) == (None, 0, 0) for row in left)


async def test_work_goes_on_after_the_database_cut_every_connection(
    services: Services, fresh_database_url: str
) -> None:
    diary = Diary()

    async def work(services: Services, job: Job) -> None:
        await asyncio.sleep(0.02)
        await diary.write(services, job)

    await enqueue(services, *(NewJob("a", {"n": n}) for n in range(100)))
    async with running(services, {"a": Handler(work)}, lease_s=1.0, chance=lambda: 0.0):
        await until(lambda: diary.is_long(10))
        for _ in range(3):
            await _cut_connections(fresh_database_url)
            await asyncio.sleep(0.1)
        await until(lambda: no_jobs(services), within_s=20)
    assert set(diary.ran) == set(range(100))


async def _cut_connections(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


async def test_a_kind_with_a_limit_keeps_to_it_and_does_not_hold_up_the_rest(services: Services) -> None:
    now: dict[str, int] = {"a": 0}
    most: dict[str, int] = {"a": 0}
    diary = Diary()

    async def limited(_: Services, __: Job) -> None:
        now["a"] += 1
        most["a"] = max(most["a"], now["a"])
        await asyncio.sleep(0.05)
        now["a"] -= 1

    await enqueue(services, *(NewJob("a", {}) for _ in range(12)), *(NewJob("b", {"n": n}) for n in range(20)))
    kinds = {"a": Handler(limited, limit=2), "b": Handler(diary.write)}
    async with running(services, kinds), running(services, kinds):
        assert await until(lambda: diary.is_long(20)) < 0.5
        await until(lambda: no_jobs(services))
    assert most["a"] == 2


async def test_draining_does_everything_that_follows_and_says_when_something_failed(services: Services) -> None:
    diary = Diary()

    async def breed(services: Services, job: Job) -> None:
        await enqueue(services, NewJob("child", {"n": job.data["n"]}))

    async def fail(_: Services, __: Job) -> None:
        raise RuntimeError("no luck")

    kinds = {"parent": Handler(breed), "child": Handler(diary.write), "bad": Handler(fail)}
    await enqueue(services, NewJob("parent", {"n": 1}), NewJob("parent", {"n": 2}), NewJob("bad", {}))
    with pytest.raises(JobFailed, match="no luck"):
        await Runner(services, Queue(services.db), kinds).drain()
    assert sorted(diary.ran) == [1, 2]


class SlowToTell(Queue):
    """What it says is due was so when it was asked, some time ago."""

    async def due(self, ordinary: Sequence[str], limited: Sequence[str]) -> Due:
        found = await super().due(ordinary, limited)
        await asyncio.sleep(0.2)
        return found


async def test_draining_does_what_was_enqueued_while_it_looked(services: Services) -> None:
    diary = Diary()

    async def lead(services: Services, job: Job) -> None:
        await asyncio.sleep(0.1)  # past the moment when the second look was made, before it is told
        await enqueue(services, NewJob("follow", {"n": 1}))

    await enqueue(services, NewJob("lead", {}))
    kinds = {"lead": Handler(lead), "follow": Handler(diary.write)}
    await Runner(services, SlowToTell(services.db), kinds).drain()
    assert diary.ran == [1]
