"""SQL of what members did: the tables of other rooms, read for a day at a time. By ids, because they hold the time."""

from __future__ import annotations

from datetime import date, datetime

from parvis.base.ids import EPOCH_MS
from parvis.infra.postgres import Connection

Counts = dict[tuple[str, str], int]
STAGES = ("received", "admitted", "entered", "confirmed", "followed", "posted")
MOST_APPS = 200


async def active_members(db: Connection, day: datetime, week: datetime, month: datetime) -> Counts:
    """How many were here since the beginning of each."""
    row = await db.fetchrow(
        """
        WITH seen AS (
            SELECT account_id, max(at) AS at
              FROM (SELECT account_id, last_seen_at AS at FROM session WHERE last_seen_at >= $3
                     UNION ALL
                    SELECT account_id, last_used_at FROM oauth_token
                     WHERE last_used_at >= $3
                       AND account_id IS NOT NULL) each
             GROUP BY account_id
        )
        SELECT count(*) FILTER (WHERE at >= $1) AS day,
               count(*) FILTER (WHERE at >= $2) AS week,
               count(*) AS month
          FROM seen
        """,
        day,
        week,
        month,
    )
    assert row is not None
    return {("members", name): row[name] for name in ("day", "week", "month")}


async def apps_used(db: Connection, since: datetime) -> Counts:
    """By app, how many used it since then. The pages of this place are the app without a name."""
    rows = await db.fetch(
        """
        SELECT a.name, count(DISTINCT t.account_id) AS people
          FROM oauth_token t
          JOIN oauth_app a ON a.id = t.app_id
         WHERE t.last_used_at >= $1
           AND t.account_id IS NOT NULL
           AND t.scopes <> '{push}'                           -- a browser that gets messages
         GROUP BY a.name
         UNION ALL
        SELECT '', count(DISTINCT account_id) FROM session WHERE last_seen_at >= $1
         ORDER BY people DESC, name
         LIMIT $2
        """,
        since,
        MOST_APPS,
    )
    return {("app", row["name"]): row["people"] for row in rows if row["people"]}


async def apps_begun(db: Connection, first_id: int, end_id: int) -> Counts:
    """By app, how many let it in for the first time, by ids of tokens."""
    rows = await db.fetch(
        """
        SELECT a.name, count(DISTINCT t.account_id) AS people
          FROM oauth_token t
          JOIN oauth_app a ON a.id = t.app_id
         WHERE t.id >= $1
           AND t.id < $2
           AND t.account_id IS NOT NULL
           AND t.scopes <> '{push}'
           AND NOT EXISTS (SELECT
                             FROM oauth_token older
                             JOIN oauth_app b ON b.id = older.app_id
                            WHERE older.account_id = t.account_id
                              AND older.id < $1
                              AND b.name = a.name)
         GROUP BY a.name
         ORDER BY people DESC, a.name
         LIMIT $3
        """,
        first_id,
        end_id,
        MOST_APPS,
    )
    return {("app_begun", row["name"]): row["people"] for row in rows}


async def written(db: Connection, first_id: int, end_id: int) -> Counts:
    """Posts of members, by ids."""
    count = await db.fetchval(
        """
        SELECT count(*)
          FROM post_directory d
          JOIN account a ON a.id = d.account_id
         WHERE d.id >= $1
           AND d.id < $2
           AND a.domain IS NULL
        """,
        first_id,
        end_id,
    )
    return {("posts", ""): count}


async def uploaded(db: Connection, first_id: int, end_id: int) -> Counts:
    """Pictures, films and sounds of members that are there, by ids."""
    rows = await db.fetch(
        """
        SELECT m.kind, count(*) AS count
          FROM media m
          JOIN account a ON a.id = m.account_id
         WHERE m.id >= $1
           AND m.id < $2
           AND a.domain IS NULL
         GROUP BY m.kind
        """,
        first_id,
        end_id,
    )
    return {("media", row["kind"]): row["count"] for row in rows}


async def newcomers(db: Connection, first_id: int, end_id: int) -> dict[date, Counts]:
    """By the day on which their receipts came, how far they have got until now. By the ids alone: the
    moment at which a receipt says it came is before that of its id, and around midnight in another day."""
    rows = await db.fetch(
        """
        SELECT date '1970-01-01' + (((r.id >> 22) + $3) / 86400000)::int AS day,
               count(*) AS received,
               count(r.admitted_at) AS admitted,
               count(r.entered_at) AS entered,
               count(l.confirmed_at) AS confirmed,
               count(*) FILTER (WHERE EXISTS (SELECT FROM follow f WHERE f.account_id = r.account_id)) AS followed,
               count(c.last_post_on) AS posted
          FROM receipt r
          LEFT JOIN login l ON l.account_id = r.account_id
          LEFT JOIN account_counter c ON c.account_id = r.account_id
         WHERE r.id >= $1
           AND r.id < $2
           AND NOT r.twin                                     -- somebody asked again with the same address
         GROUP BY 1
        """,
        first_id,
        end_id,
        EPOCH_MS,
    )
    return {row["day"]: {("sign_up", stage): row[stage] for stage in STAGES} for row in rows}


async def entered(db: Connection, first_id: int, end_id: int) -> int:
    """How many came in then, whenever their receipts came: by ids of accounts, which are made when somebody enters."""
    return await db.fetchval(
        "SELECT count(*) FROM receipt WHERE account_id >= $1 AND account_id < $2 AND entered_at IS NOT NULL",
        first_id,
        end_id,
    )


async def came_back(db: Connection, first_id: int, end_id: int, since: datetime) -> int:
    """Of those who came in then (by ids of accounts), how many were here since."""
    return await db.fetchval(
        """
        SELECT count(*)
          FROM receipt r
         WHERE r.account_id >= $1
           AND r.account_id < $2
           AND r.entered_at IS NOT NULL
           AND (EXISTS (SELECT FROM session s WHERE s.account_id = r.account_id AND s.last_seen_at >= $3)
             OR EXISTS (SELECT FROM oauth_token t WHERE t.account_id = r.account_id AND t.last_used_at >= $3))
        """,
        first_id,
        end_id,
        since,
    )
