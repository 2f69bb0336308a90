"""Second factors: keys of authenticator apps, recovery codes, half sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.ids import AccountId
from parvis.infra.postgres import Connection, Row


async def factor_begun(tx: Connection, account_id: AccountId, sealed: bytes, now: datetime) -> bool:
    """Whether the account has this key now, unconfirmed; a confirmed one is left as it is."""
    return bool(
        await tx.fetchval(
            """
            INSERT INTO second_factor AS f (account_id, sealed, created_at)
            VALUES ($1, $2, $3)
                ON CONFLICT (account_id) DO UPDATE SET sealed = $2, created_at = $3
                   WHERE f.confirmed_at IS NULL
            RETURNING true
            """,
            account_id,
            sealed,
            now,
        )
    )


async def factor_of(db: Connection, account_id: AccountId) -> Row | None:
    """sealed and confirmed_at."""
    return await db.fetchrow("SELECT sealed, confirmed_at FROM second_factor WHERE account_id = $1", account_id)


async def factor_tried(
    tx: Connection, account_id: AccountId, now: datetime, window: timedelta, most: int
) -> Row | None:
    """sealed and confirmed_at, locked until the end of the transaction; None also after too many wrong codes.

    The lock lets codes be tried one after the other, so that many at a time are no way round the limit.
    """
    return await tx.fetchrow(
        """
        SELECT sealed, confirmed_at
          FROM second_factor
         WHERE account_id = $1
           AND (failures < $4 OR failing_since IS NULL OR failing_since < $2::timestamptz - $3::interval)
           FOR UPDATE
        """,
        account_id,
        now,
        window,
        most,
    )


async def factor_failed(tx: Connection, account_id: AccountId, now: datetime, window: timedelta) -> None:
    """One more wrong code is counted; the count begins anew after the window."""
    await tx.execute(
        """
        UPDATE second_factor
           SET failures = CASE WHEN failing_since > $2::timestamptz - $3::interval THEN failures + 1 ELSE 1 END,
               failing_since = CASE WHEN failing_since > $2::timestamptz - $3::interval THEN failing_since ELSE $2 END
         WHERE account_id = $1
        """,
        account_id,
        now,
        window,
    )


async def step_used(tx: Connection, account_id: AccountId, step: int) -> bool:
    """Whether no code of that half minute or a later one was used before."""
    return bool(
        await tx.fetchval(
            "UPDATE second_factor SET last_step = $2 WHERE account_id = $1 AND last_step < $2 RETURNING true",
            account_id,
            step,
        )
    )


async def factor_confirmed(tx: Connection, account_id: AccountId, now: datetime) -> bool:
    """Whether it was not before."""
    return bool(
        await tx.fetchval(
            """
            UPDATE second_factor
               SET confirmed_at = $2
             WHERE account_id = $1
               AND confirmed_at IS NULL
            RETURNING true
            """,
            account_id,
            now,
        )
    )


async def factor_deleted(tx: Connection, account_id: AccountId) -> bool:
    """Whether a confirmed one is gone; its recovery codes go along."""
    await tx.execute("DELETE FROM recovery_code WHERE account_id = $1", account_id)
    gone = await tx.fetchval(
        "DELETE FROM second_factor WHERE account_id = $1 RETURNING confirmed_at IS NOT NULL", account_id
    )
    return bool(gone)


async def recovery_codes_replaced(tx: Connection, account_id: AccountId, hashes: list[bytes]) -> None:
    """These codes work, no earlier one does."""
    await tx.execute("DELETE FROM recovery_code WHERE account_id = $1", account_id)
    await tx.execute(
        "INSERT INTO recovery_code (account_id, code_hash) SELECT $1, unnest($2::bytea[])", account_id, hashes
    )


async def recovery_code_used(tx: Connection, account_id: AccountId, code_hash: bytes) -> bool:
    """Whether it was there; it is not any more."""
    done = await tx.execute("DELETE FROM recovery_code WHERE account_id = $1 AND code_hash = $2", account_id, code_hash)
    return done != "DELETE 0"


async def recovery_codes_left(db: Connection, account_id: AccountId) -> int:
    return await db.fetchval("SELECT count(*) FROM recovery_code WHERE account_id = $1", account_id)


# ── between password and code ──


async def new_half_session(tx: Connection, token_hash: bytes, account_id: AccountId, expires_at: datetime) -> None:
    await tx.execute(
        "INSERT INTO half_session (token_hash, account_id, expires_at) VALUES ($1, $2, $3)",
        token_hash,
        account_id,
        expires_at,
    )


async def half_session(db: Connection, token_hash: bytes, now: datetime) -> AccountId | None:
    """Whose it is, while the account may sign in."""
    return await db.fetchval(
        """
        SELECT h.account_id
          FROM half_session h
          JOIN account a ON a.id = h.account_id AND a.state < 3
         WHERE h.token_hash = $1
           AND h.expires_at > $2
        """,
        token_hash,
        now,
    )


async def half_session_ended(tx: Connection, token_hash: bytes) -> bool:
    """Whether this caller is the one who ended it."""
    return await tx.execute("DELETE FROM half_session WHERE token_hash = $1", token_hash) != "DELETE 0"


async def half_sessions_ended(tx: Connection, account_id: AccountId) -> None:
    await tx.execute("DELETE FROM half_session WHERE account_id = $1", account_id)


# ── fresh proofs ──


async def proved_at(db: Connection, session_id: int) -> datetime | None:
    return await db.fetchval("SELECT proved_at FROM session WHERE id = $1", session_id)


async def session_proved(tx: Connection, session_id: int, now: datetime) -> None:
    await tx.execute("UPDATE session SET proved_at = $2 WHERE id = $1", session_id, now)
