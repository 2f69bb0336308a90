"""The SQL of keyword filters.

Whoever changes anything takes a new version first. That locks the account's `filter_state` row until the commit, so
changes come one after the other, and every committed state of the filters has a version of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from parvis.base.ids import AccountId, FilterId, PostId
from parvis.infra.postgres import Connection, Row

if TYPE_CHECKING:
    from parvis.domain.relationships.filters import Keyword


def filter_version(viewer: str = "$1") -> str:
    """An expression of the version of the viewer's filters; null without filters. Statements ask for it in passing."""
    return f"(SELECT fil_s.version FROM filter_state fil_s WHERE fil_s.account_id = {viewer})"


async def version_of(db: Connection, account_id: AccountId) -> int | None:
    return await db.fetchval(f"SELECT {filter_version()}", account_id)


_COLUMNS = """
    f.id, f.title, f.places, f.action, f.expires_at,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', k.id, 'keyword', k.keyword, 'whole_word', k.whole_word)
                               ORDER BY k.id)
                FROM filter_keyword k
               WHERE k.account_id = f.account_id AND k.filter_id = f.id), '[]') AS keywords,
    coalesce((SELECT jsonb_agg(jsonb_build_object('id', p.id, 'post_id', p.post_id) ORDER BY p.id)
                FROM filter_post p
               WHERE p.account_id = f.account_id AND p.filter_id = f.id), '[]') AS posts
"""


async def filters(db: Connection, account_id: AccountId, filter_id: FilterId | None = None) -> list[Row]:
    """The account's filters, or the one, each with its keywords and posts."""
    return await db.fetch(
        f"""
        SELECT {_COLUMNS}
          FROM filter f
         WHERE f.account_id = $1 AND ($2::bigint IS NULL OR f.id = $2)
         ORDER BY f.id
        """,
        account_id,
        filter_id,
    )


async def versioned_filters(db: Connection, account_ids: Sequence[AccountId]) -> list[Row]:
    """The accounts' filters, each with account_id and version as it was at that very moment; no row without filters."""
    return await db.fetch(
        f"""
        SELECT s.account_id, s.version, {_COLUMNS}
          FROM filter_state s
          JOIN filter f ON f.account_id = s.account_id
         WHERE s.account_id = ANY ($1::bigint[])
         ORDER BY f.id
        """,
        account_ids,
    )


async def new_version(tx: Connection, account_id: AccountId, version: int) -> None:
    """The account's filters have this version, and nobody else changes them until our commit."""
    await tx.execute(
        """
        INSERT INTO filter_state (account_id, version) VALUES ($1, $2)
            ON CONFLICT (account_id) DO UPDATE SET version = excluded.version
        """,
        account_id,
        version,
    )


async def no_version_without_filters(tx: Connection, account_id: AccountId) -> None:
    """An account whose last filter has gone costs nothing any more."""
    await tx.execute(
        "DELETE FROM filter_state WHERE account_id = $1 AND NOT EXISTS (SELECT FROM filter WHERE account_id = $1)",
        account_id,
    )


async def filter_count(db: Connection, account_id: AccountId) -> int:
    return await db.fetchval("SELECT count(*) FROM filter WHERE account_id = $1", account_id)


