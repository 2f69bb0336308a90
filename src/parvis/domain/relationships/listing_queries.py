"""The SQL that reads who is what to whom."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId
from parvis.base.pages import PageRequest
from parvis.domain.relationships.types import Relationship
from parvis.infra.postgres import Connection, Row


async def relationships(db: Connection, account_id: AccountId, ids: Sequence[AccountId]) -> list[Relationship]:
    """What account and each existing one of `ids` are to one another, in the order of `ids`."""
    rows = await db.fetch(
        """
        SELECT t.id, f.id IS NOT NULL AS following, q.id IS NOT NULL AS requested,
               coalesce(f.show_reposts, q.show_reposts, false) AS shows_reposts,
               coalesce(f.notify, q.notify, false) AS notifies,
               coalesce(f.languages, q.languages) AS languages,
               EXISTS (SELECT FROM follower WHERE account_id = $1 AND follower_id = t.id) AS followed_by,
               EXISTS (SELECT FROM follow_request WHERE account_id = $1 AND requester_id = t.id) AS requested_by,
               EXISTS (SELECT FROM block WHERE account_id = $1 AND target_id = t.id) AS blocking,
               EXISTS (SELECT FROM block WHERE account_id = t.id AND target_id = $1) AS blocked_by,
               m.id IS NOT NULL AS muting, coalesce(m.hide_notifications, false) AS muting_notifications,
               m.expires_at AS muted_until, coalesce(n.comment, '') AS note,
               f.id IS NOT NULL AND EXISTS (
                   SELECT FROM endorsement WHERE account_id = $1 AND target_id = t.id) AS endorsed,
               EXISTS (SELECT FROM domain_block WHERE account_id = $1 AND domain = a.domain) AS domain_blocking
          FROM unnest($2::bigint[]) WITH ORDINALITY AS t (id, position)
          JOIN account a ON a.id = t.id AND a.state < 3
          LEFT JOIN follow f ON f.account_id = $1 AND f.target_id = t.id
          LEFT JOIN follow_request q ON q.account_id = t.id AND q.requester_id = $1
          LEFT JOIN mute m ON m.account_id = $1 AND m.target_id = t.id AND (m.expires_at IS NULL OR m.expires_at > now())
          LEFT JOIN account_note n ON n.account_id = $1 AND n.target_id = t.id
         ORDER BY t.position
        """,
        account_id,
        ids,
    )
    return [
        Relationship(
            account_id=row["id"],
            following=row["following"],
            shows_reposts=row["shows_reposts"],
            notifies=row["notifies"],
            languages=row["languages"],
            requested=row["requested"],
            followed_by=row["followed_by"],
            requested_by=row["requested_by"],
            blocking=row["blocking"],
            blocked_by=row["blocked_by"],
            muting=row["muting"],
            muting_notifications=row["muting_notifications"],
            muted_until=row["muted_until"],
            note=row["note"],
            endorsed=row["endorsed"],
            domain_blocking=row["domain_blocking"],
        )
        for row in rows
    ]


def _slice(id_: str, page: PageRequest) -> str:
    """The condition and order of a page by `id_`, with $2 older than, $3 newer than, $4 limit."""
    return f"""
           AND ($2::bigint IS NULL OR {id_} < $2)
           AND ($3::bigint IS NULL OR {id_} > $3)
         ORDER BY {id_} {"ASC" if page.forwards else "DESC"}
         LIMIT $4
    """


async def _page(db: Connection, sql: str, account_id: AccountId, page: PageRequest, *more: object) -> list[Row]:
    rows = await db.fetch(sql, account_id, page.max_id, page.above, page.limit, *more)
    return rows[::-1] if page.forwards else rows


def _open_to_viewer(other: str) -> str:
    """A condition: the list's owner shows it to the viewer ($5), and `other` in it is nobody the viewer blocks or is
    blocked by."""
    return f"""
           AND (o.id = $5::bigint OR NOT o.hide_collections)
           AND o.state < 2 AND a.state < 2
           AND NOT EXISTS (SELECT FROM block WHERE account_id = o.id AND target_id = $5::bigint)
           AND NOT EXISTS (SELECT FROM block WHERE account_id = {other} AND target_id = $5::bigint)
           AND (o.id = $5::bigint OR NOT EXISTS (SELECT FROM block WHERE account_id = $5::bigint AND target_id = {other}))
    """


async def follower_rows(
    db: Connection, account_id: AccountId, viewer_id: AccountId | None, page: PageRequest
) -> list[Row]:
    """(row id, account id) of followers that the viewer may see, newest first."""
    return await _page(
        db,
        f"""
        SELECT w.id AS cursor, w.follower_id AS id
          FROM follower w
          JOIN account o ON o.id = w.account_id
          JOIN account a ON a.id = w.follower_id
         WHERE w.account_id = $1
        {_open_to_viewer("w.follower_id")}
        {_slice("w.id", page)}
        """,
        account_id,
        page,
        viewer_id,
    )


async def following_rows(
    db: Connection, account_id: AccountId, viewer_id: AccountId | None, page: PageRequest
) -> list[Row]:
    """(row id, account id) of those followed that the viewer may see, newest first."""
    return await _page(
        db,
        f"""
        SELECT f.id AS cursor, f.target_id AS id
          FROM follow f
          JOIN account o ON o.id = f.account_id
          JOIN account a ON a.id = f.target_id
         WHERE f.account_id = $1
        {_open_to_viewer("f.target_id")}
        {_slice("f.id", page)}
        """,
        account_id,
        page,
        viewer_id,
    )


async def request_rows(db: Connection, account_id: AccountId, page: PageRequest) -> list[Row]:
    """(row id, account id) of those who ask to follow, newest first."""
    return await _page(
        db,
        f"""
        SELECT q.id AS cursor, q.requester_id AS id
          FROM follow_request q
          JOIN account a ON a.id = q.requester_id AND a.state < 2
         WHERE q.account_id = $1
        {_slice("q.id", page)}
        """,
        account_id,
        page,
    )


async def requests_count(db: Connection, account_id: AccountId) -> int:
    """How many ask to follow; counted up to a thousand."""
    return await db.fetchval(
        """
        SELECT count(*)
          FROM (SELECT FROM follow_request q JOIN account a ON a.id = q.requester_id AND a.state < 2
                 WHERE q.account_id = $1 LIMIT 1000) waiting
        """,
        account_id,
    )


async def block_rows(db: Connection, account_id: AccountId, page: PageRequest) -> list[Row]:
    """(row id, account id) of those who are blocked, newest first."""
    return await _page(
        db,
        f"""
        SELECT b.id AS cursor, b.target_id AS id
          FROM block b
          JOIN account a ON a.id = b.target_id AND a.state < 3
         WHERE b.account_id = $1
        {_slice("b.id", page)}
        """,
        account_id,
        page,
    )


async def mute_rows(db: Connection, account_id: AccountId, page: PageRequest) -> list[Row]:
    """(row id, account id, expiry) of those who are muted now, newest first."""
    return await _page(
        db,
        f"""
        SELECT m.id AS cursor, m.target_id AS id, m.expires_at
          FROM mute m
          JOIN account a ON a.id = m.target_id AND a.state < 3
         WHERE m.account_id = $1
           AND (m.expires_at IS NULL OR m.expires_at > now())
        {_slice("m.id", page)}
        """,
        account_id,
        page,
    )


async def familiar_rows(db: Connection, account_id: AccountId, ids: Sequence[AccountId], most: int) -> list[Row]:
    """(target id, account id): whom the account follows and who follows the target, unless the target hides that."""
    return await db.fetch(
        """
        SELECT t.id AS target_id, k.id
          FROM unnest($2::bigint[]) AS t (id)
          JOIN account o ON o.id = t.id AND NOT o.hide_collections AND o.state < 2
         CROSS JOIN LATERAL (
               SELECT w.follower_id AS id
                 FROM follow f
                 JOIN follower w ON w.account_id = t.id AND w.follower_id = f.target_id
                 JOIN account a ON a.id = f.target_id AND a.state < 2
                WHERE f.account_id = $1
                ORDER BY w.id DESC
                LIMIT $3) AS k
         WHERE t.id <> $1
           AND NOT EXISTS (SELECT FROM block WHERE account_id = t.id AND target_id = $1)
        """,
        account_id,
        ids,
        most,
    )
