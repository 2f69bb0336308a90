"""The SQL of policies and of the requests they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from parvis.base.ids import AccountId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.queries.people import ACCOUNT_COLUMNS
from parvis.infra.postgres import Connection, Row

MEANINGFUL = 100  # nobody reads a larger number

_COLUMNS = frozenset("not_following not_followers new_accounts private_mentions limited_accounts bots".split())

# Requests of people who may still be heard: not of somebody suspended, blocked, or muted with their notifications.
_OPEN = """
       AND a.state < 2
       AND NOT EXISTS (SELECT FROM block b WHERE b.account_id = $1 AND b.target_id = q.from_id)
       AND NOT EXISTS (SELECT FROM mute m WHERE m.account_id = $1 AND m.target_id = q.from_id AND m.hide_notifications
                          AND (m.expires_at IS NULL OR m.expires_at > now()))
"""
_COUNT = f"""(SELECT count(*)
                FROM (SELECT FROM notification w
                       WHERE w.account_id = $1 AND w.from_id = q.from_id AND w.filtered
                       LIMIT {MEANINGFUL}) few)"""
_REQUEST = f"""
    SELECT q.id AS q_id, q.last_post_id AS q_last_post_id, q.created_at AS q_created_at, q.updated_at AS q_updated_at,
           {_COUNT} AS q_count, {ACCOUNT_COLUMNS}
      FROM notification_request q
      JOIN account a ON a.id = q.from_id
      LEFT JOIN account_counter c ON c.account_id = q.from_id
      LEFT JOIN login l ON l.account_id = q.from_id
     WHERE q.account_id = $1
       {_OPEN}
"""


async def policy(db: Connection, account: AccountId) -> Row:
    """The policy, null where there is none, and how many requests and notifications wait."""
    row = await db.fetchrow(
        f"""
        WITH waiting AS (
            SELECT {_COUNT} AS notifications
              FROM notification_request q
              JOIN account a ON a.id = q.from_id
             WHERE q.account_id = $1
               {_OPEN}
             LIMIT {MEANINGFUL})
        SELECT y.*, w.requests, w.notifications
          FROM (SELECT count(*) AS requests, coalesce(sum(notifications), 0)::bigint AS notifications FROM waiting) w
          LEFT JOIN notification_policy y ON y.account_id = $1
        """,
        account,
    )
    assert row is not None
    return row


async def set_policy(
    tx: Connection, account: AccountId, *, defaults: Mapping[str, int], chosen: Mapping[str, int]
) -> None:
    """The chosen columns have these values, the others what they had, or the defaults in a new row."""
    assert chosen.keys() <= _COLUMNS == defaults.keys()
    names = list(defaults)
    first = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    changes = ", ".join(f"{name} = excluded.{name}" for name in chosen)
    await tx.execute(
        f"""
        INSERT INTO notification_policy (account_id, {", ".join(names)})
        VALUES ($1, {first})
            ON CONFLICT (account_id) DO UPDATE SET {changes}
        """,
        account,
        *(chosen.get(name, defaults[name]) for name in names),
    )


async def requests(db: Connection, account: AccountId, page: PageRequest) -> list[Row]:
    """Requests with the columns of who makes them, newest first."""
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        {_REQUEST}
           AND ($2::bigint IS NULL OR q.id < $2)
           AND ($3::bigint IS NULL OR q.id > $3)
         ORDER BY q.id {order}
         LIMIT $4
        """,
        account,
        page.max_id,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.forwards else rows


async def request(db: Connection, account: AccountId, request_id: int) -> Row | None:
    return await db.fetchrow(f"{_REQUEST} AND q.id = $2", account, request_id)


async def accept(tx: Connection, account: AccountId, request_ids: Sequence[int], now: datetime) -> int:
    """The requests have become permissions and what waited is no longer filtered; how many there were."""
    return await tx.fetchval(
        """
        WITH gone AS (
            DELETE FROM notification_request
             WHERE account_id = $1 AND id = ANY ($2::bigint[])
            RETURNING from_id
        ), allowed AS (
            INSERT INTO notification_permission (account_id, from_id, created_at)
            SELECT $1, from_id, $3 FROM gone
                ON CONFLICT (account_id, from_id) DO NOTHING
        ), merged AS (
            UPDATE notification n
               SET filtered = false
              FROM gone
             WHERE n.account_id = $1 AND n.from_id = gone.from_id AND n.filtered
        )
        SELECT count(*) FROM gone
        """,
        account,
        request_ids,
        now,
    )


async def dismiss(tx: Connection, account: AccountId, request_ids: Sequence[int]) -> int:
    """The requests are gone with what waited in them; how many there were."""
    return await tx.fetchval(
        """
        WITH gone AS (
            DELETE FROM notification_request
             WHERE account_id = $1 AND id = ANY ($2::bigint[])
            RETURNING from_id
        ), forgotten AS (
            DELETE FROM notification n
             USING gone
             WHERE n.account_id = $1 AND n.from_id = gone.from_id AND n.filtered
        )
        SELECT count(*) FROM gone
        """,
        account,
        request_ids,
    )
