"""The SQL of what somebody shows of others (endorsements) and of servers they want nothing of."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.base.pages import PageRequest
from parvis.infra.postgres import Connection, Row


async def new_endorsement(
    tx: Connection, account_id: AccountId, target_id: AccountId, row_id: int, now: datetime
) -> bool | None:
    """Whether it was not there before; None when the account does not follow the target."""
    row = await tx.fetchrow(
        """
        WITH followed AS (
            SELECT FROM follow WHERE account_id = $1 AND target_id = $2
        ), made AS (
            INSERT INTO endorsement (account_id, target_id, id, created_at)
            SELECT $1, $2, $3, $4 FROM followed
                ON CONFLICT (account_id, target_id) DO NOTHING
            RETURNING true
        )
        SELECT EXISTS (SELECT FROM followed) AS followed, EXISTS (SELECT FROM made) AS made
        """,
        account_id,
        target_id,
        row_id,
        now,
    )
    assert row is not None
    return row["made"] if row["followed"] else None


async def endorsement_count(db: Connection, account_id: AccountId) -> int:
    return await db.fetchval("SELECT count(*) FROM endorsement WHERE account_id = $1", account_id)


async def endorsement_deleted(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    await tx.execute("DELETE FROM endorsement WHERE account_id = $1 AND target_id = $2", account_id, target_id)


async def endorsement_rows(
    db: Connection, account_id: AccountId, viewer_id: AccountId | None, page: PageRequest
) -> list[Row]:
    """(row id, account id) of those whom the account shows and still follows, that the viewer may see, newest first."""
    rows = await db.fetch(
        f"""
        SELECT e.id AS cursor, e.target_id AS id
          FROM endorsement e
          JOIN account o ON o.id = e.account_id AND o.state < 2
          JOIN account a ON a.id = e.target_id AND a.state < 2
         WHERE e.account_id = $1
           AND ($2::bigint IS NULL OR e.id < $2)
           AND ($3::bigint IS NULL OR e.id > $3)
           AND (o.id = $5::bigint OR NOT o.hide_collections)
           AND EXISTS (SELECT FROM follow WHERE account_id = $1 AND target_id = e.target_id)
           AND NOT EXISTS (SELECT FROM block WHERE account_id = o.id AND target_id = $5::bigint)
           AND NOT EXISTS (SELECT FROM block WHERE account_id = e.target_id AND target_id = $5::bigint)
           AND (o.id = $5::bigint
                OR NOT EXISTS (SELECT FROM block WHERE account_id = $5::bigint AND target_id = e.target_id))
         ORDER BY e.id {"ASC" if page.forwards else "DESC"}
         LIMIT $4
        """,
        account_id,
        page.max_id,
        page.above,
        page.limit,
        viewer_id,
    )
    return rows[::-1] if page.forwards else rows


async def new_domain_block(tx: Connection, account_id: AccountId, domain: str, row_id: int, now: datetime) -> bool:
    """Whether the account did not block it before."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO domain_block (account_id, domain, id, created_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (account_id, domain) DO NOTHING
            RETURNING true
            """,
            account_id,
            domain,
            row_id,
            now,
        )
    )


async def domain_block_count(db: Connection, account_id: AccountId) -> int:
    return await db.fetchval("SELECT count(*) FROM domain_block WHERE account_id = $1", account_id)


async def domain_block_deleted(tx: Connection, account_id: AccountId, domain: str) -> None:
    await tx.execute("DELETE FROM domain_block WHERE account_id = $1 AND domain = $2", account_id, domain)


async def domain_blocks(db: Connection, account_id: AccountId, page: PageRequest) -> list[Row]:
    """domain and id of what the account blocks, the latest first."""
    rows = await db.fetch(
        f"""
        SELECT id, domain
          FROM domain_block
         WHERE account_id = $1
           AND ($2::bigint IS NULL OR id < $2)
           AND ($3::bigint IS NULL OR id > $3)
         ORDER BY id {"ASC" if page.forwards else "DESC"}
         LIMIT $4
        """,
        account_id,
        page.max_id,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.forwards else rows
