"""The SQL that changes who is what to whom. `listing_queries.py` reads."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET

from parvis.base.ids import AccountId
from parvis.domain.relationships.list_queries import in_exclusive_list
from parvis.domain.relationships.types import Options, OptionsChange
from parvis.infra.postgres import Connection, Row


async def pair_locked(tx: Connection, one: AccountId, other: AccountId) -> None:
    """Nobody else changes anything between these two until our commit; so a follow never slips past a block."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashint8extended(least($1::bigint, $2), greatest($1::bigint, $2)))", one, other
    )


async def follow_situation(tx: Connection, account_id: AccountId, target_id: AccountId) -> Row | None:
    """What decides whether and how account may follow target; None when either does not exist."""
    return await tx.fetchrow(
        """
        SELECT t.state, t.locked, me.state AS my_state, c.following AS my_following,
               EXISTS (SELECT FROM block WHERE account_id = $1 AND target_id = $2) AS blocking,
               EXISTS (SELECT FROM block WHERE account_id = $2 AND target_id = $1) AS blocked_by,
               EXISTS (SELECT FROM follow WHERE account_id = $1 AND target_id = $2) AS following,
               EXISTS (SELECT FROM follow_request WHERE account_id = $2 AND requester_id = $1) AS requested
          FROM account t
          JOIN account me ON me.id = $1
          JOIN account_counter c ON c.account_id = $1
         WHERE t.id = $2
        """,
        account_id,
        target_id,
    )


async def new_follow(
    tx: Connection,
    follow_id: int,
    account_id: AccountId,
    target_id: AccountId,
    *,
    options: Options,
    now: datetime,
) -> bool:
    """Whether the follow was not there before. Its mirror is written with it."""
    return bool(
        await tx.fetchval(
            f"""
            WITH made AS (
                INSERT INTO follow (account_id, target_id, id, show_reposts, notify, languages, created_at, apart)
                VALUES ($2, $3, $1, $4, $5, $6, $7, {in_exclusive_list("$2", "$3")})
                    ON CONFLICT (account_id, target_id) DO NOTHING
                RETURNING id
            ), mirrored AS (
                INSERT INTO follower (account_id, follower_id, id, notify, created_at)
                SELECT $3, $2, made.id, $5, $7 FROM made
                    ON CONFLICT (account_id, follower_id) DO NOTHING
            )
            SELECT true FROM made
            """,
            follow_id,
            account_id,
            target_id,
            options.show_reposts,
            options.notify,
            options.languages,
            now,
        )
    )


async def follow_changed(
    tx: Connection,
    account_id: AccountId,
    target_id: AccountId,
    *,
    change: OptionsChange,
) -> None:
    """A follow that exists is as wanted; None keeps what was."""
    await tx.execute(
        """
        WITH changed AS (
            UPDATE follow
               SET show_reposts = coalesce($3, show_reposts),
                   notify = coalesce($4, notify),
                   languages = CASE WHEN $5 THEN $6::text[] ELSE languages END
             WHERE account_id = $1 AND target_id = $2
        )
        UPDATE follower
           SET notify = coalesce($4, notify)
         WHERE account_id = $2 AND follower_id = $1
        """,
        account_id,
        target_id,
        change.show_reposts,
        change.notify,
        change.languages is not UNSET,
        None if change.languages is UNSET else change.languages,
    )


async def follow_deleted(tx: Connection, account_id: AccountId, target_id: AccountId) -> bool:
    """Whether there was a follow. Its mirror has gone with it."""
    return bool(
        await tx.fetchval(
            """
            WITH gone AS (
                DELETE FROM follow WHERE account_id = $1 AND target_id = $2 RETURNING true
            ), unmirrored AS (
                DELETE FROM follower WHERE account_id = $2 AND follower_id = $1
            )
            SELECT true FROM gone
            """,
            account_id,
            target_id,
        )
    )


# ── requests ──


