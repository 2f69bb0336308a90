"""The SQL of restrictions and appeals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.moderation.types import Appeal, Evidence, Kind, Restriction
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row

_SELECT = """
    SELECT r.id, r.account_id, r.post_id, r.kind, r.rule_id, r.rule_text, r.reason, r.moderator_id, r.report_id, r.evidence,
           r.appeal_until, r.made_at, r.lifted_at, r.lifted_by_id, r.lifted_why,
           y.restriction_id AS y_restriction_id, y.account_id AS y_account_id, y.text AS y_text, y.made_at AS y_made_at,
           y.decided_at AS y_decided_at, y.decided_by_id AS y_decided_by_id, y.lifts AS y_lifts, y.answer AS y_answer
      FROM restriction r
      LEFT JOIN appeal y ON y.restriction_id = r.id
"""


async def new_restriction(tx: Connection, one: Restriction) -> int | None:
    """Its id; None when one of that kind is in force already. Raises: CheckViolation for a rule that does not hold."""
    return await tx.fetchval(
        """
        INSERT INTO restriction (id, account_id, post_id, kind, rule_id, rule_text, reason, moderator_id, report_id, evidence,
                                 appeal_until, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12)
            ON CONFLICT (account_id, coalesce(post_id, 0), kind) WHERE lifted_at IS NULL DO NOTHING
        RETURNING id
        """,
        one.id,
        one.account_id,
        one.post_id,
        one.kind,
        one.rule_id,
        one.rule_text,
        one.reason,
        one.moderator_id,
        one.report_id,
        to_json(one.evidence),
        one.appeal_until,
        one.made_at,
    )


async def in_force(db: Connection, account_id: AccountId, post_id: PostId | None) -> dict[Kind, int]:
    """Kinds of restrictions that the account, or the post, is under, and their ids."""
    rows = await db.fetch(
        """
        SELECT kind, id
          FROM restriction
         WHERE account_id = $1 AND post_id IS NOT DISTINCT FROM $2::bigint AND lifted_at IS NULL
        """,
        account_id,
        post_id,
    )
    return {row["kind"]: row["id"] for row in rows}


async def by_ids(db: Connection, ids: Sequence[int]) -> list[Restriction]:
    rows = await db.fetch(f"{_SELECT} WHERE r.id = ANY ($1::bigint[]) ORDER BY r.id", ids)
    return [_restriction(row) for row in rows]


async def of_account(db: Connection, account_id: AccountId, limit: int) -> list[Restriction]:
    """Those of the account and of its posts, the latest first."""
    rows = await db.fetch(f"{_SELECT} WHERE r.account_id = $1 ORDER BY r.id DESC LIMIT $2", account_id, limit)
    return [_restriction(row) for row in rows]


async def of_posts(db: Connection, post_ids: Sequence[PostId]) -> list[Restriction]:
    """Those in force on these posts."""
    rows = await db.fetch(
        f"""
        {_SELECT}
         WHERE (r.account_id, r.post_id) IN (SELECT account_id, id FROM post_directory WHERE id = ANY ($1::bigint[]))
           AND r.lifted_at IS NULL
         ORDER BY r.id
        """,
        post_ids,
    )
    return [_restriction(row) for row in rows]


async def locked(tx: Connection, restriction_id: int) -> Restriction | None:
    """The restriction; nobody else lifts it or judges an appeal until the transaction ends."""
    await tx.execute("SELECT FROM restriction WHERE id = $1 FOR UPDATE", restriction_id)
    found = await by_ids(tx, [restriction_id])
    return found[0] if found else None


async def lifted(tx: Connection, restriction_id: int, by_id: AccountId, why: str, now: datetime) -> None:
    await tx.execute(
        """
        UPDATE restriction SET lifted_at = $4, lifted_by_id = $2, lifted_why = $3 WHERE id = $1 AND lifted_at IS NULL
        """,
        restriction_id,
        by_id,
        why,
        now,
    )


# Evidence that nobody can ask for any more; $1 is the moment.
_OVER = """r.appeal_until <= $1
               AND (r.lifted_at IS NOT NULL
                    OR NOT EXISTS (SELECT FROM appeal y WHERE y.restriction_id = r.id AND y.decided_at IS NULL))"""
_DECIDED_LONG_AGO = "coalesce(q.decided_at <= $1 - interval '30 days', false)"


async def is_evidence(db: Connection, author: AccountId, post_id: PostId, now: datetime) -> bool:
    """Whether somebody may still want to see what the post was."""
    return await db.fetchval(
        f"""
        SELECT EXISTS (SELECT FROM restriction r
                        WHERE r.account_id = $2 AND r.evidence IS NOT NULL AND NOT ({_OVER})
                          AND (r.post_id = $3::bigint
                               OR r.evidence @> jsonb_build_object('posts', jsonb_build_array(
                                      jsonb_build_object('id', $3::bigint)))))
            OR EXISTS (SELECT FROM report q
                        WHERE q.target_id = $2 AND q.evidence IS NOT NULL AND NOT {_DECIDED_LONG_AGO}
                          AND $3::bigint = ANY (q.post_ids))
        """,
        now,
        author,
        post_id,
    )


async def posts_in_old_evidence(db: Connection, now: datetime) -> list[tuple[AccountId, PostId]]:
    """Authors and ids of posts in evidence that will be let go."""
    rows = await db.fetch(
        f"""
        SELECT r.account_id, (one ->> 'id')::bigint AS post_id
          FROM restriction r, jsonb_array_elements(r.evidence -> 'posts') AS one
         WHERE r.evidence IS NOT NULL AND {_OVER}
         UNION
        SELECT q.target_id, post_id
          FROM report q, unnest(q.post_ids) AS post_id
         WHERE q.evidence IS NOT NULL AND {_DECIDED_LONG_AGO}
        """,
        now,
    )
    return [(AccountId(row["account_id"]), PostId(row["post_id"])) for row in rows]


async def removed_posts_in_evidence(db: Connection, now: datetime) -> list[tuple[AccountId, PostId]]:
    """Authors and ids of posts that their authors have removed, and whose pictures are kept as evidence."""
    rows = await db.fetch(
        f"""
        WITH held AS (
            SELECT r.account_id, (one ->> 'id')::bigint AS post_id
              FROM restriction r, jsonb_array_elements(r.evidence -> 'posts') AS one
             WHERE r.evidence IS NOT NULL AND NOT ({_OVER})
             UNION
            SELECT q.target_id, post_id
              FROM report q, unnest(q.post_ids) AS post_id
             WHERE q.evidence IS NOT NULL AND NOT {_DECIDED_LONG_AGO}
        )
        SELECT h.account_id, h.post_id
          FROM held h
          JOIN post p ON p.account_id = h.account_id AND p.id = h.post_id AND p.deleted_at IS NOT NULL
         WHERE EXISTS (SELECT FROM media m WHERE m.account_id = h.account_id AND m.post_id = h.post_id)
        """,
        now,
    )
    return [(AccountId(row["account_id"]), PostId(row["post_id"])) for row in rows]


async def evidence_let_go(tx: Connection, now: datetime) -> int:
    """How many restrictions and reports have no evidence any more."""
    return await tx.fetchval(
        f"""
        WITH restrictions AS (
            UPDATE restriction r SET evidence = NULL WHERE r.evidence IS NOT NULL AND {_OVER} RETURNING 1
        ), reports AS (
            UPDATE report q SET evidence = NULL WHERE q.evidence IS NOT NULL AND {_DECIDED_LONG_AGO} RETURNING 1
        )
        SELECT (SELECT count(*) FROM restrictions) + (SELECT count(*) FROM reports)
        """,
        now,
    )


# ── appeals ──


async def new_appeal(tx: Connection, restriction_id: int, account_id: AccountId, text: str, now: datetime) -> bool:
    """Whether it is the first of this restriction."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO appeal (restriction_id, account_id, text, made_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (restriction_id) DO NOTHING
            RETURNING true
            """,
            restriction_id,
            account_id,
            text,
            now,
        )
    )


async def appeal_decided(
    tx: Connection, restriction_id: int, by_id: AccountId, *, lifts: bool, answer: str, now: datetime
) -> None:
    await tx.execute(
        """
        UPDATE appeal SET decided_at = $5, decided_by_id = $2, lifts = $3, answer = $4 WHERE restriction_id = $1
        """,
        restriction_id,
        by_id,
        lifts,
        answer,
        now,
    )


async def open_appeals(db: Connection, limit: int) -> list[Restriction]:
    """Restrictions in force with an appeal that nobody has decided, the one that waits longest first."""
    rows = await db.fetch(
        f"{_SELECT} WHERE y.decided_at IS NULL AND y.restriction_id IS NOT NULL AND r.lifted_at IS NULL"
        " ORDER BY y.restriction_id LIMIT $1",
        limit,
    )
    return [_restriction(row) for row in rows]


async def open_appeal_count(db: Connection) -> int:
    return await db.fetchval(
        """
        SELECT count(*)
          FROM appeal y
          JOIN restriction r ON r.id = y.restriction_id AND r.lifted_at IS NULL
         WHERE y.decided_at IS NULL
        """
    )


async def waiting_for(db: Connection, staff_id: AccountId, most: int, within_s: float) -> Row:
    """reports, appeals: how many that one can decide, counted up to `most`. Raises: TimeoutError."""
    row = await db.fetchrow(
        """
        SELECT (SELECT count(*)
                  FROM (SELECT
                          FROM report r
                         WHERE r.decided_at IS NULL
                           AND r.account_id <> $1
                           AND r.target_id <> $1
                           AND (SELECT l.role FROM login l WHERE l.account_id = $1)
                               > coalesce((SELECT least(l.role, 1) FROM login l WHERE l.account_id = r.target_id), 0)
                               -- among owners each may: above them is nobody
                         LIMIT $2) q) AS reports,
               (SELECT count(*)
                  FROM (SELECT
                          FROM appeal y
                          JOIN restriction r ON r.id = y.restriction_id AND r.lifted_at IS NULL
                         WHERE y.decided_at IS NULL
                           AND r.moderator_id <> $1
                           AND (SELECT l.role FROM login l WHERE l.account_id = $1)
                               > coalesce((SELECT l.role FROM login l WHERE l.account_id = y.account_id), 0)
                         LIMIT $2) a) AS appeals
        """,
        staff_id,
        most,
        timeout=within_s,
    )
    assert row is not None
    return row


async def judges(db: Connection, ids: Sequence[int]) -> list[tuple[int, AccountId]]:
    """Restrictions and who may decide about an appeal: staff who can act, above whom it is about, but not who restricted."""
    rows = await db.fetch(
        """
        WITH staff AS MATERIALIZED (   -- few, found once among many
            SELECT l.account_id, l.role
              FROM login l
              JOIN account a ON a.id = l.account_id AND a.state < 2 AND NOT a.frozen   -- 2: suspended
             WHERE l.role > 0
        )
        SELECT r.id, s.account_id
          FROM restriction r
          LEFT JOIN login whose ON whose.account_id = r.account_id
          JOIN staff s ON s.role > coalesce(whose.role, 0) AND s.account_id <> r.moderator_id
         WHERE r.id = ANY ($1::bigint[])
         ORDER BY r.id, s.role DESC, s.account_id
        """,
        ids,
    )
    return [(row["id"], AccountId(row["account_id"])) for row in rows]


def _restriction(row: Row) -> Restriction:
    values = dict(row)
    appeal = {name.removeprefix("y_"): values.pop(name) for name in list(values) if name.startswith("y_")}
    evidence = values.pop("evidence")
    return Restriction(
        **values,
        evidence=None if evidence is None else from_json(evidence, Evidence),
        appeal=None if appeal["restriction_id"] is None else Appeal(**appeal),
    )
