"""The SQL of grouped notifications. A page of groups is one statement, with everybody who appears in it.

A group is found by one of its rows, the newest or, from a cursor upwards, the oldest; the statement then steps to the
next row of a group not yet seen. So a page costs as many steps as it has groups, however many rows each of them has.
"""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import MAX_ID, AccountId, NotificationId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.queries.people import ACCOUNT_COLUMNS
from parvis.domain.notifications.queries import COLUMNS, SHOWN, SHOWN_WITH_PEOPLE, UNHIDDEN
from parvis.domain.notifications.rules import GROUPED
from parvis.domain.notifications.types import KINDS
from parvis.infra.postgres import Connection, Row

GroupKey = str | NotificationId  # the id of a notification that stands alone

SAMPLES = 8
EXACT_UP_TO = 1000  # beyond, a group's count may include people whom its reader has silenced

# $1 account, $2 kinds, $3 below, $4 above, $5 how many groups, $6 from whom, $7 filtered too, $8 kinds in groups
_KEY = "CASE WHEN n.kind = ANY ($8::text[]) THEN n.group_key ELSE 'ungrouped-' || n.id END"
_WANTED = """
           AND n.kind = ANY ($2::text[])
           AND ($6::bigint IS NULL OR n.from_id = $6)
           AND ($7 OR NOT n.filtered)
"""
_STEP = f"""
        SELECT n.id, n.kind, n.post_id, n.from_id, n.created_at, {_KEY} AS key, n.group_key,
               {{seen}} || ({_KEY}) AS seen
          FROM notification n
          {SHOWN}
          {_WANTED}
"""


def _steps(order: str, bounds: str) -> str:
    """A row of each of the first $5 groups within the bounds, in this order of ids."""
    towards = "<" if order == "DESC" else ">"
    return f"""
    found AS (
        ({_STEP.format(seen="'{}'::text[]")} {bounds} ORDER BY n.id {order} LIMIT 1)
         UNION ALL
        SELECT following.*
          FROM found w
         CROSS JOIN LATERAL (
               {_STEP.format(seen="w.seen")} {bounds} AND n.id {towards} w.id AND ({_KEY}) <> ALL (w.seen)
               ORDER BY n.id {order} LIMIT 1) following
         WHERE cardinality(w.seen) < $5)"""


_BETWEEN = "AND ($3::bigint IS NULL OR n.id < $3) AND ($4::bigint IS NULL OR n.id > $4)"
_UNREAD = """AND n.id > coalesce((SELECT last_read_id FROM marker
                                   WHERE account_id = $1 AND timeline = 'notifications'), 0)"""

# The literal list of kinds is that of the index notification_of_group.
_MEMBERS = """
                  FROM notification n
                  JOIN account a ON a.id = n.from_id AND a.state < 2
                 WHERE n.account_id = $1 AND n.group_key = f.group_key AND n.id <= span.highest
                   AND n.kind IN ('favourite', 'repost', 'follow')
                   AND ($6::bigint IS NULL OR n.from_id = $6) AND ($7 OR NOT n.filtered)
"""


def _page(order: str, bounds: str, span: str) -> str:
    """Groups and people side by side: row for row a group, a person, or both."""
    return f"""
    WITH RECURSIVE {_steps(order, bounds)},
    span AS (
        SELECT {span} FROM found
    ), groups AS (
        SELECT row_number() OVER (ORDER BY f.id DESC) AS ord, f.key AS g_key, f.kind AS g_kind, f.post_id AS g_post_id,
               coalesce(t.newest_id, f.id) AS g_newest_id, coalesce(t.newest_at, f.created_at) AS g_newest_at,
               coalesce(t.samples, ARRAY[f.from_id]) AS g_samples, coalesce(t.oldest_id, f.id) AS g_oldest_id,
               CASE WHEN t.samples IS NULL THEN 1
                    WHEN t.counted < {EXACT_UP_TO} THEN t.counted
                    ELSE (SELECT count(*) FROM notification n
                           WHERE n.account_id = $1 AND n.group_key = f.group_key AND n.id <= span.highest
                             AND n.kind IN ('favourite', 'repost', 'follow')) END AS g_count
          FROM found f
         CROSS JOIN span
          LEFT JOIN LATERAL (
               SELECT (SELECT count(*) FROM (SELECT {_MEMBERS} AND {UNHIDDEN} LIMIT {EXACT_UP_TO}) one) AS counted,
                      (SELECT n.id {_MEMBERS} AND n.id >= span.lowest ORDER BY n.id LIMIT 1) AS oldest_id,
                      max(s.id) AS newest_id, max(s.created_at) AS newest_at,
                      array_agg(s.from_id ORDER BY s.id DESC) AS samples
                 FROM (SELECT n.id, n.from_id, n.created_at {_MEMBERS} AND {UNHIDDEN}
                        ORDER BY n.id DESC LIMIT {SAMPLES}) s) t
               ON f.kind = ANY ($8::text[])
    ), people AS (
        SELECT row_number() OVER () AS ord, {ACCOUNT_COLUMNS}
          FROM account a
          LEFT JOIN account_counter c ON c.account_id = a.id
          LEFT JOIN login l ON l.account_id = a.id
         WHERE a.id IN (SELECT unnest(g_samples) FROM groups)
    )
    SELECT * FROM groups FULL JOIN people USING (ord) ORDER BY ord
    """


