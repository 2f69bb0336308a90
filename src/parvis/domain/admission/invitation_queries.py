"""SQL about who brought in whom."""

from __future__ import annotations

from parvis.infra.postgres import Connection, Row


async def brought_in(db: Connection, most: int) -> list[Row]:
    """inviter_id, account_id and entered_at of those who came in by an invitation, the newest first."""
    return await db.fetch(
        """
        SELECT i.inviter_id, r.account_id, r.entered_at
          FROM receipt r
          JOIN invitation i ON i.id = r.invitation_id
         WHERE r.invitation_id IS NOT NULL
           AND r.account_id IS NOT NULL
         ORDER BY r.entered_at DESC, r.id DESC
         LIMIT $1
        """,
        most,
    )
