"""What still opens the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.infra.postgres import Connection


async def valid_tokens(db: Connection, ids: Sequence[int]) -> set[int]:
    """Those of the tokens that exist and whose account may act."""
    rows = await db.fetch(
        """
        SELECT t.id
          FROM oauth_token t
          JOIN account a ON a.id = t.account_id
         WHERE t.id = ANY ($1::bigint[])
           AND a.state < 2
           AND NOT a.frozen
        """,
        ids,
    )
    return {row["id"] for row in rows}


async def valid_sessions(db: Connection, ids: Sequence[int], now: datetime) -> set[int]:
    """Those of the sessions that exist, have not run out, and whose account may act."""
    rows = await db.fetch(
        """
        SELECT s.id
          FROM session s
          JOIN account a ON a.id = s.account_id
         WHERE s.id = ANY ($1::bigint[])
           AND s.expires_at > $2
           AND a.state < 2
           AND NOT a.frozen
        """,
        ids,
        now,
    )
    return {row["id"] for row in rows}
