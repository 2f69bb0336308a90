"""One process's measuring: every few seconds it looks, asks the database how fast it answers, and leaves what it saw there.

It has a connection of its own: that the others are all taken is just what it must be able to tell.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import asyncpg
import msgspec
import structlog

from parvis.domain.health import gather_queries, machine, probes, queries
from parvis.domain.health.probes import Probe
from parvis.domain.health.types import Signal
from parvis.infra import jobs, postgres
from parvis.infra.postgres import Connection, Database
from parvis.infra.services import Services

log = structlog.get_logger(__name__)

EVERY_S = 5.0
FIRST_S = 0.5
LAG_EVERY_S = 0.25
QUESTIONS = 3  # the fastest answer counts, for the others may have waited for us

# A database that answers in that time is well, whatever it usually needs; one that needs more than the other is not.
CALM_S, LONGEST_CALM_S = 0.010, 0.050
TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Measuring:
    """What one process measures. `look` takes one look; `latest` is what it saw."""

    def __init__(self, services: Services, role: str, more: Sequence[Probe] = ()) -> None:
        self.role = role
        self.process = f"{machine.HOST}:{os.getpid()}"
        self.latest: list[Signal] = []
        self._probes = [*probes.of_process(services, role), *more]
        self._lags: list[float] = []
        self._fastest_s = LONGEST_CALM_S
        self._looked = time.monotonic()

    async def watch_lag(self) -> None:
        """The event loop's delays are noted, until this is cancelled."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(LAG_EVERY_S)
            self._lags.append(max(0.0, time.perf_counter() - before - LAG_EVERY_S))

    async def arrive(self, db: Connection) -> None:
        """Others know that this process is there, although it has measured nothing yet: its start would look like load."""
        here = Signal("clock", 0.0, 0.0, None, {"step_s": 0.0})
        await queries.signals_stored(db, self.process, self.role, machine.HOST, [here])

    async def look(self, db: Connection) -> list[Signal]:
        """What was seen since the last look; it is in the database for others to read."""
        now = time.monotonic()
        elapsed_s, self._looked = max(now - self._looked, 1e-3), now
        seen = [probe(elapsed_s) for probe in self._probes]
        seen = [self._with_lag(one) if one.resource == self.role else one for one in seen]
        response_s = min([await _response_s(db) for _ in range(QUESTIONS)])
        seen = [self._with_response(one, response_s) if one.resource == "database" else one for one in seen]
        if self.role == "work":
            seen.append(await _jobs(db))
        await queries.signals_stored(db, self.process, self.role, machine.HOST, seen)
        self.latest = seen
        return seen

    def _with_lag(self, loop: Signal) -> Signal:
        lags, self._lags = self._lags or [0.0], []
        facts = {"mean_lag_s": sum(lags) / len(lags), "longest_lag_s": max(lags)}
        return msgspec.structs.replace(loop, facts=facts)

    def _with_response(self, database: Signal, response_s: float) -> Signal:
        """As of a queue: an answer that takes ten times as long as it did says that nine tenths are taken."""
        self._fastest_s = min(self._fastest_s, response_s)
        calm_s = min(max(CALM_S, 3 * self._fastest_s), LONGEST_CALM_S)
        use = max(0.0, 1.0 - calm_s / max(response_s, 1e-9))
        return msgspec.structs.replace(database, use=use, facts={"response_s": response_s})


async def _response_s(db: Connection) -> float:
    before = time.perf_counter()
    await db.fetchval("SELECT 1")
    return time.perf_counter() - before


async def _jobs(db: Connection) -> Signal:
    """How many jobs wait, up to a thousand of each kind, and since when the oldest does. Watched: whoever comes in is not
    what makes it wait."""
    late = await gather_queries.late_jobs(db, [one.kind for one in await jobs.oldest_due_by_kind(db)])
    age_s = max((row["oldest_s"] or 0.0 for row in late), default=0.0)
    return Signal("jobs", float(sum(row["jobs"] for row in late)), 0.0, None, {"oldest_s": max(0.0, age_s)})


@contextlib.asynccontextmanager
async def measured(services: Services, role: str, more: Sequence[Probe] = ()) -> AsyncGenerator[Measuring]:
    """This process measures itself for as long as the block runs."""
    measuring = Measuring(services, role, more)
    db = await postgres.connect(services.settings.database_url, size=1, application="parvis health", statement_s=8)
    tasks = [asyncio.create_task(measuring.watch_lag()), asyncio.create_task(_keep(measuring, db))]
    try:
        yield measuring
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(*TROUBLE):
            async with asyncio.timeout(2), db.connection() as connection:
                await queries.signals_forgotten(connection, measuring.process)
        await db.close()


async def _keep(measuring: Measuring, db: Database) -> None:
    await asyncio.sleep(min(FIRST_S, EVERY_S))
    await _stored(measuring.arrive, db)
    while True:
        await asyncio.sleep(EVERY_S)
        await _stored(measuring.look, db)


async def _stored(what: Callable[[Connection], Awaitable[object]], db: Database) -> None:
    try:
        async with db.connection() as connection:
            await what(connection)
    except TROUBLE as error:
        log.debug("health.not_stored", error=repr(error))