async def new_request(
    tx: Connection,
    request_id: int,
    account_id: AccountId,
    requester_id: AccountId,
    *,
    options: Options,
    now: datetime,
) -> bool:
    """Whether nobody had asked before."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO follow_request (account_id, requester_id, id, show_reposts, notify, languages, created_at)
            VALUES ($2, $3, $1, $4, $5, $6, $7)
                ON CONFLICT (account_id, requester_id) DO NOTHING
            RETURNING true
            """,
            request_id,
            account_id,
            requester_id,
            options.show_reposts,
            options.notify,
            options.languages,
            now,
        )
    )


async def request_changed(
    tx: Connection,
    account_id: AccountId,
    requester_id: AccountId,
    *,
    change: OptionsChange,
) -> None:
    """A request that waits is as wanted; None keeps what was."""
    await tx.execute(
        """
        UPDATE follow_request
           SET show_reposts = coalesce($3, show_reposts),
               notify = coalesce($4, notify),
               languages = CASE WHEN $5 THEN $6::text[] ELSE languages END
         WHERE account_id = $1 AND requester_id = $2
        """,
        account_id,
        requester_id,
        change.show_reposts,
        change.notify,
        change.languages is not UNSET,
        None if change.languages is UNSET else change.languages,
    )


async def request_taken(tx: Connection, account_id: AccountId, requester_id: AccountId) -> Row | None:
    """The request (show_reposts, notify, languages), which waits no more; None when there was none."""
    return await tx.fetchrow(
        """
        DELETE FROM follow_request
         WHERE account_id = $1 AND requester_id = $2
        RETURNING show_reposts, notify, languages
        """,
        account_id,
        requester_id,
    )


# ── blocks, mutes, notes ──


async def account_exists(db: Connection, account_id: AccountId) -> bool:
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM account WHERE id = $1 AND state < 3)", account_id))


async def new_block(tx: Connection, block_id: int, account_id: AccountId, target_id: AccountId, now: datetime) -> bool:
    """Whether there was no such block before."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO block (account_id, target_id, id, created_at)
            VALUES ($2, $3, $1, $4)
                ON CONFLICT (account_id, target_id) DO NOTHING
            RETURNING true
            """,
            block_id,
            account_id,
            target_id,
            now,
        )
    )


async def block_deleted(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    await tx.execute("DELETE FROM block WHERE account_id = $1 AND target_id = $2", account_id, target_id)


async def mute_set(
    tx: Connection,
    mute_id: int,
    account_id: AccountId,
    target_id: AccountId,
    *,
    hide_notifications: bool,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """The mute is as wanted, whether it was there before or not."""
    await tx.execute(
        """
        INSERT INTO mute (account_id, target_id, id, hide_notifications, expires_at, created_at)
        VALUES ($2, $3, $1, $4, $5, $6)
            ON CONFLICT (account_id, target_id) DO UPDATE
           SET hide_notifications = excluded.hide_notifications,
               expires_at = excluded.expires_at
        """,
        mute_id,
        account_id,
        target_id,
        hide_notifications,
        expires_at,
        now,
    )


async def mute_deleted(tx: Connection, account_id: AccountId, target_id: AccountId) -> None:
    await tx.execute("DELETE FROM mute WHERE account_id = $1 AND target_id = $2", account_id, target_id)


async def note_set(tx: Connection, account_id: AccountId, target_id: AccountId, comment: str) -> None:
    """The private note is as written; an empty one is none."""
    if comment:
        await tx.execute(
            """
            INSERT INTO account_note (account_id, target_id, comment)
            VALUES ($1, $2, $3)
                ON CONFLICT (account_id, target_id) DO UPDATE SET comment = excluded.comment
            """,
            account_id,
            target_id,
            comment,
        )
    else:
        await tx.execute("DELETE FROM account_note WHERE account_id = $1 AND target_id = $2", account_id, target_id)


async def mutes_expired(tx: Connection, now: datetime) -> None:
    """Mutes that ended before are gone."""
    await tx.execute("DELETE FROM mute WHERE expires_at < $1", now)
