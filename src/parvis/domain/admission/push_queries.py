"""SQL of the browsers that are called when it is somebody's turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.infra.postgres import Connection, Row


async def stored(tx: Connection, receipt_id: int, *, endpoint: str, point: bytes, auth: bytes, now: datetime) -> None:
    """That browser is called, instead of the one before."""
    await tx.execute(
        """
        INSERT INTO receipt_push (receipt_id, endpoint, point, auth, created_at)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (receipt_id) DO UPDATE
           SET endpoint = excluded.endpoint, point = excluded.point, auth = excluded.auth,
               created_at = excluded.created_at
        """,
        receipt_id,
        endpoint,
        point,
        auth,
        now,
    )


async def to_call(db: Connection, receipt_id: int) -> Row | None:
    """Where the message goes, and the receipt as it is by now."""
    return await db.fetchrow(
        """
        SELECT p.endpoint, p.point, p.auth, r.state, r.locale, r.lapses_at
          FROM receipt_push p
          JOIN receipt r ON r.id = p.receipt_id
         WHERE p.receipt_id = $1
        """,
        receipt_id,
    )


async def wanted(db: Connection, receipt_ids: Sequence[int]) -> list[int]:
    """Those of them whose browser is to be called."""
    rows = await db.fetch("SELECT receipt_id FROM receipt_push WHERE receipt_id = ANY ($1::bigint[])", receipt_ids)
    return [row["receipt_id"] for row in rows]


async def forgotten(tx: Connection, receipt_ids: Sequence[int], *, endpoint: str | None = None) -> None:
    """Their browsers are called no more; with an endpoint only where it is still that one."""
    await tx.execute(
        """
        DELETE FROM receipt_push
         WHERE receipt_id = ANY ($1::bigint[])
           AND ($2::text IS NULL OR endpoint = $2)
        """,
        receipt_ids,
        endpoint,
    )
