"""What the watch of the place writes down: measurements by the minute and the hour, incidents, and what was kept safe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from parvis.domain.health.incidents import Incident
from parvis.domain.health.types import Moment, Signal
from parvis.domain.health.verdicts.verdict import Verdict
from parvis.infra.postgres import Connection, Row

LOCK = 7_720_001

Table = Literal["health_minute", "health_hour"]


async def elected(db: Connection) -> bool:
    """Whether this session is the one that keeps the book; it stays so until it ends."""
    return bool(await db.fetchval("SELECT pg_try_advisory_lock($1)", LOCK))


async def minute_stored(db: Connection, at: datetime, moments: Sequence[Moment]) -> None:
    """The minute holds what was seen in it so far."""
    await db.execute(
        """
        INSERT INTO health_minute (at, resource, used, use, peak, capacity, facts)
        SELECT $1, m.resource, m.used, m.use, m.peak, m.capacity, m.facts::jsonb
          FROM unnest($2::text[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::text[])
               AS m (resource, used, use, peak, capacity, facts)
            ON CONFLICT (at, resource) DO UPDATE
           SET used = excluded.used, use = excluded.use, peak = greatest(health_minute.peak, excluded.peak),
               capacity = excluded.capacity, facts = excluded.facts
        """,
        at,
        [one.resource for one in moments],
        [one.used for one in moments],
        [one.use for one in moments],
        [one.peak for one in moments],
        [one.capacity for one in moments],
        [msgspec.json.encode(one.facts).decode() for one in moments],
    )


async def hours_stored(db: Connection, now: datetime) -> None:
    """Every full hour of the last day whose minutes are there has its row."""
    await db.execute(
        """
        INSERT INTO health_hour (at, resource, used, use, peak, capacity, facts)
        SELECT hour, resource, avg(used), avg(use), max(peak), max(capacity),
               coalesce((SELECT jsonb_object_agg(name, mean)
                           FROM (SELECT fact.key AS name, avg(fact.value::float8) AS mean
                                   FROM health_minute AS inner_minute, jsonb_each_text(inner_minute.facts) AS fact
                                  WHERE inner_minute.resource = minutes.resource
                                    AND inner_minute.at >= hour AND inner_minute.at < hour + interval '1 hour'
                                  GROUP BY fact.key) AS means), '{}')
          FROM (SELECT date_trunc('hour', at) AS hour, resource, used, use, peak, capacity
                  FROM health_minute
                 WHERE at >= date_trunc('hour', $1::timestamptz) - interval '1 day'
                   AND at < date_trunc('hour', $1::timestamptz)) AS minutes
         WHERE NOT EXISTS (SELECT FROM health_hour
                            WHERE health_hour.at = hour AND health_hour.resource = minutes.resource)
         GROUP BY hour, resource
            ON CONFLICT (at, resource) DO NOTHING
        """,
        now,
    )


async def old_forgotten(db: Connection, now: datetime, minutes: timedelta, hours: timedelta) -> None:
    await db.execute("DELETE FROM health_minute WHERE at < $1", now - minutes)
    await db.execute("DELETE FROM health_hour WHERE at < $1", now - hours)


async def last_look(db: Connection) -> datetime | None:
    """When the place was watched last, as far back as anything of that is kept."""
    return await db.fetchval("SELECT greatest((SELECT max(at) FROM health_minute), (SELECT max(at) FROM health_hour))")


async def minutes(
    db: Connection, since: datetime, resources: Sequence[str] | None = None
) -> list[tuple[datetime, Moment]]:
    """What was seen since then, a row a minute, the oldest first."""
    return await _moments(db, "health_minute", since, resources)


async def hours(
    db: Connection, since: datetime, resources: Sequence[str] | None = None
) -> list[tuple[datetime, Moment]]:
    """What was seen since then, a row an hour, the oldest first."""
    return await _moments(db, "health_hour", since, resources)


async def busiest(db: Connection, since: datetime, resources: Sequence[str]) -> tuple[str, float]:
    """Which of these was fullest in its busiest hour since then, and how full; no name where nothing was measured."""
    row = await db.fetchrow(
        """
        SELECT resource, use
          FROM health_hour
         WHERE at >= $1
           AND resource = ANY ($2)
         ORDER BY use DESC
         LIMIT 1
        """,
        since,
        resources,
    )
    return ("", 0.0) if row is None else (row["resource"], row["use"])


async def _moments(
    db: Connection, table: Table, since: datetime, resources: Sequence[str] | None
) -> list[tuple[datetime, Moment]]:
    rows = await db.fetch(
        f"""
        SELECT at, resource, used, use, peak, capacity, facts
          FROM {table}
         WHERE at >= $1 AND ($2::text[] IS NULL OR resource = ANY ($2))
         ORDER BY at
        """,
        since,
        resources,
    )
    return [(row["at"], _moment(row)) for row in rows]


async def fact_then(
    db: Connection, resource: str, fact: str, since: datetime, table: Table = "health_minute"
) -> Row | None:
    """What that fact was, in the oldest minute or hour since then that has it."""
    return await db.fetchrow(
        f"""
        SELECT at, (facts ->> $3)::float8 AS value
          FROM {table}
         WHERE at >= $1 AND resource = $2 AND facts ? $3
         ORDER BY at
         LIMIT 1
        """,
        since,
        resource,
        fact,
    )


async def letters_sent(db: Connection, since: datetime) -> float:
    """How many letters the mail service has taken since then; what was sent while nobody kept the watch is not known."""
    return await db.fetchval(
        """
        SELECT coalesce(sum((facts ->> 'sent')::float8), 0)
          FROM health_minute
         WHERE at >= $1
           AND resource = 'mail'
        """,
        since,
    )


async def incident_stored(db: Connection, one: Incident) -> None:
    """The incident is in the table as it is now."""
    values = (
        one.name, one.opened_at, one.seen_at, one.closed_at, one.blame,
        msgspec.json.encode(one.verdict).decode(), one.told_at, one.ended_told_at,
    )  # fmt: skip
    changed = await db.fetchval(
        """
        UPDATE incident
           SET seen_at = $3, closed_at = $4, blame = $5, verdict = $6::text::jsonb, told_at = $7, ended_told_at = $8
         WHERE name = $1 AND opened_at = $2
        RETURNING id
        """,
        *values,
    )
    if changed is None:
        await db.execute(
            """
            INSERT INTO incident (name, opened_at, seen_at, closed_at, blame, verdict, told_at, ended_told_at)
            VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8)
                ON CONFLICT DO NOTHING
            """,
            *values,
        )


async def incidents(db: Connection, limit: int) -> list[Incident]:
    """The newest, open ones among them."""
    rows = await db.fetch(
        """
        SELECT name, opened_at, seen_at, closed_at, blame, verdict, told_at, ended_told_at
          FROM incident
         ORDER BY closed_at IS NOT NULL, opened_at DESC
         LIMIT $1
        """,
        limit,
    )
    return [_incident(row) for row in rows]


async def incident_months(db: Connection) -> dict[str, tuple[int, datetime]]:
    """The months (`2026-05`, by UTC) in which something began that was told everybody and is over, the newest first; with
    how much that was and when the last of it ended, by which one sees whether a month has changed."""
    rows = await db.fetch(
        """
        SELECT to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS incidents, max(closed_at) AS ended_at
          FROM incident
         WHERE closed_at IS NOT NULL
           AND verdict ->> 'urgency' <> 'note'
         GROUP BY month
         ORDER BY month DESC
        """
    )
    return {row["month"]: (row["incidents"], row["ended_at"]) for row in rows}


async def incidents_of_month(db: Connection, month: str, limit: int) -> list[Incident]:
    """What began in that month (`2026-05`, by UTC), was told everybody and is over, the newest first."""
    rows = await db.fetch(
        """
        SELECT name, opened_at, seen_at, closed_at, blame, verdict, told_at, ended_told_at
          FROM incident
         WHERE opened_at >= to_date($1, 'YYYY-MM')::timestamp AT TIME ZONE 'UTC'
           AND opened_at < (to_date($1, 'YYYY-MM') + interval '1 month') AT TIME ZONE 'UTC'
           AND closed_at IS NOT NULL
           AND verdict ->> 'urgency' <> 'note'
         ORDER BY opened_at DESC
         LIMIT $2
        """,
        month,
        limit,
    )
    return [_incident(row) for row in rows]


async def kept_safe(
    db: Connection, what: str, began_at: datetime, ended_at: datetime, problem: str, facts: dict[str, float]
) -> None:
    await db.execute(
        """
        INSERT INTO safekeeping (what, began_at, ended_at, problem, facts) VALUES ($1, $2, $3, $4, $5::text::jsonb)
        """,
        what,
        began_at,
        ended_at,
        problem,
        msgspec.json.encode(facts).decode(),
    )


async def safekeeping(db: Connection, limit: int) -> list[dict[str, Any]]:
    """The latest backups and drills, the newest first."""
    rows = await db.fetch(
        "SELECT what, began_at, ended_at, problem, facts FROM safekeeping ORDER BY began_at DESC LIMIT $1", limit
    )
    return [dict(row) | {"facts": msgspec.json.decode(row["facts"], type=dict[str, float])} for row in rows]


def _moment(row: Row) -> Moment:
    facts = msgspec.json.decode(row["facts"], type=dict[str, float])
    return Moment(Signal(row["resource"], row["used"], row["use"], row["capacity"], facts), row["peak"])


def _incident(row: Row) -> Incident:
    return Incident(
        name=row["name"],
        opened_at=row["opened_at"],
        seen_at=row["seen_at"],
        closed_at=row["closed_at"],
        blame=row["blame"],
        verdict=msgspec.json.decode(row["verdict"], type=Verdict),
        told_at=row["told_at"],
        ended_told_at=row["ended_told_at"],
    )
