"""The SQL of posts for later."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.base.pages import PageRequest
from parvis.domain.accounts.types import Viewer
from parvis.infra.postgres import Connection, Row


async def locked(tx: Connection, author: AccountId) -> None:
    """Nobody else schedules anything for the author until our commit, or two requests could both be the last allowed."""
    await tx.execute("SELECT pg_advisory_xact_lock(7715, hashint8($1))", author)


async def new_scheduled(
    tx: Connection,
    account_id: AccountId,
    scheduled_id: int,
    due_at: datetime,
    draft: str,
    key: str | None,
    author: Viewer,
    now: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO scheduled_post (account_id, id, due_at, draft, key, app_id, app_name, app_website, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        account_id,
        scheduled_id,
        due_at,
        draft,
        key,
        author.app_id,
        author.app_name,
        author.app_website,
        now,
    )


async def scheduled_by_key(db: Connection, author: AccountId, key: str) -> int | None:
    return await db.fetchval("SELECT id FROM scheduled_post WHERE account_id = $1 AND key = $2", author, key)


async def scheduled_by_id(db: Connection, author: AccountId, scheduled_id: int) -> Row | None:
    return await db.fetchrow(
        """
        SELECT id, due_at, draft, key, app_id, problem, problem_field, problem_code
          FROM scheduled_post
         WHERE account_id = $1 AND id = $2
        """,
        author,
        scheduled_id,
    )


async def scheduled_locked(tx: Connection, author: AccountId, scheduled_id: int) -> Row | None:
    """The post for later with its author's handle and state, until our commit nobody else's."""
    return await tx.fetchrow(
        """
        SELECT s.due_at, s.draft, s.key, s.app_name, s.app_website, a.handle, a.state, a.frozen
          FROM scheduled_post s
          JOIN account a ON a.id = s.account_id
         WHERE s.account_id = $1 AND s.id = $2
           FOR UPDATE OF s
        """,
        author,
        scheduled_id,
    )


async def scheduled(db: Connection, author: AccountId, page: PageRequest) -> list[Row]:
    rows = await db.fetch(
        f"""
        SELECT id, due_at, draft, key, app_id, problem, problem_field, problem_code
          FROM scheduled_post
         WHERE account_id = $1
           AND ($2::bigint IS NULL OR id < $2)
           AND ($3::bigint IS NULL OR id > $3)
         ORDER BY id {"ASC" if page.forwards else "DESC"}
         LIMIT $4
        """,
        author,
        page.max_id,
        page.above,
        page.limit,
    )
    return rows[::-1] if page.forwards else rows


async def scheduled_counts(db: Connection, author: AccountId, since: datetime, until: datetime) -> tuple[int, int]:
    """How many altogether, and between the two moments."""
    row = await db.fetchrow(
        """
        SELECT count(*) AS altogether, count(*) FILTER (WHERE due_at >= $2 AND due_at < $3) AS between
          FROM scheduled_post
         WHERE account_id = $1
        """,
        author,
        since,
        until,
    )
    assert row is not None
    return row["altogether"], row["between"]


async def scheduled_moved(tx: Connection, author: AccountId, scheduled_id: int, due_at: datetime) -> None:
    await tx.execute(
        """
        UPDATE scheduled_post
           SET due_at = $3, problem = NULL, problem_field = NULL, problem_code = NULL
         WHERE account_id = $1 AND id = $2
        """,
        author,
        scheduled_id,
        due_at,
    )


async def scheduled_failed(
    tx: Connection, author: AccountId, scheduled_id: int, problem: str, field: str | None, code: str | None
) -> None:
    await tx.execute(
        """
        UPDATE scheduled_post
           SET problem = $3, problem_field = $4, problem_code = $5
         WHERE account_id = $1 AND id = $2
        """,
        author,
        scheduled_id,
        problem,
        field,
        code,
    )


async def scheduled_deleted(tx: Connection, author: AccountId, scheduled_id: int) -> None:
    await tx.execute("DELETE FROM scheduled_post WHERE account_id = $1 AND id = $2", author, scheduled_id)
