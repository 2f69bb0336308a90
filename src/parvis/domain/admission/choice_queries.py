"""SQL of what those who wait chose for later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId
from parvis.infra.postgres import Connection


async def chosen_ids(db: Connection, receipt_id: int) -> list[AccountId]:
    """Whom the receipt's owner will follow, the first chosen first."""
    rows = await db.fetch(
        "SELECT target_id FROM receipt_follow WHERE receipt_id = $1 ORDER BY created_at, target_id", receipt_id
    )
    return [AccountId(row["target_id"]) for row in rows]


async def new_choice(tx: Connection, receipt_id: int, target_id: AccountId, now: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO receipt_follow (receipt_id, target_id, created_at)
        VALUES ($1, $2, $3)
            ON CONFLICT DO NOTHING
        """,
        receipt_id,
        target_id,
        now,
    )


async def choice_dropped(tx: Connection, receipt_id: int, target_id: AccountId) -> None:
    await tx.execute("DELETE FROM receipt_follow WHERE receipt_id = $1 AND target_id = $2", receipt_id, target_id)


async def choices_dropped(tx: Connection, receipt_ids: Sequence[int]) -> None:
    await tx.execute("DELETE FROM receipt_follow WHERE receipt_id = ANY ($1::bigint[])", receipt_ids)
