"""PostgreSQL: a pool of connections, transactions, and JSON columns as text that msgspec decodes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from asyncpg.connection import LoggedQuery

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Row = asyncpg.Record

# A page's statement takes longer to plan than to run. Its plan is made once a connection: statements here are written so
# that one plan serves every parameter (coalesce instead of "or null").
ACQUIRE_S = 5  # for a free connection, and for a fresh one
GENERIC_PLANS = {"plan_cache_mode": "force_generic_plan"}


class _QuietConnection(asyncpg.Connection):
    """A connection without the reset query: nothing here leaves session state behind, and a reset costs a round trip."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """One process's connections. `watch`, when set, is told each statement sent (tests count round trips with it)."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.watch: Callable[[str], None] | None = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for reading, without a transaction."""
        async with self.pool.acquire(timeout=ACQUIRE_S) as connection:
            if self.watch is None:
                yield connection
            else:
                with _watched(connection, self.watch):
                    yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction: committed at the end, rolled back by any exception."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        await self.pool.close()


async def connect(
    url: str,
    *,
    size: int,
    application: str = "parvis",
    session: Mapping[str, str] | None = None,
    statement_s: float = 30,
    **options: Any,
) -> Database:
    """A pool of at most `size` connections to `url` (postgresql://…), each with these session settings.

    Raises, when used: TimeoutError for a statement of over `statement_s` seconds, or for want of a connection.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=statement_s,
        timeout=ACQUIRE_S,
        connection_class=_QuietConnection,
        server_settings={"application_name": application, "timezone": "UTC", **GENERIC_PLANS, **(session or {})},
        **options,
    )
    return Database(pool)


@contextmanager
def _watched(connection: Connection, watch: Callable[[str], None]) -> Iterator[None]:
    def note(record: LoggedQuery) -> None:
        watch(record.query)

    connection.add_query_logger(note)
    try:
        yield
    finally:
        connection.remove_query_logger(note)
