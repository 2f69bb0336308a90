"""The SQL of announcements and of what people did with them."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.domain.moderation.types import Announcement, Notice, Reaction
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection

_CURRENT = "(n.starts_at IS NULL OR n.starts_at <= $2) AND (n.ends_at IS NULL OR n.ends_at > $2)"


async def announcements(db: Connection, viewer_id: AccountId, now: datetime) -> list[Announcement]:
    """Those of this moment with their reactions, in the order in which each first came."""
    rows = await db.fetch(
        f"""
        SELECT n.id, n.html, n.starts_at, n.ends_at, n.published_at, n.updated_at,
               EXISTS (SELECT FROM announcement_dismissal d
                        WHERE d.account_id = $1 AND d.announcement_id = n.id) AS dismissed,
               (SELECT coalesce(jsonb_agg(jsonb_build_array(r.name, r.people, r.mine) ORDER BY r.first_at), '[]')
                  FROM (SELECT name, count(*) AS people, bool_or(account_id = $1) AS mine, min(created_at) AS first_at
                          FROM announcement_reaction
                         WHERE announcement_id = n.id
                         GROUP BY name) AS r) AS reactions
          FROM announcement n
         WHERE {_CURRENT}
         ORDER BY n.id DESC
         LIMIT 100
        """,
        viewer_id,
        now,
    )
    return [_announcement(dict(row)) for row in rows]


def _announcement(row: dict[str, object]) -> Announcement:
    found = from_json(str(row.pop("reactions")), list[tuple[str, int, bool]])
    return Announcement(**row, reactions=[Reaction(*one) for one in found])  # type: ignore[arg-type]


async def is_current(db: Connection, announcement_id: int, now: datetime) -> bool:
    found = await db.fetchval(f"SELECT true FROM announcement n WHERE n.id = $1 AND {_CURRENT}", announcement_id, now)
    return bool(found)


async def new_announcement(
    tx: Connection,
    announcement_id: int,
    text: str,
    html: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO announcement (id, text, html, starts_at, ends_at, published_at, updated_at)
        VALUES ($1, $2, $3, $4::timestamptz, $5, coalesce($4::timestamptz, $6), $6)
        """,
        announcement_id,
        text,
        html,
        starts_at,
        ends_at,
        now,
    )


async def announced_since(
    tx: Connection, text: str, starts_at: datetime | None, ends_at: datetime | None, since: datetime
) -> bool:
    """Whether just that was announced since then; nobody else asks until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('announcement', 0))")
    return await tx.fetchval(
        """
        SELECT EXISTS (SELECT FROM announcement
                        WHERE text = $1
                          AND starts_at IS NOT DISTINCT FROM $2
                          AND ends_at IS NOT DISTINCT FROM $3
                          AND updated_at > $4)
        """,
        text,
        starts_at,
        ends_at,
        since,
    )


async def notices(db: Connection, limit: int) -> list[Notice]:
    """The newest announcements, those of the past and those for later among them."""
    rows = await db.fetch(
        """
        SELECT id, text, html, starts_at, ends_at, published_at
          FROM announcement
         ORDER BY id DESC
         LIMIT $1
        """,
        limit,
    )
    return [Notice(**dict(row)) for row in rows]


async def announcement_before(tx: Connection, announcement_id: int, now: datetime) -> Notice | None:
    """The announcement if it is not over, ours alone to change."""
    row = await tx.fetchrow(
        """
        SELECT id, text, html, starts_at, ends_at, published_at
          FROM announcement
         WHERE id = $1
           AND (ends_at IS NULL OR ends_at > $2)
           FOR UPDATE
        """,
        announcement_id,
        now,
    )
    return None if row is None else Notice(**dict(row))


async def announcement_changed(
    tx: Connection,
    announcement_id: int,
    text: str,
    html: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> None:
    await tx.execute(
        "UPDATE announcement SET text = $2, html = $3, starts_at = $4, ends_at = $5, updated_at = $6 WHERE id = $1",
        announcement_id,
        text,
        html,
        starts_at,
        ends_at,
        now,
    )


async def announcement_ended(tx: Connection, announcement_id: int, now: datetime) -> bool:
    """Whether it went on."""
    ended = await tx.fetchval(
        """
        UPDATE announcement
           SET ends_at = $2, updated_at = $2
         WHERE id = $1
           AND (ends_at IS NULL OR ends_at > $2)
        RETURNING true
        """,
        announcement_id,
        now,
    )
    return bool(ended)


async def announcement_deleted(tx: Connection, announcement_id: int) -> bool:
    """Whether it was there; what people did with it goes too."""
    return bool(
        await tx.fetchval(
            """
            WITH reactions AS (DELETE FROM announcement_reaction WHERE announcement_id = $1),
                 dismissals AS (DELETE FROM announcement_dismissal WHERE announcement_id = $1)
            DELETE FROM announcement WHERE id = $1 RETURNING true
            """,
            announcement_id,
        )
    )


async def new_dismissal(tx: Connection, account_id: AccountId, announcement_id: int) -> None:
    await tx.execute(
        """
        INSERT INTO announcement_dismissal (account_id, announcement_id) VALUES ($1, $2)
            ON CONFLICT DO NOTHING
        """,
        account_id,
        announcement_id,
    )


async def new_reaction(tx: Connection, announcement_id: int, name: str, account_id: AccountId, now: datetime) -> bool:
    """Whether it was not there before."""
    added = await tx.fetchval(
        """
        INSERT INTO announcement_reaction (announcement_id, name, account_id, created_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING
        RETURNING true
        """,
        announcement_id,
        name,
        account_id,
        now,
    )
    return bool(added)


async def reaction_kinds(db: Connection, announcement_id: int) -> int:
    return await db.fetchval(
        "SELECT count(DISTINCT name) FROM announcement_reaction WHERE announcement_id = $1", announcement_id
    )


async def reaction_deleted(tx: Connection, announcement_id: int, name: str, account_id: AccountId) -> bool:
    """Whether it was there."""
    gone = await tx.fetchval(
        """
        DELETE FROM announcement_reaction WHERE announcement_id = $1 AND name = $2 AND account_id = $3 RETURNING true
        """,
        announcement_id,
        name,
        account_id,
    )
    return bool(gone)
