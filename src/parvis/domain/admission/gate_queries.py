"""SQL of the gate: how it stands, how it stood, what people were told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from parvis.base.ids import id_at
from parvis.domain.admission.forecast import Range
from parvis.domain.admission.gate_types import Change, Minute, Published, Remembered, Standing
from parvis.infra.postgres import Connection, Row

LOCK = 0x6761_7465  # "gate"


async def elected(tx: Connection) -> bool:
    """Whether this transaction, and no other in the cluster, is the one to decide."""
    return bool(await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK))


async def current_time(db: Connection) -> datetime:
    """The database's clock, not the start of the transaction."""
    return await db.fetchval("SELECT clock_timestamp()")


async def standing(db: Connection) -> Standing:
    row = await db.fetchrow("SELECT gate_state.*, waiting FROM gate_state, admission_tree")
    assert row is not None
    return _standing(row)


def _standing(row: Row) -> Standing:
    return Standing(
        mode=row["mode"],
        cap_per_s=row["cap_per_s"],
        message=row["message"],
        decided_at=row["decided_at"],
        rate_per_s=row["rate_per_s"],
        target_per_s=row["target_per_s"],
        binding=row["binding"],
        tokens=row["tokens"],
        came=row["came"],
        last_number=row["last_number"],
        remembered=msgspec.json.decode(row["memory"], type=Remembered),
        published=msgspec.json.decode(row["published"], type=Published),
        waiting=row["waiting"],
    )


async def decided(tx: Connection, new: Standing, *, came: int, now: datetime) -> None:
    """The door stands like this. `came`: of those who came in at once, so many have been counted."""
    await tx.execute(
        """
        UPDATE gate_state
           SET decided_at = $1, rate_per_s = $2, target_per_s = $3, binding = $4, tokens = $5, came = came - $6,
               last_number = $7, memory = $8::jsonb, published = $9::jsonb
        """,
        now,
        new.rate_per_s,
        new.target_per_s,
        new.binding,
        new.tokens,
        came,
        new.last_number,
        msgspec.json.encode(new.remembered).decode(),
        msgspec.json.encode(new.published).decode(),
    )


async def one_came(tx: Connection) -> None:
    """Somebody came in at once."""
    await tx.execute("UPDATE gate_state SET came = came + 1")


async def told(tx: Connection, mode: str, cap_per_s: float | None, message: str | None) -> None:
    """The operator's word; the next decision follows it."""
    await tx.execute("UPDATE gate_state SET mode = $1, cap_per_s = $2, message = $3", mode, cap_per_s, message)


async def changed(tx: Connection, change: Change) -> None:
    await tx.execute(
        """
        INSERT INTO gate_change (at, mode, rate_per_s, binding, message, by_id, measured)
        VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb)
        """,
        change.at,
        change.mode,
        change.rate_per_s,
        change.binding,
        change.message,
        change.by_id,
        msgspec.json.encode(change.measured).decode(),
    )


async def changes(db: Connection, *, limit: int) -> list[Change]:
    """The latest changes, newest first."""
    rows = await db.fetch(
        """
        SELECT at, mode, rate_per_s, binding, message, by_id, measured
          FROM gate_change
         ORDER BY id DESC
         LIMIT $1
        """,
        limit,
    )
    return [
        Change(
            row["at"],
            row["mode"],
            row["rate_per_s"],
            row["binding"],
            row["message"],
            row["by_id"],
            msgspec.json.decode(row["measured"], type=dict[str, dict[str, float]]),
        )
        for row in rows
    ]


async def newcomers(db: Connection, since: datetime) -> int:
    """How many accounts of this place are younger than that."""
    return await db.fetchval("SELECT count(*) FROM login WHERE account_id >= $1", id_at(since))


async def minute_counted(tx: Connection, minute: datetime, one: Minute) -> None:
    """The minute has this much more to it; rate, reason and how many wait are the latest."""
    await tx.execute(
        """
        INSERT INTO gate_minute AS known (minute, rate_per_s, binding, received, admitted, waiting)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (minute) DO UPDATE
           SET rate_per_s = excluded.rate_per_s, binding = excluded.binding, waiting = excluded.waiting,
               received = known.received + excluded.received, admitted = known.admitted + excluded.admitted
        """,
        minute,
        one.rate_per_s,
        one.binding,
        one.received,
        one.admitted,
        one.waiting,
    )


async def minutes(db: Connection, since: datetime) -> list[Minute]:
    """Oldest first."""
    rows = await db.fetch(
        """
        SELECT minute AS at, rate_per_s, binding, received, admitted, waiting
          FROM gate_minute
         WHERE minute >= $1
         ORDER BY minute
        """,
        since,
    )
    return [Minute(**row) for row in rows]


async def promised(tx: Connection, at: datetime, told: Mapping[int, Range]) -> None:
    """Whoever holds these numbers was told that."""
    await tx.execute(
        """
        INSERT INTO gate_promise (at, number, low_s, middle_s, high_s)
        SELECT $1, p.* FROM unnest($2::bigint[], $3::float8[], $4::float8[], $5::float8[]) AS p
            ON CONFLICT DO NOTHING
        """,
        at,
        list(told),
        [one.low_s for one in told.values()],
        [one.middle_s for one in told.values()],
        [one.high_s for one in told.values()],
    )


async def called(tx: Connection, serving: int, now: datetime) -> list[Row]:
    """Promises to numbers that have been called since the last time: what was said, and what came."""
    return await tx.fetch(
        """
          WITH fresh AS (
                SELECT at, number FROM gate_promise WHERE called_at IS NULL AND number <= $1 ORDER BY number LIMIT 500)
        UPDATE gate_promise AS p
           SET called_at = $2, kept = extract(epoch FROM $2 - p.at) BETWEEN p.low_s AND p.high_s
          FROM fresh
         WHERE p.at = fresh.at AND p.number = fresh.number
        RETURNING p.middle_s, extract(epoch FROM $2 - p.at)::float8 AS actual_s, p.kept
        """,
        serving,
        now,
    )


async def kept_share(db: Connection, since: datetime) -> float | None:
    """How often people got in within their range; None while there is little to tell by."""
    row = await db.fetchrow(
        "SELECT count(*) AS judged, count(*) FILTER (WHERE kept) AS kept FROM gate_promise WHERE called_at >= $1", since
    )
    assert row is not None
    return row["kept"] / row["judged"] if row["judged"] >= 20 else None


async def old_forgotten(tx: Connection, now: datetime) -> None:
    """Minutes of over 30 days, judged promises of over 2, changes of over a year are gone."""
    await tx.execute("DELETE FROM gate_minute WHERE minute < $1", now - timedelta(days=30))
    await tx.execute("DELETE FROM gate_promise WHERE called_at < $1", now - timedelta(days=2))
    await tx.execute("DELETE FROM gate_change WHERE at < $1", now - timedelta(days=365))
