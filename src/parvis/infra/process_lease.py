"""The process number inside every id: leased from the database, so that no two living processes share one."""

from __future__ import annotations

import asyncio
import contextlib
import uuid

import asyncpg
import structlog

from parvis.base.ids import IdSource
from parvis.infra.postgres import Database

log = structlog.get_logger(__name__)

LEASE_S = 60
RENEW_S = 20


class ProcessLease:
    """One number, renewed in the background until `close`. `ids` stays the same object when the number changes."""

    def __init__(self, db: Database, number: int, holder: uuid.UUID) -> None:
        self.ids = IdSource(number)
        self._db = db
        self._holder = holder
        self._renewing = asyncio.create_task(self._keep(), name="renew process lease")

    @classmethod
    async def take(cls, db: Database) -> ProcessLease:
        """A number that no living process has. Raises: RuntimeError when 1,024 processes live."""
        holder = uuid.uuid4()
        return cls(db, await _free_number(db, holder), holder)

    async def close(self) -> None:
        """The number is free for others; whoever has it next starts with a later millisecond."""
        self._renewing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._renewing
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with self._db.connection() as connection:
                await connection.execute("DELETE FROM process_lease WHERE holder = $1", self._holder)

    async def renew(self) -> None:
        """The lease runs for another minute; a lost one is replaced by another number."""
        async with self._db.connection() as connection:
            kept = await connection.fetchval(
                """
                UPDATE process_lease
                   SET expires_at = now() + make_interval(secs => $3)
                 WHERE number = $1
                   AND holder = $2
                RETURNING number
                """,
                self.ids.process_number,
                self._holder,
                LEASE_S,
            )
        if kept is None:
            lost = self.ids.process_number
            self.ids.process_number = await _free_number(self._db, self._holder)
            log.warning("process_lease.replaced", lost=lost, number=self.ids.process_number)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                await self.renew()
            except (OSError, TimeoutError, RuntimeError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                # While the database is away nobody can take the number either.
                log.warning("process_lease.not_renewed", error=repr(error))


async def _free_number(db: Database, holder: uuid.UUID) -> int:
    """The number now held by `holder`: one that nobody left behind, or else the one whose lease ran out first.

    A lease that ran out need not be a dead process's: after an outage those who live have not renewed theirs yet.
    """
    async with db.transaction() as tx:
        await tx.execute("LOCK TABLE process_lease IN SHARE ROW EXCLUSIVE MODE")  # rare, and over in a millisecond
        number = await tx.fetchval(
            """
            INSERT INTO process_lease (number, holder, expires_at)
                 SELECT candidate, $1, now() + make_interval(secs => $2)
                   FROM generate_series(0, 1023) AS candidate
                   LEFT JOIN process_lease l ON l.number = candidate
                  WHERE l.expires_at IS NULL
                     OR l.expires_at <= now()
                  ORDER BY l.expires_at NULLS FIRST, random()
                  LIMIT 1
            ON CONFLICT (number) DO UPDATE
                    SET holder = EXCLUDED.holder,
                        expires_at = EXCLUDED.expires_at
              RETURNING number
            """,
            holder,
            LEASE_S,
        )
    if number is None:
        raise RuntimeError("All 1,024 process numbers are leased.")
    return number
