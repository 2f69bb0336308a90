"""The SQL of hashtags on profiles. `tag` is folded everywhere."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.infra.postgres import Connection, Row


async def new_featured_tag(
    tx: Connection, account_id: AccountId, tag: str, name: str, row_id: int, now: datetime
) -> bool:
    """Whether it was not there before."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO featured_tag (account_id, tag, name, id, created_at) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (account_id, tag) DO NOTHING
            RETURNING true
            """,
            account_id,
            tag,
            name,
            row_id,
            now,
        )
    )


async def featured_count(db: Connection, account_id: AccountId) -> int:
    return await db.fetchval("SELECT count(*) FROM featured_tag WHERE account_id = $1", account_id)


async def featured_tag_deleted(tx: Connection, account_id: AccountId, tag: str) -> None:
    await tx.execute("DELETE FROM featured_tag WHERE account_id = $1 AND tag = $2", account_id, tag)


async def featured_tag_deleted_by_id(tx: Connection, account_id: AccountId, row_id: int) -> bool:
    """Whether it was there."""
    return bool(
        await tx.fetchval(
            "DELETE FROM featured_tag WHERE account_id = $1 AND id = $2 RETURNING true", account_id, row_id
        )
    )


async def featured_tags(db: Connection, account_id: AccountId) -> list[Row]:
    """With the number and the last day of the account's posts for everybody under it."""
    return await db.fetch(
        """
        SELECT t.id, t.tag, t.name, used.posts, used.last_on
          FROM featured_tag t
         CROSS JOIN LATERAL (
               SELECT count(*) AS posts, (max(p.created_at) AT TIME ZONE 'UTC')::date AS last_on
                 FROM post_tag pt
                 JOIN post p ON p.account_id = pt.account_id AND p.id = pt.post_id
                WHERE pt.tag = t.tag AND pt.account_id = t.account_id
                  AND p.deleted_at IS NULL AND p.visibility <= 1) AS used
         WHERE t.account_id = $1
         ORDER BY used.posts DESC, t.id
        """,
        account_id,
    )


async def ties(db: Connection, account_id: AccountId, tags: list[str]) -> list[Row]:
    """Of each hashtag whether the account follows it, and whether it shows it."""
    return await db.fetch(
        """
        SELECT t.tag,
               EXISTS (SELECT FROM tag_follow f WHERE f.account_id = $1 AND f.tag = t.tag) AS followed,
               EXISTS (SELECT FROM featured_tag s WHERE s.account_id = $1 AND s.tag = t.tag) AS featured
          FROM unnest($2::text[]) AS t (tag)
        """,
        account_id,
        tags,
    )


async def used_most(db: Connection, account_id: AccountId, most: int) -> list[str]:
    """Of the account's latest thousand posts for everybody."""
    rows = await db.fetch(
        """
        WITH latest AS (
            SELECT id FROM post
             WHERE account_id = $1 AND deleted_at IS NULL AND visibility <= 1 AND tags <> '{}'
             ORDER BY id DESC
             LIMIT 1000)
        SELECT pt.tag
          FROM latest
          JOIN post_tag pt ON pt.post_id = latest.id AND pt.account_id = $1
         WHERE NOT EXISTS (SELECT FROM featured_tag f WHERE f.account_id = $1 AND f.tag = pt.tag)
         GROUP BY pt.tag
         ORDER BY count(*) DESC, pt.tag
         LIMIT $2
        """,
        account_id,
        most,
    )
    return [row["tag"] for row in rows]
