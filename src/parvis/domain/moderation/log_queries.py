"""The SQL of the log of what staff did."""

from __future__ import annotations

from parvis.base.ids import AccountId
from parvis.domain.moderation.types import Act
from parvis.infra.postgres import Connection, Row

_COLUMNS = "id, at, actor_id, act, subject, details, refused, hash"


async def log_locked(tx: Connection) -> None:
    """Nobody else appends until the transaction ends; everybody may read."""
    await tx.execute("LOCK TABLE staff_act IN SHARE ROW EXCLUSIVE MODE")


async def latest(tx: Connection) -> tuple[int, bytes] | None:
    """Id and seal of the last entry."""
    row = await tx.fetchrow("SELECT id, hash FROM staff_act ORDER BY id DESC LIMIT 1")
    return None if row is None else (row["id"], row["hash"])


async def act_appended(tx: Connection, one: Act) -> None:
    await tx.execute(
        f"INSERT INTO staff_act ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        one.id,
        one.at,
        one.actor_id,
        one.act,
        one.subject,
        one.details,
        one.refused,
        one.seal,
    )


async def acts(db: Connection, person_id: AccountId | None, act: str, before: int | None, limit: int) -> list[Act]:
    """By or about the person; of the act, or of all below it."""
    rows = await db.fetch(
        f"""
        SELECT {_COLUMNS}
          FROM staff_act
         WHERE ($1::bigint IS NULL OR actor_id = $1 OR subject = 'account:' || $1)
           AND ($2 = '' OR act = $2 OR starts_with(act, $2 || '.'))
           AND ($3::bigint IS NULL OR id < $3)
         ORDER BY id DESC
         LIMIT $4
        """,
        person_id,
        act,
        before,
        limit,
    )
    return [_act(row) for row in rows]


async def acts_above(db: Connection, above: int, limit: int) -> list[Act]:
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM staff_act WHERE id > $1 ORDER BY id LIMIT $2", above, limit)
    return [_act(row) for row in rows]


async def act_names(db: Connection) -> list[str]:
    rows = await db.fetch("SELECT DISTINCT act FROM staff_act ORDER BY act")
    return [row["act"] for row in rows]


def _act(row: Row) -> Act:
    return Act(
        row["id"],
        row["at"],
        row["actor_id"],
        row["act"],
        row["subject"],
        row["details"],
        row["refused"],
        row["hash"],
    )
