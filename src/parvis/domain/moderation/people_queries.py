"""The SQL of people as staff knows them."""

from __future__ import annotations

from typing import Any

from parvis.base.ids import AccountId
from parvis.domain.accounts import Role, State
from parvis.domain.moderation.types import Member
from parvis.infra.postgres import Connection, Row

# $1 is who reads it: what is told about themselves they do not learn.
_MEMBERS = """
    SELECT a.id, a.handle, a.display_name, a.note, a.state, a.frozen, a.created_at, l.role, l.email, l.confirmed_at,
           greatest((SELECT max(s.last_seen_at) FROM session s WHERE s.account_id = a.id),
                    (SELECT max(t.last_used_at) FROM oauth_token t WHERE t.account_id = a.id)) AS last_seen_at,
           (SELECT count(*) FROM report r WHERE r.target_id = a.id AND r.target_id <> $1 AND r.decided_at IS NULL)
               AS open_reports,
           (SELECT count(*) FROM restriction x WHERE x.account_id = a.id AND x.lifted_at IS NULL) AS in_force
      FROM account a
      JOIN login l ON l.account_id = a.id
     WHERE a.state < 3
"""


async def members(
    db: Connection,
    reader_id: AccountId,
    words: str,
    email_hash: bytes,
    standing: str,
    below: int | None,
    limit: int,
) -> list[Member]:
    pattern = words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    rows = await db.fetch(
        f"""
        {_MEMBERS}
           AND ($2 = '' OR a.handle LIKE $3 OR a.display_name ILIKE $4 OR l.email_hash = $5)
           AND CASE $6
               WHEN 'restricted' THEN EXISTS (SELECT FROM restriction x WHERE x.account_id = a.id AND x.lifted_at IS NULL)
               WHEN 'reported' THEN a.id <> $1
                                    AND EXISTS (SELECT FROM report r WHERE r.target_id = a.id AND r.decided_at IS NULL)
               WHEN 'staff' THEN l.role > 0
               WHEN 'unconfirmed' THEN l.confirmed_at IS NULL
               ELSE true END
           AND ($7::bigint IS NULL OR a.id < $7)
         ORDER BY a.id DESC
         LIMIT $8
        """,
        reader_id,
        words,
        f"{pattern.lower()}%",
        f"%{pattern}%",
        email_hash,
        standing,
        below,
        limit,
    )
    return [_member(row) for row in rows]


async def member_by_handle(db: Connection, reader_id: AccountId, handle: str) -> Member | None:
    row = await db.fetchrow(
        f"{_MEMBERS} AND a.id = (SELECT h.account_id FROM account_handle h WHERE h.handle = $2 AND h.domain = '')",
        reader_id,
        handle,
    )
    return None if row is None else _member(row)


def _member(row: Row) -> Member:
    values: dict[str, Any] = dict(row)
    values["state"], values["role"] = State(row["state"]), Role(row["role"])
    return Member(**values)
