"""The SQL of rules, announcements and reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.moderation.types import (
    Announcement,
    Evidence,
    HouseRule,
    Notice,
    Outcome,
    Reaction,
    Report,
    RuleVersion,
)
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row

# ── rules ──


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


# ── announcements ──

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


# ── reports ──


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
