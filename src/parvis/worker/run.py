"""The worker's process: from its settings to its last released lease."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Mapping

import structlog
import uvloop

from parvis.base.settings import Settings, from_environment
from parvis.domain import health
from parvis.domain.media import TRANSCODE_JOB
from parvis.domain.moderation import house_settings
from parvis.infra import postgres, tracing
from parvis.infra.opening import open_services
from parvis.infra.queue import LEASE_S, PLANNER, Queue
from parvis.infra.services import Services
from parvis.worker import doors, schedules, sequencer, watch
from parvis.worker.handlers import Handler, Router
from parvis.worker.kinds import all_kinds
from parvis.worker.runner import Runner

log = structlog.get_logger(__name__)


ONLY = {"transcode": (TRANSCODE_JOB,)}


def main(only: str | None = None) -> int:
    """Jobs were run until SIGTERM or SIGINT came. The settings are those of the environment; logs are configured.

    `only`: those jobs and nothing else, for machines that are there for that.
    """
    settings = from_environment()
    kinds = all_kinds(transcodings=settings.transcodings)
    if only is not None:
        kinds = {kind: kinds[kind] for kind in ONLY[only]}
    uvloop.run(work(settings, kinds, keeps_schedules=only is None))
    return 0


async def work(
    settings: Settings,
    kinds: Mapping[str, Handler | Router],
    *,
    lease_s: float = LEASE_S,
    keeps_schedules: bool = True,
) -> None:
    """Jobs are run and schedules kept until a signal comes; then leases are handed back."""
    async with (
        tracing.sent(settings, "work"),
        open_services(settings, application="parvis work") as services,
        _queue(settings, lease_s) as queue,
        _runner(services, queue, kinds, role="work" if keeps_schedules else "transcode") as runner,
    ):
        await services.pressure.listen(services.news)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, runner.stop)
        keepers = [schedules.keep, sequencer.keep, doors.keep_gate] if keeps_schedules else []
        clocks = [asyncio.create_task(keep(services)) for keep in (*keepers, house_settings.keep_looking)]
        if keeps_schedules:
            clocks.append(asyncio.create_task(watch.keep(settings)))
        log.info("worker.started", owner=str(queue.owner))
        try:
            await runner.run()
        finally:
            for clock in clocks:
                clock.cancel()
        log.info("worker.stopped")


@contextlib.asynccontextmanager
async def _runner(
    services: Services, queue: Queue, kinds: Mapping[str, Handler | Router], *, role: str
) -> AsyncIterator[Runner]:
    """It is measured how this process does, and how long its jobs take."""
    runner = Runner(services, queue, kinds, at_once=max(2, services.settings.database_pool))
    async with health.measured(services, role, [runner.times.probe]):
        yield runner


@contextlib.asynccontextmanager
async def _queue(settings: Settings, lease_s: float) -> AsyncIterator[Queue]:
    """The job table by connections of its own: the jobs themselves may need all others."""
    db = await postgres.connect(settings.database_url, size=2, application="parvis queue", session=PLANNER)
    try:
        yield Queue(db, lease_s=lease_s)
    finally:
        await db.close()


async def drain(services: Services) -> None:
    """All work that is due is done, with all that follows from it. For tests, and commands that leave nothing behind.

    Raises: JobFailed when some of it did not work out.
    """
    await Runner(services, Queue(services.db), all_kinds()).drain()
