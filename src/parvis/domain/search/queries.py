"""The SQL of finding."""

from __future__ import annotations

from parvis.infra.postgres import Connection, Row

# Only public posts count: a hashtag in a hidden post must not be found through its numbers (case C8).
_PUBLIC = "p.visibility = 0 AND p.deleted_at IS NULL AND a.state = 0"


async def names_like(db: Connection, beginning: str, since_id: int, limit: int, offset: int) -> list[str]:
    """Folded names with that beginning, most used since that post id first."""
    pattern = beginning.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = await db.fetch(
        f"""
        SELECT t.name
          FROM tag t
         CROSS JOIN LATERAL (
               SELECT count(*) AS uses
                 FROM post_tag pt
                 JOIN post p ON p.account_id = pt.account_id AND p.id = pt.post_id
                 JOIN account a ON a.id = p.account_id
                WHERE pt.tag = t.name AND pt.post_id >= $2 AND {_PUBLIC}) recent
         WHERE t.name LIKE $1
         ORDER BY recent.uses DESC, t.name
         LIMIT $3 OFFSET $4
        """,
        pattern,
        since_id,
        limit,
        offset,
    )
    return [row["name"] for row in rows]


async def uses_by_day(db: Connection, names: list[str], since_id: int) -> list[Row]:
    """tag, day, posts, people of public uses since that post id, for days on which there were any."""
    return await db.fetch(
        f"""
        SELECT pt.tag, p.created_at::date AS day, count(*) AS posts, count(DISTINCT pt.account_id) AS people
          FROM post_tag pt
          JOIN post p ON p.account_id = pt.account_id AND p.id = pt.post_id
          JOIN account a ON a.id = p.account_id
         WHERE pt.tag = ANY ($1::text[]) AND pt.post_id >= $2 AND {_PUBLIC}
         GROUP BY pt.tag, p.created_at::date
        """,
        names,
        since_id,
    )
