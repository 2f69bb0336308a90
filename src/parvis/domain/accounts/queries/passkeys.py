"""SQL of passkeys."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.infra.postgres import Connection, Row


async def challenge_spent(tx: Connection, challenge_hash: bytes, expires_at: datetime) -> bool:
    """Whether this is the first answer to it."""
    return (
        await tx.fetchval(
            """
            INSERT INTO spent_challenge (hash, expires_at)
            VALUES ($1, $2)
                ON CONFLICT DO NOTHING
            RETURNING true
            """,
            challenge_hash,
            expires_at,
        )
        is not None
    )


async def new_passkey(
    tx: Connection,
    account_id: AccountId,
    passkey_id: int,
    *,
    credential_id: bytes,
    public_key: bytes,
    counter: int,
    name: str,
    now: datetime,
) -> bool:
    """Whether it is stored; a credential belongs to one account."""
    done = await tx.execute(
        """
        INSERT INTO passkey (account_id, id, credential_id, public_key, counter, name, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING
        """,
        account_id,
        passkey_id,
        credential_id,
        public_key,
        counter,
        name,
        now,
    )
    return done == "INSERT 0 1"


async def passkeys_of(db: Connection, account_id: AccountId) -> list[Row]:
    """id, credential_id, name, created_at, last_used_at; the oldest first."""
    return await db.fetch(
        """
        SELECT id, credential_id, name, created_at, last_used_at
          FROM passkey
         WHERE account_id = $1
         ORDER BY created_at, id
        """,
        account_id,
    )


async def passkey_by_credential(db: Connection, credential_id: bytes) -> Row | None:
    """account_id, id, public_key, counter of the passkey, and the state of its account."""
    return await db.fetchrow(
        """
        SELECT p.account_id, p.id, p.public_key, p.counter, a.state
          FROM passkey p
          JOIN account a ON a.id = p.account_id
         WHERE p.credential_id = $1
        """,
        credential_id,
    )


async def passkey_used(tx: Connection, account_id: AccountId, passkey_id: int, counter: int, now: datetime) -> bool:
    """Whether it was there, and had not counted further than that."""
    done = await tx.execute(
        """
        UPDATE passkey
           SET counter = $3, last_used_at = $4
         WHERE account_id = $1
           AND id = $2
           AND (counter < $3 OR (counter = 0 AND $3 = 0))
        """,
        account_id,
        passkey_id,
        counter,
        now,
    )
    return done == "UPDATE 1"


async def passkey_deleted(tx: Connection, account_id: AccountId, passkey_id: int) -> bool:
    """Whether it was there."""
    done = await tx.execute("DELETE FROM passkey WHERE account_id = $1 AND id = $2", account_id, passkey_id)
    return done != "DELETE 0"


async def can_sign_in(db: Connection, account_id: AccountId) -> bool:
    """Whether there is a password or a passkey."""
    return bool(
        await db.fetchval(
            """
            SELECT EXISTS (SELECT FROM login WHERE account_id = $1 AND password_hash IS NOT NULL)
                OR EXISTS (SELECT FROM passkey WHERE account_id = $1)
            """,
            account_id,
        )
    )


async def has_password(db: Connection, account_id: AccountId) -> bool:
    return bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM login WHERE account_id = $1 AND password_hash IS NOT NULL)", account_id
        )
    )


async def old_challenges_forgotten(tx: Connection, now: datetime) -> None:
    await tx.execute("DELETE FROM spent_challenge WHERE expires_at < $1", now)
