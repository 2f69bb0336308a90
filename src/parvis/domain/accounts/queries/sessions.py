"""Sessions, by the SHA-256 of their keys; the keys themselves are stored nowhere."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId
from parvis.domain.accounts.types import Role, Session, State, Viewer
from parvis.infra.postgres import Connection, Row


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
) -> bool:
    """Whether the account is frozen or suspended."""
    barred = await tx.fetchval(
        """
        INSERT INTO session (token_hash, id, account_id, created_at, last_seen_at, proved_at, expires_at, user_agent,
                             address)
        VALUES ($1, $2, $3, $4, $4, $4, $5, $6, $7)
        RETURNING (SELECT a.frozen OR a.state >= 2 FROM account a WHERE a.id = $3)
        """,
        token_hash,
        session_id,
        account_id,
        now,
        expires_at,
        user_agent,
        address,
    )
    return bool(barred)


async def viewer_by_session(db: Connection, token_hash: bytes, now: datetime) -> tuple[Viewer, datetime] | None:
    """Who is behind a living session, and when it was last seen."""
    row = await db.fetchrow(
        """
        SELECT s.id AS session_id, s.last_seen_at, a.id, a.handle, a.display_name, a.avatar_key, a.state, a.frozen, l.role,
               l.confirmed_at, l.locale, l.theme, l.default_visibility, l.default_sensitive, l.default_language,
               l.default_quote_policy, l.default_reply_policy
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
        frozen=row["frozen"],
        locale=row["locale"],
        theme=row["theme"],
        display_name=row["display_name"],
        avatar_key=row["avatar_key"],
        session_id=row["session_id"],
        default_visibility=row["default_visibility"],
        default_sensitive=row["default_sensitive"],
        default_language=row["default_language"],
        default_quote_policy=row["default_quote_policy"],
        default_reply_policy=row["default_reply_policy"],
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


async def push_token_kept(tx: Connection, session_id: int, token_id: int) -> int | None:
    """The session's messages come by that token; the one by which they came before."""
    return await tx.fetchval(
        """
        UPDATE session s
           SET push_token_id = $2
          FROM session o
         WHERE o.id = $1
           AND s.token_hash = o.token_hash
        RETURNING o.push_token_id
        """,
        session_id,
        token_id,
    )


async def push_tokens(db: Connection, account_id: AccountId) -> list[int]:
    """Ids of the account's tokens that are good for messages alone: those of its browsers."""
    rows = await db.fetch("SELECT id FROM oauth_token WHERE account_id = $1 AND scopes = '{push}'", account_id)
    return [row["id"] for row in rows]


async def session_ended(tx: Connection, account_id: AccountId, session_id: int) -> Row | None:
    """id, account_id, push_token_id of that session, if there was one of that account."""
    return await tx.fetchrow(
        "DELETE FROM session WHERE id = $1 AND account_id = $2 RETURNING id, account_id, push_token_id",
        session_id,
        account_id,
    )


async def session_ended_by_token(tx: Connection, token_hash: bytes) -> Row | None:
    """id, account_id, push_token_id of the session that was ended."""
    return await tx.fetchrow(
        "DELETE FROM session WHERE token_hash = $1 RETURNING id, account_id, push_token_id", token_hash
    )


async def expired_deleted(tx: Connection, now: datetime) -> list[Row]:
    """id, account_id of the tokens for messages that were gone with sessions which have run out."""
    return await tx.fetch(
        """
        WITH gone AS (
            DELETE FROM session WHERE expires_at < $1 RETURNING account_id, push_token_id
        )
        DELETE FROM oauth_token t
         USING gone
         WHERE t.id = gone.push_token_id
           AND t.account_id = gone.account_id
        RETURNING t.id, t.account_id
        """,
        now,
    )


async def sessions_ended(tx: Connection, account_id: AccountId, but: int | None) -> list[int]:
    """Ids of the account's sessions that were ended: all, but one."""
    rows = await tx.fetch(
        "DELETE FROM session WHERE account_id = $1 AND id IS DISTINCT FROM $2::bigint RETURNING id", account_id, but
    )
    return [row["id"] for row in rows]
