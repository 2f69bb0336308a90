"""The SQL of notifications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, NotificationId, PostId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.queries.people import ACCOUNT_COLUMNS
from parvis.domain.notifications.treatment import push_subscriptions, treatment
from parvis.domain.posts.sight import may_see
from parvis.infra.postgres import Connection, Row

COLUMNS = f"""
    n.id AS n_id, n.account_id AS n_account_id, n.kind AS n_kind, n.post_id AS n_post_id, n.group_key AS n_group_key,
    n.created_at AS n_created_at, n.filtered AS n_filtered,
    n.restriction_id AS n_restriction_id, {ACCOUNT_COLUMNS}
"""

# What one may be shown: not from somebody suspended, blocked, or muted with their notifications, and never about a
# post that has gone out of sight since.
UNHIDDEN = """(
        NOT EXISTS (SELECT FROM block b WHERE b.account_id = $1 AND b.target_id = n.from_id)
        AND NOT EXISTS (SELECT FROM mute m WHERE m.account_id = $1 AND m.target_id = n.from_id AND m.hide_notifications
                           AND (m.expires_at IS NULL OR m.expires_at > now()))
    )"""
SHOWN = f"""
      JOIN account a ON a.id = n.from_id AND a.state < 2
      LEFT JOIN post_directory d ON d.id = n.post_id
      LEFT JOIN post p ON p.account_id = d.account_id AND p.id = d.id
      LEFT JOIN account pa ON pa.id = p.account_id
     WHERE n.account_id = $1
       AND {UNHIDDEN}
       AND (n.post_id IS NULL OR {may_see("p", "pa")})
"""
SHOWN_WITH_PEOPLE = f"""
      LEFT JOIN account_counter c ON c.account_id = n.from_id
      LEFT JOIN login l ON l.account_id = n.from_id
      {SHOWN}
"""


async def page_of(
    db: Connection,
    account: AccountId,
    page: PageRequest,
    *,
    kinds: Sequence[str],
    from_id: AccountId | None,
    filtered: bool,
) -> list[Row]:
    """Notifications of these kinds with the columns of who caused them, newest first; `filtered` ones if wanted."""
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        SELECT {COLUMNS}
          FROM notification n
          {SHOWN_WITH_PEOPLE}
           AND n.kind = ANY ($2::text[])
           AND ($3::bigint IS NULL OR n.id < $3)
           AND ($4::bigint IS NULL OR n.id > $4)
           AND ($6::bigint IS NULL OR n.from_id = $6)
           AND ($7 OR NOT n.filtered)
         ORDER BY n.id {order}
         LIMIT $5
        """,
        account,
        kinds,
        page.max_id,
        page.above,
        page.limit,
        from_id,
        filtered,
    )
    return rows[::-1] if page.forwards else rows


async def by_id(db: Connection, account: AccountId, notification_id: NotificationId) -> Row | None:
    return await db.fetchrow(
        f"""
        SELECT {COLUMNS}
          FROM notification n
          {SHOWN_WITH_PEOPLE}
           AND n.id = $2
        """,
        account,
        notification_id,
    )


async def unread_count(db: Connection, account: AccountId, *, kinds: Sequence[str], most: int) -> int:
    """How many came after the one last read, counted up to `most`."""
    return await db.fetchval(
        f"""
        SELECT count(*) FROM (
            SELECT 1
              FROM notification n
              {SHOWN}
               AND n.kind = ANY ($2::text[])
               AND NOT n.filtered
               AND n.id > coalesce((SELECT last_read_id FROM marker
                                     WHERE account_id = $1 AND timeline = 'notifications'), 0)
             LIMIT $3) shown
        """,
        account,
        kinds,
        most,
    )


async def delete(tx: Connection, account: AccountId, notification_id: NotificationId | None) -> None:
    """One notification is gone, or all of them; requests keep what waits in them."""
    await tx.execute(
        "DELETE FROM notification WHERE account_id = $1 AND (id = $2 OR ($2::bigint IS NULL AND NOT filtered))",
        account,
        notification_id,
    )


async def insert(
    tx: Connection,
    *,
    kind: str,
    from_id: AccountId,
    post_id: PostId | None,
    dedupe_key: str,
    rows: Sequence[tuple[AccountId, NotificationId, str]],
    now: datetime,
    to_oneself: bool = False,
    restriction_id: int | None = None,
) -> list[Row]:
    """(account_id, id, push subscriptions to tell) of those of the (receiver, id, group key) rows that are new and wanted.

    Left out: receivers that are not people of this place, that blocked or muted the sender or muted the thread, whom the
    sender blocked, or whose policy drops it. What a policy filters is stored, waits in the sender's request, and does not
    come back either.
    """
    return await tx.fetch(
        f"""
        WITH judged AS MATERIALIZED (
            SELECT r.account_id, r.id, r.group_key, {treatment(kind="$1", sender="$2", now="$5::timestamptz")} AS treatment
              FROM unnest($6::bigint[], $7::bigint[], $8::text[]) AS r (account_id, id, group_key)
              JOIN login l ON l.account_id = r.account_id
              JOIN account s ON s.id = $2 AND s.state < 2
              LEFT JOIN notification_policy y ON y.account_id = r.account_id
              LEFT JOIN post_directory d ON d.id = $3
              LEFT JOIN post p ON p.account_id = d.account_id AND p.id = d.id
              LEFT JOIN account pa ON pa.id = p.account_id
             WHERE (r.account_id <> $2 OR $9)
               AND NOT EXISTS (SELECT FROM block b WHERE b.account_id = r.account_id AND b.target_id = $2)
               AND NOT EXISTS (SELECT FROM block b WHERE b.account_id = $2 AND b.target_id = r.account_id)
               AND NOT EXISTS (SELECT FROM mute m WHERE m.account_id = r.account_id AND m.target_id = $2
                                  AND m.hide_notifications AND (m.expires_at IS NULL OR m.expires_at > $5))
               AND NOT EXISTS (SELECT FROM thread_mute t WHERE t.account_id = r.account_id AND t.thread_id = p.thread_id)
               AND ($3::bigint IS NULL OR {may_see("p", "pa", "r.account_id")})
        ), added AS (
            INSERT INTO notification (account_id, id, kind, from_id, post_id, group_key, dedupe_key, created_at, filtered,
                                      restriction_id)
            SELECT account_id, id, $1, $2, $3, group_key, $4, $5, treatment = 1, $10::bigint
              FROM judged
             WHERE treatment < 2
                ON CONFLICT (account_id, dedupe_key) DO NOTHING
            RETURNING account_id, id, filtered
        ), asked AS (
            INSERT INTO notification_request AS q (account_id, from_id, id, last_post_id, created_at, updated_at)
            SELECT account_id, $2, id, $3, $5, $5
              FROM added
             WHERE filtered
                ON CONFLICT (account_id, from_id)
                DO UPDATE SET last_post_id = coalesce(excluded.last_post_id, q.last_post_id), updated_at = $5
        )
        SELECT n.account_id, n.id, {push_subscriptions(kind="$1", sender="$2")} AS subscriptions
          FROM added n
         WHERE NOT n.filtered
        """,
        kind,
        from_id,
        post_id,
        dedupe_key,
        now,
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        to_oneself,
        restriction_id,
    )


