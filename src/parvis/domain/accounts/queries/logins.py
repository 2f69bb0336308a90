"""Logins, sessions and one-time tokens. Tokens come as their SHA-256; the tokens themselves are stored nowhere."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.domain.accounts.types import Login, Role, Session, State, Viewer
from parvis.infra.postgres import Connection, Row


async def credentials(db: Connection, email_hash: bytes, handle: str) -> Row | None:
    """account_id, password_hash and state of whoever signs in with that address or handle.

    A confirmed owner of the address comes first, then the newest account that still waits for its confirmation.
    One statement, whatever is found, so that its cost tells nothing (case A2).
    """
    return await db.fetchrow(
        """
        SELECT l.account_id, l.password_hash, a.state
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
               default_language, password_hash IS NOT NULL AS has_password
          FROM login
         WHERE account_id = $1
        """,
        account_id,
    )
    return Login(**{**row, "role": Role(row["role"])}) if row else None


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


async def role_changed(tx: Connection, account_id: AccountId, role: Role) -> bool:
    """Whether there was a login that can have a role."""
    return await tx.execute("UPDATE login SET role = $2 WHERE account_id = $1", account_id, int(role)) == "UPDATE 1"


async def has_owner(db: Connection) -> bool:
    return bool(await db.fetchval("SELECT EXISTS (SELECT FROM login WHERE role = 2)"))


# ── sessions ──


async def new_session(
    tx: Connection,
    token_hash: bytes,
    session_id: int,
    account_id: AccountId,
    *,
    now: datetime,
    expires_at: datetime,
    user_agent: str,
    address: str,
) -> None:
    await tx.execute(
        """
        INSERT INTO session (token_hash, id, account_id, created_at, last_seen_at, expires_at, user_agent, address)
        VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
        """,
        token_hash,
        session_id,
        account_id,
        now,
        expires_at,
        user_agent,
        address,
    )


async def viewer_by_session(db: Connection, token_hash: bytes, now: datetime) -> tuple[Viewer, datetime] | None:
    """Who is behind a living session, and when it was last seen."""
    row = await db.fetchrow(
        """
        SELECT s.id AS session_id, s.last_seen_at, a.id, a.handle, a.display_name, a.avatar_key, a.state, l.role,
               l.confirmed_at, l.locale, l.theme, l.default_visibility, l.default_sensitive, l.default_language
          FROM session s
          JOIN account a ON a.id = s.account_id
          JOIN login l ON l.account_id = s.account_id
         WHERE s.token_hash = $1
           AND s.expires_at > $2
           AND a.state < 3
        """,
        token_hash,
        now,
    )
    if row is None:
        return None
    viewer = Viewer(
        account_id=row["id"],
        handle=row["handle"],
        role=Role(row["role"]),
        confirmed=row["confirmed_at"] is not None,
        state=State(row["state"]),
        locale=row["locale"],
        theme=row["theme"],
        display_name=row["display_name"],
        avatar_key=row["avatar_key"],
        session_id=row["session_id"],
        default_visibility=row["default_visibility"],
        default_sensitive=row["default_sensitive"],
        default_language=row["default_language"],
    )
    return viewer, row["last_seen_at"]


async def session_seen(db: Connection, token_hash: bytes, now: datetime, expires_at: datetime) -> None:
    await db.execute(
        "UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE token_hash = $1", token_hash, now, expires_at
    )


async def session_renamed(
    tx: Connection, old_hash: bytes, new_hash: bytes, session_id: int, now: datetime
) -> Row | None:
    """The living session under its new token and id; None when it is no more. Its old id comes along."""
    return await tx.fetchrow(
        """
        UPDATE session s
           SET token_hash = $2, id = $3
          FROM session o
         WHERE o.token_hash = $1
           AND s.token_hash = o.token_hash
           AND s.expires_at > $4
        RETURNING s.account_id, s.expires_at, o.id AS old_id
        """,
        old_hash,
        new_hash,
        session_id,
        now,
    )


async def sessions_of(db: Connection, account_id: AccountId, now: datetime) -> list[Session]:
    """Living sessions, last seen first."""
    rows = await db.fetch(
        """
        SELECT id, created_at, last_seen_at, expires_at, user_agent, address
          FROM session
         WHERE account_id = $1
           AND expires_at > $2
         ORDER BY last_seen_at DESC, id DESC
         LIMIT 200
        """,
        account_id,
        now,
    )
    return [Session(**row) for row in rows]


async def session_ended(tx: Connection, account_id: AccountId, session_id: int) -> bool:
    """Whether there was such a session of that account."""
    done = await tx.execute("DELETE FROM session WHERE id = $1 AND account_id = $2", session_id, account_id)
    return done != "DELETE 0"


async def session_ended_by_token(tx: Connection, token_hash: bytes) -> tuple[int, AccountId] | None:
    """Id and account of the session that was ended."""
    row = await tx.fetchrow("DELETE FROM session WHERE token_hash = $1 RETURNING id, account_id", token_hash)
    return (row["id"], row["account_id"]) if row else None


async def sessions_ended(tx: Connection, account_id: AccountId, but: int | None) -> list[int]:
    """Ids of the account's sessions that were ended: all, but one."""
    rows = await tx.fetch(
        "DELETE FROM session WHERE account_id = $1 AND id IS DISTINCT FROM $2::bigint RETURNING id", account_id, but
    )
    return [row["id"] for row in rows]


# ── one-time tokens ──


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
    await tx.execute("DELETE FROM session WHERE expires_at < $1", now)
    await tx.execute("DELETE FROM one_time_token WHERE expires_at < $1", long_ago)
    await tx.execute("DELETE FROM oauth_code WHERE expires_at < $1", long_ago)
