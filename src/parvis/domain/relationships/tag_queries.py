"""The SQL of followed hashtags. Their names are folded everywhere."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.base.pages import PageRequest
from parvis.infra.postgres import Connection, Row


async def new_tag_follow(tx: Connection, account_id: AccountId, tag: str, row_id: int, now: datetime) -> bool:
    """Whether the account did not follow it before."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO tag_follow (account_id, tag, id, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (account_id, tag) DO NOTHING
            RETURNING true
            """,
            account_id,
            tag,
            row_id,
            now,
        )
    )


async def tag_follow_deleted(tx: Connection, account_id: AccountId, tag: str) -> None:
    await tx.execute("DELETE FROM tag_follow WHERE account_id = $1 AND tag = $2", account_id, tag)


async def tag_count(db: Connection, account_id: AccountId) -> int:
    return await db.fetchval("SELECT count(*) FROM tag_follow WHERE account_id = $1", account_id)


async def followed_tags(db: Connection, account_id: AccountId, page: PageRequest) -> list[Row]:
    """tag and id of what the account follows, the latest first."""
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        SELECT id, tag
          FROM tag_follow
         WHERE account_id = $1
           AND ($2::bigint IS NULL OR id < $2)
           AND ($3::bigint IS NULL OR id > $3)
         ORDER BY id {order}
         LIMIT $4
        """,
        account_id,
        page.max_id,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.forwards else rows
