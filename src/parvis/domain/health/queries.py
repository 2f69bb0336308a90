"""What the database says about itself."""

from __future__ import annotations

from datetime import datetime

from parvis.infra.postgres import Connection


async def server_version(connection: Connection) -> tuple[int, str]:
    """`(180006, "18.6")`"""
    row = await connection.fetchrow(
        """
        SELECT current_setting('server_version_num')::int AS number,
               current_setting('server_version')          AS name
        """
    )
    assert row is not None
    return row["number"], row["name"]


async def current_time(connection: Connection) -> datetime:
    """The database's clock, not the start of the transaction."""
    return await connection.fetchval("SELECT clock_timestamp()")
