"""The SQL of house rules and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.domain.moderation.types import HouseRule, RuleVersion
from parvis.infra.postgres import Connection


async def house_rules(db: Connection) -> list[HouseRule]:
    rows = await db.fetch(
        "SELECT id, text, hint FROM house_rule WHERE removed_at IS NULL ORDER BY coalesce(first_id, id)"
    )
    return [HouseRule(**row) for row in rows]


async def rule_versions(db: Connection, limit: int) -> list[RuleVersion]:
    """Every rule that ever held, version by version, the newest first."""
    rows = await db.fetch(
        """
        SELECT id, text, hint, coalesce(first_id, id) AS first_id, created_at, removed_at
          FROM house_rule
         ORDER BY id DESC
         LIMIT $1
        """,
        limit,
    )
    return [
        RuleVersion(
            HouseRule(row["id"], row["text"], row["hint"]), row["first_id"], row["created_at"], row["removed_at"]
        )
        for row in rows
    ]


async def new_house_rule(tx: Connection, rule: HouseRule, now: datetime, first_id: int | None = None) -> None:
    """`first_id`: the first version of the rule of which this is another."""
    await tx.execute(
        "INSERT INTO house_rule (id, text, hint, created_at, first_id) VALUES ($1, $2, $3, $4, $5)",
        rule.id,
        rule.text,
        rule.hint,
        now,
        first_id,
    )


async def house_rule_removed(tx: Connection, rule_id: int, now: datetime) -> int | None:
    """If it held, the first version of it."""
    return await tx.fetchval(
        """
        UPDATE house_rule
           SET removed_at = $2
         WHERE id = $1
           AND removed_at IS NULL
        RETURNING coalesce(first_id, id)
        """,
        rule_id,
        now,
    )


async def version_that_holds(db: Connection, rule_id: int) -> HouseRule | None:
    """Of the rule of which that was a version."""
    row = await db.fetchrow(
        """
        SELECT id, text, hint
          FROM house_rule
         WHERE removed_at IS NULL
           AND coalesce(first_id, id) = (SELECT coalesce(first_id, id) FROM house_rule WHERE id = $1)
        """,
        rule_id,
    )
    return None if row is None else HouseRule(**row)


async def rule_texts(db: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The words of those versions of rules, whether they hold or not."""
    rows = await db.fetch("SELECT id, text FROM house_rule WHERE id = ANY ($1::bigint[])", ids)
    return {row["id"]: row["text"] for row in rows}


async def rule_in_words(tx: Connection, text: str, hint: str) -> bool:
    """Whether a rule in these words holds; nobody else asks until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('house rule', 0))")
    return await tx.fetchval(
        "SELECT EXISTS (SELECT FROM house_rule WHERE removed_at IS NULL AND (text, hint) = ($1, $2))", text, hint
    )
