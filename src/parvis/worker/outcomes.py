"""How jobs ended, on its way to the database: in small batches, kept until it is written."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

import asyncpg
import structlog

from parvis.infra.queue import Failed, Job, Queue

log = structlog.get_logger(__name__)

DATABASE_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0


class Outcomes:
    """A batch is whatever came in while the last one was written. `written` hears of each job once it is."""

    def __init__(self, queue: Queue, written: Callable[[Iterable[Job]], None]) -> None:
        self._queue = queue
        self._written = written
        self._done: list[Job] = []
        self._failed: list[Failed] = []
        self._some = asyncio.Event()

    def done(self, job: Job) -> None:
        """The job succeeded."""
        self._done.append(job)
        self._some.set()

    def failed(self, failure: Failed) -> None:
        """The job failed."""
        self._failed.append(failure)
        self._some.set()

    async def write(self) -> None:
        """Outcomes are written until this is cancelled, also when the database goes away in between."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._some.wait()
            try:
                await self.write_once()
            except DATABASE_TROUBLE as error:
                log.warning("outcomes.not_written", waiting=len(self._done) + len(self._failed), error=repr(error))
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                pause_s = FIRST_PAUSE_S

    async def write_rest(self, *, within_s: float) -> None:
        """What is left is written, if the database answers in time."""
        with contextlib.suppress(*DATABASE_TROUBLE):
            async with asyncio.timeout(within_s):
                await self.write_once()

    async def write_once(self) -> None:
        """What came in until now is written; if that cannot be, it is kept."""
        self._some.clear()
        done, failed = self._done, self._failed
        self._done, self._failed = [], []
        try:
            ours = await self._queue.finish(done, failed) if done or failed else set()
        except BaseException:
            self._done, self._failed = done + self._done, failed + self._failed
            self._some.set()
            raise
        jobs = [*done, *(failure.job for failure in failed)]
        for job in jobs:
            if job.id not in ours:  # somebody else has it, or had it: what we did was done twice
                log.warning("job.lease_was_lost", id=job.id, kind=job.kind)
        self._written(jobs)
