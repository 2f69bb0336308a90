"""Logins: addresses, passwords, roles."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from parvis.base.ids import AccountId
from parvis.domain.accounts.types import Login, Role
from parvis.infra.postgres import Connection, Row


async def credentials(db: Connection, email_hash: bytes, handle: str) -> Row | None:
    """account_id, password_hash, state, second_factor (is there one?) of whoever signs in with that address or handle.

    A confirmed owner of the address comes first, then the newest account that still waits for its confirmation.
    One statement, whatever is found, so that its cost tells nothing (case A2).
    """
    return await db.fetchrow(
        """
        SELECT l.account_id, l.password_hash, a.state,
               EXISTS (SELECT FROM second_factor f
                        WHERE f.account_id = l.account_id AND f.confirmed_at IS NOT NULL) AS second_factor
          FROM login l
          JOIN account a ON a.id = l.account_id
         WHERE l.account_id = coalesce(
                   (SELECT e.account_id FROM login_email e WHERE e.email_hash = $1),
                   (SELECT w.account_id FROM login w
                     WHERE w.email_hash = $1 AND w.confirmed_at IS NULL
                     ORDER BY w.account_id DESC LIMIT 1),
                   (SELECT h.account_id FROM account_handle h WHERE h.handle = $2 AND h.domain = ''))
        """,
        email_hash,
        handle,
    )


async def login_of(db: Connection, account_id: AccountId) -> Login | None:
    """The private half of an account."""
    row = await db.fetchrow(
        """
        SELECT account_id, email, confirmed_at, role, locale, theme, default_visibility, default_sensitive,
               default_language, default_quote_policy, default_reply_policy, attribution_domains,
               password_hash IS NOT NULL AS has_password
          FROM login
         WHERE account_id = $1
        """,
        account_id,
    )
    if row is None:
        return None
    return Login(
        account_id=row["account_id"],
        email=row["email"],
        confirmed_at=row["confirmed_at"],
        role=Role(row["role"]),
        locale=row["locale"],
        theme=row["theme"],
        default_visibility=row["default_visibility"],
        default_sensitive=row["default_sensitive"],
        default_language=row["default_language"],
        default_quote_policy=row["default_quote_policy"],
        default_reply_policy=row["default_reply_policy"],
        attribution_domains=row["attribution_domains"],
        has_password=row["has_password"],
    )


async def password_hash_of(db: Connection, account_id: AccountId) -> str | None:
    return await db.fetchval("SELECT password_hash FROM login WHERE account_id = $1", account_id)


async def email_owner(db: Connection, email_hash: bytes) -> AccountId | None:
    """Who has confirmed that address."""
    return await db.fetchval("SELECT account_id FROM login_email WHERE email_hash = $1", email_hash)


async def email_claimed(tx: Connection, email_hash: bytes, account_id: AccountId) -> bool:
    """Whether the address belongs to that account now; False when another one confirmed it first."""
    owner = await tx.fetchval(
        """
        INSERT INTO login_email AS e (email_hash, account_id)
        VALUES ($1, $2)
            ON CONFLICT (email_hash) DO UPDATE SET account_id = e.account_id
        RETURNING account_id
        """,
        email_hash,
        account_id,
    )
    return owner == account_id


async def confirmed(tx: Connection, account_id: AccountId, now: datetime) -> None:
    """The account's address counts as confirmed."""
    await tx.execute(
        "UPDATE login SET confirmed_at = coalesce(confirmed_at, $2) WHERE account_id = $1", account_id, now
    )


async def password_changed(tx: Connection, account_id: AccountId, password_hash: str, now: datetime) -> None:
    await tx.execute(
        "UPDATE login SET password_hash = $2, password_changed_at = $3 WHERE account_id = $1",
        account_id,
        password_hash,
        now,
    )


async def first_password_set(tx: Connection, account_id: AccountId, password_hash: str, now: datetime) -> bool:
    """Whether there was none before."""
    return bool(
        await tx.fetchval(
            """
            UPDATE login
               SET password_hash = $2, password_changed_at = $3
             WHERE account_id = $1
               AND password_hash IS NULL
            RETURNING true
            """,
            account_id,
            password_hash,
            now,
        )
    )


async def role_changed(tx: Connection, account_id: AccountId, role: Role) -> bool:
    """Whether there was a login that can have a role. The role is shown with the account, so that is a new version."""
    changed = await tx.fetchval(
        """
        WITH changed AS (
            UPDATE login SET role = $2 WHERE account_id = $1 RETURNING account_id
        )
        UPDATE account SET version = version + 1
         WHERE id IN (SELECT account_id FROM changed)
        RETURNING true
        """,
        account_id,
        int(role),
    )
    return bool(changed)


async def has_owner(db: Connection) -> bool:
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM login WHERE role = 2)"))


async def owners_locked(tx: Connection) -> list[AccountId]:
    """Who owns this place; until the transaction ends nobody stops to."""
    rows = await tx.fetch("SELECT account_id FROM login WHERE role = 2 ORDER BY account_id FOR UPDATE")
    return [AccountId(row["account_id"]) for row in rows]


async def staff_ids(db: Connection) -> list[AccountId]:
    """Whoever has a role: owners first, each rank in the order in which they came."""
    rows = await db.fetch("SELECT account_id FROM login WHERE role > 0 ORDER BY role DESC, account_id")
    return [AccountId(row["account_id"]) for row in rows]


async def roles_locked(tx: Connection, ids: Collection[AccountId]) -> dict[AccountId, Role]:
    """The roles of those of them who can sign in; until the transaction ends neither these nor any owner's change."""
    rows = await tx.fetch(
        """
        SELECT account_id, role
          FROM login
         WHERE account_id = ANY ($1::bigint[])
            OR role = 2
         ORDER BY account_id
           FOR UPDATE
        """,
        list(ids),
    )
    return {AccountId(row["account_id"]): Role(row["role"]) for row in rows if row["account_id"] in ids}


async def login_deleted(tx: Connection, account_id: AccountId) -> None:
    """Nobody signs in with the account, and its address can be used for another."""
    await tx.execute(
        """
        WITH freed AS (
            DELETE FROM login_email WHERE account_id = $1
        )
        DELETE FROM login WHERE account_id = $1
        """,
        account_id,
    )
