"""Everything dies while it starts: in the middle of making the database, of its schema, of coming up. The next start works."""

from __future__ import annotations

import asyncio
import subprocess
import time
from pathlib import Path

import asyncpg
import pytest

from parvis.infra.engines.places import Places
from tests.faults.crowd import Crowd
from tests.faults.processes import kill_all
from tests.rig.server import COMMAND, Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.mark.parametrize("step_s", [0.15, 0.35])
def test_a_first_start_that_dies_again_and_again_is_finished_by_the_next(tmp_path: Path, step_s: float) -> None:
    """Each start gets a little further than the one before, until one says that it is ready."""
    server = Server(tmp_path)
    deaths = 0
    try:
        while not _ready_within(server, 0.2 + deaths * step_s):
            killed = kill_all(server)
            deaths += 1
            print(f"killed {killed} processes after {0.2 + (deaths - 1) * step_s:.2f} s: {_reached(tmp_path)}")
        assert deaths >= 5, "too few starts were cut short to say anything"
        _works(server)
    finally:
        server.stop()


def test_a_server_that_has_just_come_up_can_be_stopped_at_once(tmp_path: Path) -> None:
    """Not everything has come up then, though something answers; a signal that nobody takes would be lost for ever."""
    server = Server(tmp_path)
    took: list[float] = []
    for _ in range(10):
        server.start()
        before = time.monotonic()
        server.stop()
        took.append(time.monotonic() - before)
    print("seconds to stop: " + " ".join(f"{one:.1f}" for one in took))
    assert max(took) < 5
    assert "refused to gracefully stop" not in server.log()


async def test_death_within_a_migration_leaves_none_of_it(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        for _ in range(2):  # were half of it left, the second try would fail over it
            _launch(server)
            await _until_migrating(server)
            print(f"killed {await asyncio.to_thread(kill_all, server)} processes within a migration")
            assert "migration.applied" not in server.log()
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(_works, server)
    finally:
        server.stop()


async def _until_migrating(server: Server) -> None:
    """The first migration is being applied at this moment."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            db = await asyncpg.connect(
                Places(server.home).database_url(user="postgres", database="postgres"), timeout=2
            )
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.02)
            continue
        while time.monotonic() < end:
            if await db.fetchval(_MIGRATING):
                db.terminate()
                return
            assert "is ready at" not in server.log(), "the schema was there too soon"
    raise AssertionError(server.log()[-2000:])


_MIGRATING = """
    SELECT EXISTS (
           SELECT FROM pg_stat_activity
            WHERE application_name = 'parvis migrate' AND state = 'active' AND length(query) > 1000)
"""


def _launch(server: Server) -> None:
    with (server.home / "server.log").open("ab") as log:
        server.process = subprocess.Popen(
            [*COMMAND, "serve"], env=server.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )


def _ready_within(server: Server, seconds: float) -> bool:
    _launch(server)
    assert server.process is not None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.process.poll() is None, server.log()[-3000:]
        if server.answers():
            return True
        time.sleep(0.02)
    return False


def _reached(home: Path) -> str:
    """How far the start had come, in words."""
    folders = sorted(path.name for path in (home / "postgres").glob("*"))
    schema = "the schema" if "migration.applied" in (home / "server.log").read_text() else "no schema"
    return f"postgres/ {' '.join(folders) or 'is empty'}, {schema}"


def _works(server: Server) -> None:
    """People can do what they come for."""
    crowd = Crowd(server)
    crowd.gather(1)
    asyncio.run(crowd.publish(5))
    crowd.check()
