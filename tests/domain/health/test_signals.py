"""Processes measure themselves, and what all of them saw is put together."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from parvis.base.clock import utc_now
from parvis.domain import health
from parvis.domain.health import history, machine, measure, probes, queries
from parvis.domain.health.headroom import FRESH, merged
from parvis.domain.health.measure import Measuring
from parvis.domain.health.types import Reading, Signal
from parvis.infra import video
from parvis.infra.services import Services


def reading(process: str, signal: Signal, *, host: str = "here", role: str = "web") -> Reading:
    return Reading(process, role, host, utc_now(), signal)


async def test_a_process_sees_what_it_uses(services: Services) -> None:
    measuring = Measuring(services, "web", [health.held("streams", lambda: 5.0, 20.0)])
    await services.hasher.hash("a password of some length")
    async with services.db.connection():
        await asyncio.sleep(0.05)
    async with services.db.connection() as db:
        seen = {one.resource: one for one in await measuring.look(db)}
        assert (await health.headroom(db)).keys() == seen.keys()
    machine = {"cpu", "disk", "memory", "clock"}
    assert seen.keys() == machine | {"web", "pool", "database", "hashing", "mail", "outbound", "streams"}
    assert seen["hashing"].used > 0
    assert 0 < seen["hashing"].use <= 1
    assert seen["pool"].used > 0
    assert seen["streams"].use == 0.25
    assert seen["database"].facts["response_s"] > 0
    assert seen["database"].use == 0
    assert 0 < seen["cpu"].use <= 1


async def test_a_busy_event_loop_is_seen(services: Services) -> None:
    began = time.perf_counter()
    measuring = Measuring(services, "web")
    lagging = asyncio.create_task(measuring.watch_lag())
    await asyncio.sleep(0.01)
    until = time.thread_time() + 0.4  # of the processor, however many share it
    while time.thread_time() < until:
        pass
    await asyncio.sleep(0.01)
    lagging.cancel()
    async with services.db.connection() as db:
        [loop] = [one for one in await measuring.look(db) if one.resource == "web"]
    assert loop.facts["longest_lag_s"] > 0.1
    assert loop.used * (time.perf_counter() - began) >= 0.4


async def test_an_encoder_that_stands_still_is_seen_unless_it_is_held_back(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "LOOK_EVERY_S", 0.05)
    held_back = False

    async def facts() -> dict[str, float]:
        async with services.db.connection() as db:
            return next(one.facts for one in await measuring.look(db) if one.resource == "encoders")

    measuring = Measuring(services, "work")
    video.open_folder(tmp_path)
    endless = ["-re", "-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-f", "null", "-"]
    encoding = asyncio.create_task(
        video.encode(tmp_path, endless, duration_ms=None, pressed=lambda: held_back, idle=False)
    )
    try:
        await asyncio.sleep(4)
        [encoder] = [one for one in psutil.Process().children(recursive=True) if "ffmpeg" in one.name()]
        assert await facts() == {"resting": 0.0, "silent_s": pytest.approx(0.5, abs=1.0)}
        held_back = True
        await asyncio.sleep(3)
        assert await facts() == {"resting": 1.0, "silent_s": 0.0}
        held_back = False
        await asyncio.sleep(0.5)
        encoder.suspend()
        await asyncio.sleep(3)
        seen = await facts()
        assert seen["resting"] == 0
        assert seen["silent_s"] > 2
    finally:
        encoding.cancel()
        await asyncio.gather(encoding, return_exceptions=True)
    assert video.longest_silence_s() == 0


@pytest.mark.parametrize("kernel_tells", [True, False])
async def test_what_lets_others_pass_in_a_container_is_told_only_where_the_kernel_does(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel_tells: bool
) -> None:
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    monkeypatch.setattr(os, "getpriority", lambda *_: 0)  # however patiently the tests themselves run
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 9000\n" + "nice_usec 4000\n" * kernel_tells)
    measuring = Measuring(services, "work")
    async with services.db.connection() as db:
        [cpu] = [one for one in await measuring.look(db) if one.resource == "cpu"]
    assert ("patient" in cpu.facts) == kernel_tells


@pytest.mark.skipif(os.getpriority(os.PRIO_PROCESS, 0) > 0, reason="nothing is nicer than a suite that is nice itself")
def test_work_that_lets_others_pass_is_told_apart() -> None:
    burn = "import os, time\nos.nice(19)\nwhile time.process_time() < 0.8: sum(range(100_000))"
    before_s, at = machine.patient_s(), time.monotonic()
    subprocess.run([sys.executable, "-c", burn], check=True)
    assert 0.5 <= machine.patient_s() - before_s <= machine.cores() * (time.monotonic() - at) + 0.1
    code = "from parvis.domain.health import machine; import os; os.nice(5); print(machine.patient_s())"
    assert subprocess.check_output([sys.executable, "-c", code]) == b"None\n", "where all is nice it tells nothing"


async def test_a_slow_database_is_nearly_full_however_little_is_asked_of_it(services: Services) -> None:
    measuring = Measuring(services, "web")
    database = Signal("database", 3.0, 0.0)
    assert measuring._with_response(database, 0.005).use == 0
    assert measuring._with_response(database, 0.2).use > 0.9
    assert measuring._with_response(database, 0.005).use == 0


async def test_a_process_that_ends_is_forgotten_at_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "EVERY_S", 0.05)
    async with health.measured(services, "work"), services.db.connection() as db:
        await asyncio.sleep(1)
        seen = await health.headroom(db)
        assert "jobs" in seen
    async with services.db.connection() as db:
        assert await queries.readings(db, FRESH) == []


async def test_a_process_is_known_to_be_there_before_it_has_measured_anything(services: Services) -> None:
    async with health.measured(services, "web"), services.db.connection() as db:
        await asyncio.sleep(2)
        assert {(one.role, one.signal.resource) for one in await queries.readings(db, FRESH)} == {("web", "clock")}


def test_processes_of_one_machine_do_not_count_its_cores_twice() -> None:
    cpu = Signal("cpu", 1.0, 0.5, 2.0)
    here = [reading("a", cpu), reading("b", cpu)]
    assert merged(here)["cpu"] == cpu
    there = merged([*here, reading("c", Signal("cpu", 1.8, 0.9, 2.0), host="there")])["cpu"]
    assert (there.used, there.use, there.capacity) == (2.8, 0.9, 4.0)


def test_what_the_kernel_ended_for_want_of_memory_is_counted_of_our_container_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    of_all = machine.killed()
    (tmp_path / "memory.events").write_text("low 0\noom 3\noom_kill 2\noom_group_kill 0\n")
    memory = probes._memory()
    assert memory(5.0).facts["killed_per_s"] == 0.0
    (tmp_path / "memory.events").write_text("oom_kill 4\n")
    assert memory(5.0).facts["killed_per_s"] == 0.4
    assert of_all >= 0.0


async def test_the_disk_of_a_machine_is_compared_with_itself(services: Services) -> None:
    """Another that joins, or has less room, says nothing of when this one will be full."""
    now, mib = utc_now(), float(1 << 20)
    alone = Signal("disk", 0.0, 0.5, None, {"free_bytes": 900 * mib, probes.FREE_HERE: 900 * mib})
    there = Signal("disk", 0.0, 0.9, None, {"free_bytes": 100 * mib, "free_bytes@there": 100 * mib})
    both = merged([reading("a", alone), reading("b", there, host="there")])
    assert both["disk"].facts == {"free_bytes": 100 * mib, probes.FREE_HERE: 900 * mib, "free_bytes@there": 100 * mib}
    async with services.db.connection() as db:
        await health.Minutes().add(db, {"disk": there}, now - timedelta(hours=5))
        assert await history.disk_pace(db, 50 * mib, now) == 0.0, "of this one nothing is known yet"
        await health.Minutes().add(db, both, now - timedelta(hours=4))
        pace = await history.disk_pace(db, 800 * mib, now)
        assert pace * 4 * 3600 == pytest.approx(100 * mib, rel=0.01)
        assert await history.disk_pace(db, 900 * mib, now) == 0.0


async def test_every_worker_sees_all_jobs_that_wait_and_they_count_once(services: Services) -> None:
    async with services.db.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO job (kind, payload, due_at)
            SELECT kind, '{}', now() - interval '9 s' FROM unnest(ARRAY['a', 'a', 'a', 'b']) AS kind
            """
        )
    async with services.db.connection() as db:
        seen = [one for one in await Measuring(services, "work").look(db) if one.resource == "jobs"]
    both = merged([reading("one", seen[0], role="work"), reading("two", seen[0], role="work")])
    assert both["jobs"].used == 4
    assert 9 <= both["jobs"].facts["oldest_s"] < 60


def test_the_fullest_process_says_how_full_a_resource_is_but_one_alone_not_how_the_database_is() -> None:
    pools = [reading(name, Signal("pool", used, used / 8, 8.0)) for name, used in (("a", 8.0), ("b", 0.0))]
    assert merged(pools)["pool"].use == 1.0
    answers = [reading(name, Signal("database", 5.0, use)) for name, use in (("a", 0.0), ("b", 0.95), ("c", 0.1))]
    assert merged(answers)["database"].use == 0.1
    late = [
        reading(name, Signal("database", 5.0, use, None, {"response_s": took_s}))
        for name, use, took_s in (("a", 0.0, 0.001), ("b", 0.95, 2.0), ("c", 0.1, 0.011))
    ]
    assert merged(late)["database"].facts == {"response_s": 0.011}