async def new_filter(
    tx: Connection,
    account_id: AccountId,
    filter_id: FilterId,
    *,
    title: str,
    places: Sequence[str],
    action: str,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO filter (account_id, id, title, places, action, expires_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        account_id,
        filter_id,
        title,
        places,
        action,
        expires_at,
        now,
    )


async def filter_changed(
    tx: Connection,
    account_id: AccountId,
    filter_id: FilterId,
    *,
    title: str | None,
    places: Sequence[str] | None,
    action: str | None,
    changes_end: bool,
    expires_at: datetime | None,
) -> bool:
    """Whether there is such a filter; None keeps what was."""
    return bool(
        await tx.fetchval(
            """
            UPDATE filter
               SET title = coalesce($3, title),
                   places = coalesce($4, places),
                   action = coalesce($5, action),
                   expires_at = CASE WHEN $6 THEN $7 ELSE expires_at END
             WHERE account_id = $1 AND id = $2
            RETURNING true
            """,
            account_id,
            filter_id,
            title,
            places,
            action,
            changes_end,
            expires_at,
        )
    )


async def filter_deleted(tx: Connection, account_id: AccountId, filter_id: FilterId) -> bool:
    """Whether there was such a filter. What was in it has gone with it."""
    return bool(
        await tx.fetchval(
            """
            WITH keywords AS (
                DELETE FROM filter_keyword WHERE account_id = $1 AND filter_id = $2
            ), posts AS (
                DELETE FROM filter_post WHERE account_id = $1 AND filter_id = $2
            )
            DELETE FROM filter WHERE account_id = $1 AND id = $2 RETURNING true
            """,
            account_id,
            filter_id,
        )
    )


# ── keywords ──


async def filter_of_keyword(db: Connection, account_id: AccountId, keyword_id: int) -> FilterId | None:
    return await db.fetchval(
        "SELECT filter_id FROM filter_keyword WHERE account_id = $1 AND id = $2", account_id, keyword_id
    )


async def keyword_count(db: Connection, account_id: AccountId) -> int:
    return await db.fetchval("SELECT count(*) FROM filter_keyword WHERE account_id = $1", account_id)


async def new_keywords(tx: Connection, account_id: AccountId, filter_id: FilterId, new: Sequence[Keyword]) -> None:
    await tx.execute(
        """
        INSERT INTO filter_keyword (account_id, filter_id, id, keyword, whole_word)
        SELECT $1, $2, id, keyword, whole_word
          FROM unnest($3::bigint[], $4::text[], $5::boolean[]) AS k (id, keyword, whole_word)
        """,
        account_id,
        filter_id,
        [one.id for one in new],
        [one.keyword for one in new],
        [one.whole_word for one in new],
    )


async def keyword_changed(
    tx: Connection,
    account_id: AccountId,
    filter_id: FilterId,
    keyword_id: int,
    keyword: str | None,
    whole_word: bool | None,
) -> bool:
    """Whether the filter has such a keyword; None keeps what was."""
    return bool(
        await tx.fetchval(
            """
            UPDATE filter_keyword
               SET keyword = coalesce($4, keyword), whole_word = coalesce($5, whole_word)
             WHERE account_id = $1 AND filter_id = $2 AND id = $3
            RETURNING true
            """,
            account_id,
            filter_id,
            keyword_id,
            keyword,
            whole_word,
        )
    )


async def keyword_deleted(
    tx: Connection, account_id: AccountId, keyword_id: int, filter_id: FilterId | None = None
) -> FilterId | None:
    """The filter it was in; None when there was no such keyword (in that filter)."""
    return await tx.fetchval(
        """
        DELETE FROM filter_keyword
         WHERE account_id = $1 AND id = $2 AND ($3::bigint IS NULL OR filter_id = $3)
        RETURNING filter_id
        """,
        account_id,
        keyword_id,
        filter_id,
    )


# ── single posts ──


async def post_by_entry(db: Connection, account_id: AccountId, entry_id: int) -> Row | None:
    return await db.fetchrow(
        "SELECT id, post_id FROM filter_post WHERE account_id = $1 AND id = $2", account_id, entry_id
    )


async def post_entered(
    tx: Connection, account_id: AccountId, filter_id: FilterId, post_id: PostId, entry_id: int
) -> Row:
    """id and post_id of the entry, new or not."""
    row = await tx.fetchrow(
        """
        INSERT INTO filter_post (account_id, id, filter_id, post_id) VALUES ($1, $4, $2, $3)
            ON CONFLICT (account_id, filter_id, post_id) DO UPDATE SET post_id = excluded.post_id
        RETURNING id, post_id
        """,
        account_id,
        filter_id,
        post_id,
        entry_id,
    )
    assert row is not None
    return row


async def entry_deleted(tx: Connection, account_id: AccountId, entry_id: int) -> Row | None:
    """id and post_id of what was there."""
    return await tx.fetchrow(
        "DELETE FROM filter_post WHERE account_id = $1 AND id = $2 RETURNING id, post_id", account_id, entry_id
    )