async def restrictions_of(
    db: Connection, account: AccountId, ids: Sequence[NotificationId]
) -> dict[NotificationId, int]:
    rows = await db.fetch(
        """
        SELECT id, restriction_id
          FROM notification
         WHERE account_id = $1 AND id = ANY ($2::bigint[]) AND restriction_id IS NOT NULL
        """,
        account,
        ids,
    )
    return {NotificationId(row["id"]): row["restriction_id"] for row in rows}


async def mentioned_in(db: Connection, author: AccountId, post_id: PostId) -> list[AccountId]:
    return (
        await db.fetchval(
            "SELECT mentioned_ids FROM post WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL", author, post_id
        )
        or []
    )


async def request_between(db: Connection, by: AccountId, target: AccountId) -> int | None:
    """The id of the request to follow that waits, if one does."""
    return await db.fetchval("SELECT id FROM follow_request WHERE account_id = $1 AND requester_id = $2", target, by)


async def version_of(db: Connection, author: AccountId, post_id: PostId) -> int:
    return await db.fetchval("SELECT version FROM post WHERE account_id = $1 AND id = $2", author, post_id) or 0


async def reposters_of(db: Connection, post_id: PostId) -> list[AccountId]:
    """Up to 1,000 people who passed the post on, the latest first."""
    rows = await db.fetch(
        "SELECT account_id FROM post WHERE repost_of_id = $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT 1000",
        post_id,
    )
    return [row["account_id"] for row in rows]


async def quoted_by(db: Connection, author: AccountId, post_id: PostId) -> list[AccountId]:
    """Whom the post quotes: nobody, or one."""
    rows = await db.fetch(
        """
        SELECT quote_of_account_id AS id
          FROM post
         WHERE account_id = $1 AND id = $2 AND quote_state = 1 AND deleted_at IS NULL
        """,
        author,
        post_id,
    )
    return [row["id"] for row in rows]


async def quoters_of(db: Connection, post_id: PostId) -> list[tuple[AccountId, PostId]]:
    """Up to 1,000 (who, their post) that quote the post and may still see it, the latest first."""
    rows = await db.fetch(
        f"""
        SELECT q.account_id, q.id
          FROM post q
          JOIN post p ON p.account_id = q.quote_of_account_id AND p.id = q.quote_of_id
          JOIN account a ON a.id = p.account_id
         WHERE q.quote_of_id = $1 AND q.quote_state = 1 AND q.deleted_at IS NULL
           AND {may_see(viewer="q.account_id")}
         ORDER BY q.id DESC
         LIMIT 1000
        """,
        post_id,
    )
    return [(row["account_id"], row["id"]) for row in rows]


async def voters_in(db: Connection, post_id: PostId) -> list[AccountId]:
    return [row["account_id"] for row in await db.fetch("SELECT account_id FROM poll_vote WHERE post_id = $1", post_id)]


async def alerted_followers(db: Connection, author: AccountId, post_id: PostId) -> list[AccountId]:
    """Followers who asked to hear of every post of this author (replies to others excepted)."""
    rows = await db.fetch(
        """
        SELECT w.follower_id
          FROM follower w
          JOIN post p ON p.account_id = $1 AND p.id = $2
         WHERE w.account_id = $1 AND w.notify AND p.deleted_at IS NULL AND p.visibility < 3
           AND (p.in_reply_to_id IS NULL OR p.in_reply_to_account_id = $1)
        """,
        author,
        post_id,
    )
    return [row["follower_id"] for row in rows]


async def markers(db: Connection, account: AccountId) -> list[Row]:
    return await db.fetch(
        "SELECT timeline, last_read_id, version, updated_at FROM marker WHERE account_id = $1", account
    )


async def set_marker(tx: Connection, account: AccountId, timeline: str, last_read_id: int, now: datetime) -> Row:
    row = await tx.fetchrow(
        """
        INSERT INTO marker AS m (account_id, timeline, last_read_id, updated_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (account_id, timeline)
            DO UPDATE SET last_read_id = $3, version = m.version + 1, updated_at = $4
        RETURNING timeline, last_read_id, version, updated_at
        """,
        account,
        timeline,
        last_read_id,
        now,
    )
    assert row is not None
    return row
