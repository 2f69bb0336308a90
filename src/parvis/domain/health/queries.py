"""What the database says about itself, and what processes leave there about theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from parvis.domain.health.types import Reading, Signal
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


async def signals_stored(db: Connection, process: str, role: str, host: str, seen: Sequence[Signal]) -> None:
    await db.execute(
        """
        INSERT INTO health_signal (process, resource, role, host, measured_at, used, use, capacity, facts)
        SELECT $1, s.resource, $2, $3, clock_timestamp(), s.used, s.use, s.capacity, s.facts::jsonb
          FROM unnest($4::text[], $5::float8[], $6::float8[], $7::float8[], $8::text[])
               AS s (resource, used, use, capacity, facts)
            ON CONFLICT (process, resource) DO UPDATE
           SET measured_at = excluded.measured_at, used = excluded.used, use = excluded.use,
               capacity = excluded.capacity, facts = excluded.facts
        """,
        process,
        role,
        host,
        [one.resource for one in seen],
        [one.used for one in seen],
        [one.use for one in seen],
        [one.capacity for one in seen],
        [msgspec.json.encode(one.facts).decode() for one in seen],
    )


async def signals_forgotten(db: Connection, process: str) -> None:
    await db.execute("DELETE FROM health_signal WHERE process = $1", process)


async def old_signals_forgotten(db: Connection, age: timedelta) -> None:
    await db.execute("DELETE FROM health_signal WHERE measured_at < now() - $1::interval", age)


async def readings(db: Connection, within: timedelta) -> list[Reading]:
    """What was seen lately, the newest first."""
    rows = await db.fetch(
        """
        SELECT process, role, host, measured_at, resource, used, use, capacity, facts
          FROM health_signal
         WHERE measured_at > now() - $1::interval
         ORDER BY measured_at DESC
        """,
        within,
    )
    return [
        Reading(
            row["process"],
            row["role"],
            row["host"],
            row["measured_at"],
            Signal(
                row["resource"],
                row["used"],
                row["use"],
                row["capacity"],
                msgspec.json.decode(row["facts"], type=dict[str, float]),
            ),
        )
        for row in rows
    ]
