"""PostgreSQL: a pool of connections, transactions, and JSON columns as text that msgspec decodes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Row = asyncpg.Record


class _QuietConnection(asyncpg.Connection):
    """A connection without the reset query: nothing here leaves session state behind, and a reset costs a round trip."""

    def get_reset_query(self) -> str:
        return ""


class Database:
    """One process's connections. `queries` counts statements sent; tests read it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for reading, without a transaction."""
        async with self.pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside a transaction: committed at the end, rolled back by any exception."""
        async with self.pool.acquire() as connection, connection.transaction():
            yield connection

    async def close(self) -> None:
        await self.pool.close()


async def connect(
    url: str, *, size: int, application: str = "parvis", session: Mapping[str, str] | None = None, **options: Any
) -> Database:
    """A pool of at most `size` connections to `url` (postgresql://…), each with these session settings."""
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        command_timeout=30,
        connection_class=_QuietConnection,
        server_settings={"application_name": application, "timezone": "UTC", **(session or {})},
        **options,
    )
    return Database(pool)