# What a page spans: from its last group's row to its first one's, or as far as the bounds go when it is not full.
_DOWNWARDS = _page(
    "DESC",
    _BETWEEN,
    "CASE WHEN count(*) < $5 THEN coalesce($4::bigint + 1, 0) ELSE min(id) END AS lowest, max(id) AS highest",
)
_UPWARDS = _page(
    "ASC",
    _BETWEEN,
    f"min(id) AS lowest, CASE WHEN count(*) < $5 THEN coalesce($3::bigint - 1, {MAX_ID}) ELSE max(id) END AS highest",
)
_ALL = "0::bigint AS lowest, max(id) AS highest"
_BY_KEY = "AND n.group_key = $9 AND n.kind IN ('favourite', 'repost', 'follow')"
_BY_ID = "AND n.id = $9"
_ONE_BY_KEY = _page("DESC", f"{_BETWEEN} {_BY_KEY}", _ALL)
_ONE_BY_ID = _page("DESC", f"{_BETWEEN} {_BY_ID}", _ALL)


async def page_of(
    db: Connection,
    account: AccountId,
    page: PageRequest,
    *,
    kinds: Sequence[str],
    grouped: Sequence[str],
    from_id: AccountId | None,
    filtered: bool,
) -> list[Row]:
    """Groups, newest first, and the people in them, side by side."""
    statement = _UPWARDS if page.forwards else _DOWNWARDS
    return await db.fetch(statement, account, kinds, page.max_id, page.above, page.limit, from_id, filtered, grouped)


async def one(db: Connection, account: AccountId, key: GroupKey) -> list[Row]:
    """The group of that key and its people, side by side; nothing when there is none."""
    statement = _ONE_BY_ID if isinstance(key, int) else _ONE_BY_KEY
    grouped: Sequence[str] = () if isinstance(key, int) else GROUPED
    return await db.fetch(statement, account, KINDS, None, None, 1, None, True, grouped, key)


async def members_of(db: Connection, account: AccountId, key: GroupKey, page: PageRequest) -> list[Row]:
    """The notifications of that group with the columns of who caused them, newest first."""
    order = "ASC" if page.forwards else "DESC"
    rows = await db.fetch(
        f"""
        SELECT {COLUMNS}
          FROM notification n
          {SHOWN_WITH_PEOPLE}
           AND ($2::bigint IS NULL OR n.id < $2)
           AND ($3::bigint IS NULL OR n.id > $3)
           {"AND n.id = $5" if isinstance(key, int) else _BY_KEY.replace("$9", "$5")}
         ORDER BY n.id {order}
         LIMIT $4
        """,
        account,
        page.max_id,
        page.above,
        page.limit,
        key,
    )
    return rows[::-1] if page.forwards else rows


async def unread_count(
    db: Connection, account: AccountId, *, kinds: Sequence[str], grouped: Sequence[str], most: int
) -> int:
    """How many groups have something newer than what was last read, counted up to `most`."""
    return await db.fetchval(
        f"WITH RECURSIVE {_steps('DESC', f'{_BETWEEN} {_UNREAD}')} SELECT count(*) FROM found",
        account,
        kinds,
        None,
        None,
        most,
        None,
        False,
        grouped,
    )


async def delete(tx: Connection, account: AccountId, key: GroupKey) -> None:
    """Every notification of that group is gone."""
    which = "id = $2" if isinstance(key, int) else "group_key = $2 AND kind IN ('favourite', 'repost', 'follow')"
    await tx.execute(f"DELETE FROM notification WHERE account_id = $1 AND {which}", account, key)
