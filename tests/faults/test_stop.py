"""Processes that hang instead of dying (SIGSTOP): nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.crowd import Crowd
from tests.faults.processes import everyone_of, kill, one, stopped
from tests.rig.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    """Two authors and their reader, on a server with two web and two job workers."""
    server = Server(tmp_path, settings={"PARVIS_JOB_WORKERS": "2"})
    server.start()
    try:
        made = Crowd(server)
        made.gather(2)
        yield made
    finally:
        server.stop()


async def test_posts_are_acknowledged_while_the_broker_hangs(crowd: Crowd) -> None:
    with stopped(one(crowd.server, "nats")):
        before = time.monotonic()
        await crowd.publish(40)
        took = time.monotonic() - before
        print(f"80 posts beside a stopped broker: {took:.1f} s, refusals {crowd.refusals}")
        assert not crowd.refusals
        assert took < 30
        await asyncio.to_thread(crowd.check)  # work is found without the broker's wake-ups
    await asyncio.to_thread(crowd.check)
    await asyncio.to_thread(_hears_again, crowd)


def _hears_again(crowd: Crowd) -> None:
    """A stream opened now tells of a post published now, within the time the clients need to come back."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with (
            httpx.Client(base_url=crowd.server.origin, timeout=httpx.Timeout(5, read=2)) as client,
            client.stream("GET", "/api/v1/streaming/user", headers=crowd.of("reader")) as answer,
        ):
            chunks = answer.iter_text()
            assert next(chunks) == ":)\n"
            words = f"author0 asks who listens at {time.monotonic()}"
            post = client.post("/api/v1/statuses", json={"status": words}, headers=crowd.of("author0"))
            crowd.acknowledged[words] = post.json()["id"]
            try:
                if any(words in chunk for chunk in chunks):
                    return
            except httpx.ReadTimeout:
                continue
    raise AssertionError("streams stay silent after the broker came back")


async def test_a_hanging_web_worker_costs_time_and_nothing_else(crowd: Crowd) -> None:
    publishing = asyncio.create_task(crowd.publish(40, pause_s=0.05))
    await asyncio.sleep(1)
    before = time.monotonic()
    with stopped(everyone_of(crowd.server, "web-worker")[0]):
        await asyncio.sleep(15)
        during = [at for at in crowd.done_at if at > before + 1]
        print(f"a stopped web worker: {len(during)} posts acknowledged within 15 s, refusals {crowd.refusals}")
        assert during
    await publishing
    await asyncio.to_thread(crowd.check)


async def test_another_worker_takes_over_from_one_that_hangs(crowd: Crowd) -> None:
    publishing = asyncio.create_task(crowd.publish(30))
    await asyncio.sleep(0.5)
    before = time.monotonic()
    with stopped(everyone_of(crowd.server, "worker")[0]):
        await publishing
        await asyncio.to_thread(crowd.check)
        print(f"beside a stopped worker every home was complete {time.monotonic() - before:.1f} s after it stopped")
    await asyncio.sleep(4)  # it wakes up with leases that are no longer its own
    await asyncio.to_thread(crowd.check)
    assert _told_once(crowd)


def _told_once(crowd: Crowd) -> bool:
    """Each author has been told of their follower once."""
    with httpx.Client(base_url=crowd.server.origin, timeout=20) as client:
        for handle in crowd.authors:
            told = client.get("/api/v1/notifications", headers=crowd.of(handle)).json()
            assert [one["type"] for one in told] == ["follow"], told
    return True


async def test_service_goes_on_while_the_supervisor_hangs(crowd: Crowd) -> None:
    with stopped(one(crowd.server, "supervisor")):
        await crowd.publish(20)
        assert not crowd.refusals
        for worker in everyone_of(crowd.server, "worker"):
            worker.kill()
        await crowd.publish(20)
    await asyncio.to_thread(crowd.check)  # the workers are back, and have done what had been left
    kill(crowd.server, "web-worker")
    await crowd.publish(20)
    await asyncio.to_thread(crowd.check)
