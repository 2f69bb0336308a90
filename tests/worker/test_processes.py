"""Workers as real processes: killed by their jobs, told to stop, idle."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from parvis.base.settings import Settings
from parvis.infra import jobs
from parvis.infra.jobs import NewJob
from parvis.infra.services import Services
from tests.worker.test_runner import enqueue, rows, until

TREE = Path(__file__).parents[2]


def environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "PARVIS_HOME": str(settings.home),
        "PARVIS_DATABASE_URL": settings.database_url,
        "PARVIS_NATS_URL": settings.nats_url,
        "PARVIS_LOG_FORMAT": "json",
        "PYTHONPATH": str(TREE),
    }


async def start(settings: Settings, *module: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *module,
        cwd=TREE,
        env=environment(settings),
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def kept_alive(settings: Settings, *module: str) -> AsyncIterator[list[str]]:
    """The process is started again whenever it ends, as the supervisor does; yields the lines of its log."""
    said: list[str] = []
    current: list[asyncio.subprocess.Process] = []

    async def keep() -> None:
        while True:
            process = await start(settings, *module)
            current[:] = [process]
            assert process.stderr is not None
            async for line in process.stderr:
                said.append(line.decode())
            await process.wait()

    task = asyncio.create_task(keep())
    try:
        yield said
    finally:
        task.cancel()
        if current and current[0].returncode is None:
            current[0].kill()
            await current[0].wait()


async def test_a_job_that_keeps_killing_its_worker_is_parked_and_reported_and_the_others_are_done(
    settings: Settings, services: Services
) -> None:
    await enqueue(
        services,
        *(NewJob("note", {"name": f"before {n}"}) for n in range(5)),
        NewJob("kill", {"why": "poison"}),
        *(NewJob("note", {"name": f"after {n}"}) for n in range(5)),
    )

    async def only_the_poison_is_left() -> bool:
        left = [row for row in await rows(services) if not row["kind"].startswith("scheduled.")]
        return len(left) == 1 and left[0]["parked_at"] is not None

    async with kept_alive(settings, "tests.worker.dangerous") as said:
        await until(only_the_poison_is_left, within_s=60)
        await until(lambda: _said(said, "job.parked"))
    async with services.db.connection() as db:
        assert [(job.kind, job.times_lost) for job in await jobs.parked(db)] == [("kill", 3)]
        assert await db.fetchval("SELECT count(*) FROM tag") == 10
    (report,) = [line for line in said if "job.parked" in line]
    assert '"level": "error"' in report
    assert '"kind": "kill"' in report
    assert "poison" in report


async def _said(lines: list[str], text: str) -> bool:
    return any(text in line for line in lines)


async def test_the_worker_stops_in_order_when_told_to(settings: Settings, services: Services) -> None:
    process = await start(settings, "parvis", "work")
    assert process.stderr is not None
    async with asyncio.timeout(20):
        while b"worker.started" not in await process.stderr.readline():
            pass
        await enqueue(services, NewJob("scheduled.delete_expired_rows", {}))
        process.send_signal(signal.SIGTERM)
        log = await process.stderr.read()
        assert await process.wait() == 0
    assert b"worker.stopped" in log
    assert all(row["owner"] is None for row in await rows(services))
    async with services.db.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM process_lease") == 1, "ours; the worker's was handed back"


async def test_an_idle_worker_uses_next_to_no_processor(settings: Settings) -> None:
    process = await start(settings, "parvis", "work")
    assert process.stderr is not None
    try:
        async with asyncio.timeout(20):
            while b"worker.started" not in await process.stderr.readline():
                pass
        await asyncio.sleep(1.5)
        before = _cpu_s(process.pid)
        await asyncio.sleep(3)
        assert _cpu_s(process.pid) - before < 0.09, "3 % of a processor"
    finally:
        process.kill()
        await process.wait()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
