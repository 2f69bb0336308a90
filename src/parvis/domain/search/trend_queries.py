"""The SQL of trends. Only what is public by active people counts (case C8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.posts.sight import LENS, is_silenced_by_lens, may_see
from parvis.infra.postgres import Connection, Row

_COUNTS = "p.visibility = 0 AND p.deleted_at IS NULL AND p.repost_of_id IS NULL AND a.state = 0"
# kind → (table of uses, its name, what else is asked of a name)
_USES = {
    "tag": ("post_tag", "u.tag", ""),
    "link": ("post_link", "u.link_id", "JOIN link l ON l.id = u.link_id AND l.card_id > 0"),
}


async def used_lately(db: Connection, kind: str, since_id: int, least: int) -> list[str]:
    """What at least so many people named since that post, the most named first."""
    table, name, more = _USES[kind]
    rows = await db.fetch(
        f"""
        SELECT {name}::text AS name
          FROM post p
          JOIN account a ON a.id = p.account_id
          JOIN {table} u ON u.account_id = p.account_id AND u.post_id = p.id
          {more}
         WHERE p.id >= $1 AND {_COUNTS}
         GROUP BY 1
        HAVING count(DISTINCT p.account_id) >= $2
         ORDER BY count(DISTINCT p.account_id) DESC, 1
         LIMIT 200
        """,
        since_id,
        least,
    )
    return [row["name"] for row in rows]


async def uses_by_day(db: Connection, kind: str, names: list[str], since_id: int) -> list[Row]:
    """name, day, posts, people of uses since that post, for days on which there were any."""
    if not names:
        return []
    table, name, _ = _USES[kind]
    wanted = "$1::text[]" if kind == "tag" else "$1::text[]::bigint[]"
    return await db.fetch(
        f"""
        SELECT {name}::text AS name, p.created_at::date AS day, count(*) AS posts, count(DISTINCT p.account_id) AS people
          FROM {table} u
          JOIN post p ON p.account_id = u.account_id AND p.id = u.post_id
          JOIN account a ON a.id = p.account_id
         WHERE {name} = ANY ({wanted}) AND u.post_id >= $2 AND {_COUNTS}
         GROUP BY 1, 2
        """,
        names,
        since_id,
    )


async def marked_posts(db: Connection, since_id: int, least: int) -> list[Row]:
    """id, account_id, created_at, favourites, reposts of posts that can be in the list, those with most marks first."""
    return await db.fetch(
        f"""
        SELECT p.id, p.account_id, p.created_at, c.favourites, c.reposts
          FROM post p
          JOIN account a ON a.id = p.account_id
          JOIN post_counter c ON c.account_id = p.account_id AND c.post_id = p.id
         WHERE p.id >= $1 AND {_COUNTS} AND a.discoverable AND a.domain IS NULL
           AND p.in_reply_to_id IS NULL AND NOT p.sensitive AND p.warning = ''
           AND c.favourites + c.reposts >= $2
         ORDER BY c.favourites + c.reposts DESC, p.id DESC
         LIMIT 2000
        """,
        since_id,
        least,
    )


async def replaced(tx: Connection, entries: Sequence[tuple[str, int, str, int | None, float, str, datetime]]) -> None:
    """The lists are these and no others."""
    await tx.execute("DELETE FROM trend")
    await tx.executemany(
        """
        INSERT INTO trend (kind, place, name, account_id, score, numbers, computed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        entries,
    )


async def of_kind(db: Connection, kind: str, limit: int, offset: int) -> list[Row]:
    """name and numbers, best first."""
    return await db.fetch(
        "SELECT name, numbers FROM trend WHERE kind = $1 ORDER BY place LIMIT $2 OFFSET $3", kind, limit, offset
    )


async def links(db: Connection, limit: int, offset: int) -> list[Row]:
    """content of the preview and numbers, best first."""
    return await db.fetch(
        """
        SELECT c.content, t.numbers
          FROM trend t
          JOIN link l ON l.id = t.name::bigint
          JOIN card c ON c.id = l.card_id
         WHERE t.kind = 'link'
         ORDER BY t.place
         LIMIT $1 OFFSET $2
        """,
        limit,
        offset,
    )


async def post_ids(db: Connection, viewer: AccountId | None, limit: int, offset: int) -> list[PostId]:
    """Ids, best first, without what is out of the viewer's sight or silenced by them now."""
    rows = await db.fetch(
        f"""
        WITH {LENS}
        SELECT p.id
          FROM trend t
          JOIN post p ON p.account_id = t.account_id AND p.id = t.name::bigint
          JOIN account a ON a.id = p.account_id
         WHERE t.kind = 'post' AND {may_see()} AND a.state = 0 AND a.discoverable
           AND NOT {is_silenced_by_lens("p.account_id")}
         ORDER BY t.place
         LIMIT $2 OFFSET $3
        """,
        viewer,
        limit,
        offset,
    )
    return [PostId(row["id"]) for row in rows]


async def computed_at(db: Connection) -> datetime | None:
    return await db.fetchval("SELECT max(computed_at) FROM trend")


async def everything(db: Connection) -> list[Row]:
    """Every entry whose subject is still for everybody."""
    return await db.fetch(
        f"""
        SELECT t.kind, t.name, t.score, t.numbers, t.computed_at, l.url
          FROM trend t
          LEFT JOIN link l ON t.kind = 'link' AND l.id::text = t.name
         WHERE t.kind <> 'post' OR EXISTS (
               SELECT FROM post p JOIN account a ON a.id = p.account_id
                WHERE p.account_id = t.account_id AND p.id::text = t.name AND {may_see(viewer="NULL")} AND a.state = 0)
         ORDER BY t.kind, t.place
        """
    )
