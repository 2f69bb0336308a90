"""One-time tokens, by their SHA-256, and the deletion of everything that has run out."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.infra.postgres import Connection, Row


async def new_one_time_token(
    tx: Connection,
    token_hash: bytes,
    purpose: str,
    account_id: AccountId | None,
    email: str | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO one_time_token (token_hash, purpose, account_id, email, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        token_hash,
        purpose,
        account_id,
        email,
        now,
        expires_at,
    )


async def one_time_token(db: Connection, token_hash: bytes, purpose: str, now: datetime) -> Row | None:
    """account_id and email of a token that could be used now."""
    return await db.fetchrow(
        """
        SELECT account_id, email
          FROM one_time_token
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
        """,
        token_hash,
        purpose,
        now,
    )


async def one_time_token_used(tx: Connection, token_hash: bytes, purpose: str, now: datetime) -> Row | None:
    """account_id and email of the token, for the one caller who used it first."""
    return await tx.fetchrow(
        """
        UPDATE one_time_token
           SET used_at = $3
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3
        RETURNING account_id, email
        """,
        token_hash,
        purpose,
        now,
    )


async def one_time_token_deleted(tx: Connection, token_hash: bytes) -> None:
    await tx.execute("DELETE FROM one_time_token WHERE token_hash = $1", token_hash)


async def one_time_tokens_since(db: Connection, account_id: AccountId, purpose: str, since: datetime) -> int:
    """How many were made for that account since then."""
    return await db.fetchval(
        "SELECT count(*) FROM one_time_token WHERE account_id = $1 AND purpose = $2 AND created_at > $3",
        account_id,
        purpose,
        since,
    )


async def one_time_tokens_voided(tx: Connection, account_id: AccountId, purpose: str, now: datetime) -> None:
    """No earlier link of that purpose works any more."""
    await tx.execute(
        "UPDATE one_time_token SET used_at = $3 WHERE account_id = $1 AND purpose = $2 AND used_at IS NULL",
        account_id,
        purpose,
        now,
    )


async def owner_tokens_voided(tx: Connection, now: datetime) -> None:
    """No earlier link that makes an owner works any more."""
    await tx.execute("UPDATE one_time_token SET used_at = $1 WHERE purpose = 'become_owner' AND used_at IS NULL", now)


async def expired_deleted(tx: Connection, now: datetime, long_ago: datetime) -> None:
    """What has run out is gone. Codes stay for a while after that, so that a replay is still recognised."""
    await tx.execute("DELETE FROM half_session WHERE expires_at < $1", now)
    await tx.execute("DELETE FROM one_time_token WHERE expires_at < $1", long_ago)
    await tx.execute("DELETE FROM oauth_code WHERE expires_at < $1", long_ago)


async def all_access_ended(tx: Connection) -> int:
    """How many sessions and tokens of people are gone; half sessions, codes and links are gone with them."""
    for table in ("half_session", "oauth_code", "one_time_token"):
        await tx.execute(f"DELETE FROM {table}")
    return await tx.fetchval(
        """
        WITH sessions AS (
            DELETE FROM session RETURNING true
        ), tokens AS (
            DELETE FROM oauth_token WHERE account_id IS NOT NULL RETURNING true
        )
        SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM tokens)
        """
    )
