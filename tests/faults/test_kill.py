"""Everything dies in turn while people publish: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from tests.faults.crowd import Crowd
from tests.faults.processes import kill, one
from tests.rig.server import Server

POSTS = 2000
AUTHORS = 8
VICTIMS = ("web-worker", "postgres", "worker", "nats", "web", "supervisor")


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_two_thousand_posts_survive_the_death_of_everything(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:
        crowd = Crowd(server)
        crowd.gather(AUTHORS)
        publishing = asyncio.create_task(crowd.publish(POSTS // AUTHORS, pause_s=0.12))
        for victim in VICTIMS:
            await asyncio.sleep(4)
            assert not publishing.done(), "the crowd was done before everything had died"
            took = await _kill_and_wait(server, crowd, victim)
            print(f"{victim} killed: service back after {took:.1f} s")
            assert took < 10, victim
        await publishing
        await asyncio.to_thread(crowd.check)
        print(f"{len(crowd.acknowledged)} posts acknowledged, each there once; refusals by status {crowd.refusals}")
    finally:
        server.stop()


async def _kill_and_wait(server: Server, crowd: Crowd, victim: str) -> float:
    """Seconds until the server answers again and acknowledges a post."""
    before = time.monotonic()
    kill(server, victim)
    if victim == "supervisor":
        assert server.process is not None
        await asyncio.to_thread(server.process.wait)
        await asyncio.to_thread(server.start)
    count = len(crowd.done_at)
    while True:
        await asyncio.sleep(0.05)
        recent = [at for at in crowd.done_at[count:] if at > before + 0.3]
        if recent and await asyncio.to_thread(server.answers) and _is_there(server, victim):
            return max(recent[0], before) - before
        if time.monotonic() > before + 60:
            raise AssertionError(f"no service after {victim} was killed:\n{server.log()[-3000:]}")


def _is_there(server: Server, victim: str) -> bool:
    try:
        one(server, victim)
    except AssertionError:
        return False
    return True


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_stopped_database_is_said_honestly_and_comes_back(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:
        crowd = Crowd(server)
        crowd.gather(1)
        database = one(server, "postgres")
        database.suspend()
        for child in database.children():
            child.suspend()
        before = time.monotonic()
        with httpx.Client(base_url=server.origin, timeout=60) as client:
            answer = client.post("/api/v1/statuses", json={"status": "x"}, headers=crowd.of("author0"))
        print(f"a stopped database: {answer.status_code} after {time.monotonic() - before:.1f} s")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        for child in database.children():
            child.resume()
        database.resume()
        asyncio.run(crowd.publish(3))
        crowd.check()
    finally:
        server.stop()
