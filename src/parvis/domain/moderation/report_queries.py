"""The SQL of reports."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.moderation.types import Evidence, Outcome, Report
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row


async def new_report(tx: Connection, one: Report) -> None:
    await tx.execute(
        """
        INSERT INTO report (id, account_id, target_id, post_ids, rule_ids, category, comment, created_at, evidence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb)
        """,
        one.id,
        one.account_id,
        one.target_id,
        one.post_ids,
        one.rule_ids,
        one.category,
        one.comment,
        one.created_at,
        None if one.evidence is None else to_json(one.evidence),
    )


_REPORTS = """
    SELECT id, account_id, target_id, post_ids, rule_ids, category, comment, created_at, decided_at, evidence, decided_by_id,
           outcome, answer
      FROM report
"""


async def same_report(tx: Connection, one: Report) -> Report | None:
    """What the same person has told in the same words, if nobody has decided it; they tell nothing else meanwhile."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('report', $1))", one.account_id)
    row = await tx.fetchrow(
        f"""
        {_REPORTS}
         WHERE target_id = $1
           AND account_id = $2
           AND decided_at IS NULL
           AND (post_ids, rule_ids, category, comment) = ($3, $4, $5, $6)
         LIMIT 1
        """,
        one.target_id,
        one.account_id,
        one.post_ids,
        one.rule_ids,
        one.category,
        one.comment,
    )
    return None if row is None else _report(row)


async def open_reports(db: Connection, reader_id: AccountId | None, limit: int, after: int) -> list[Report]:
    """The oldest of those above `after` that nobody has decided, and that are not about who reads them."""
    rows = await db.fetch(
        f"""
        {_REPORTS}
         WHERE decided_at IS NULL
           AND id > $3
           AND target_id IS DISTINCT FROM $1
         ORDER BY id
         LIMIT $2
        """,
        reader_id,
        limit,
        after,
    )
    return [_report(row) for row in rows]


async def reports_about(db: Connection, target_id: AccountId, limit: int) -> list[Report]:
    """The latest first, decided ones too."""
    rows = await db.fetch(f"{_REPORTS} WHERE target_id = $1 ORDER BY id DESC LIMIT $2", target_id, limit)
    return [_report(row) for row in rows]


async def report_by_id(db: Connection, report_id: int) -> Report | None:
    row = await db.fetchrow(f"{_REPORTS} WHERE id = $1", report_id)
    return None if row is None else _report(row)


async def is_reported(db: Connection, post_id: PostId) -> bool:
    """Whether a report that is open names the post."""
    return bool(
        await db.fetchval("SELECT true FROM report WHERE decided_at IS NULL AND $1 = ANY (post_ids) LIMIT 1", post_id)
    )


def _report(row: Row) -> Report:
    values = dict(row)
    evidence = values.pop("evidence")
    return Report(**values, evidence=None if evidence is None else from_json(evidence, Evidence))


async def open_report_count(db: Connection, reader_id: AccountId) -> tuple[int, datetime | None]:
    """How many are open and not about who reads it, and since when the oldest is."""
    row = await db.fetchrow(
        """
        SELECT count(*) AS many, min(created_at) AS since FROM report WHERE decided_at IS NULL AND target_id <> $1
        """,
        reader_id,
    )
    assert row is not None
    return row["many"], row["since"]


async def report_settled(
    tx: Connection, report_id: int, by_id: AccountId | None, outcome: Outcome, answer: str, now: datetime
) -> bool:
    """Whether it was still open."""
    return bool(
        await tx.fetchval(
            """
            UPDATE report
               SET decided_at = $5, decided_by_id = $2, outcome = $3, answer = $4
             WHERE id = $1
               AND decided_at IS NULL
            RETURNING true
            """,
            report_id,
            by_id,
            outcome,
            answer,
            now,
        )
    )
