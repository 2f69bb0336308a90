"""Registered apps, their authorization codes and tokens, all by SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.ids import AccountId, AppId
from parvis.domain.accounts.types import App, AuthorizedApp, Role, State, Viewer
from parvis.infra.postgres import Connection, Row


async def new_app(tx: Connection, app: App, secret_hash: bytes) -> None:
    await tx.execute(
        """
        INSERT INTO oauth_app (id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        app.id,
        app.client_id,
        secret_hash,
        app.name,
        app.website,
        app.redirect_uris,
        app.scopes,
        app.created_at,
    )


async def app_and_secret(db: Connection, client_id: str) -> tuple[App, bytes] | None:
    """The app and the hash of its secret."""
    row = await db.fetchrow(
        """
        SELECT id, client_id, secret_hash, name, website, redirect_uris, scopes, created_at
          FROM oauth_app
         WHERE client_id = $1
        """,
        client_id,
    )
    return (_app(row), row["secret_hash"]) if row else None


async def app_by_id(db: Connection, app_id: AppId) -> App | None:
    row = await db.fetchrow(
        "SELECT id, client_id, name, website, redirect_uris, scopes, created_at FROM oauth_app WHERE id = $1", app_id
    )
    return _app(row) if row else None


def _app(row: Row) -> App:
    return App(
        id=row["id"],
        client_id=row["client_id"],
        name=row["name"],
        website=row["website"],
        redirect_uris=row["redirect_uris"],
        scopes=row["scopes"],
        created_at=row["created_at"],
    )


# ── codes ──


async def new_code(
    tx: Connection,
    code_hash: bytes,
    app_id: AppId,
    account_id: AccountId,
    *,
    redirect_uri: str,
    scopes: Sequence[str],
    code_challenge: str | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO oauth_code (code_hash, app_id, account_id, redirect_uri, scopes, code_challenge, created_at,
                                expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        code_hash,
        app_id,
        account_id,
        redirect_uri,
        list(scopes),
        code_challenge,
        now,
        expires_at,
    )


async def code_used(tx: Connection, code_hash: bytes, app_id: AppId, now: datetime) -> Row | None:
    """The code, for the one caller who used it first; None when it is unknown, used, expired or another app's."""
    return await tx.fetchrow(
        """
        UPDATE oauth_code c
           SET used_at = $3
          FROM account a
         WHERE c.code_hash = $1
           AND c.app_id = $2
           AND c.used_at IS NULL
           AND c.expires_at > $3
           AND a.id = c.account_id
           AND a.state < 2
           AND NOT a.frozen
        RETURNING c.account_id, c.redirect_uri, c.scopes, c.code_challenge
        """,
        code_hash,
        app_id,
        now,
    )


async def code_was_used(db: Connection, code_hash: bytes, app_id: AppId) -> bool:
    """Whether this is a second use of a code of that app."""
    return bool(
        await db.fetchval(
            "SELECT used_at IS NOT NULL FROM oauth_code WHERE code_hash = $1 AND app_id = $2", code_hash, app_id
        )
    )


async def codes_voided(tx: Connection, account_id: AccountId, now: datetime) -> None:
    """No code that was given out for the account can be exchanged any more."""
    await tx.execute(
        "UPDATE oauth_code SET expires_at = $2 WHERE account_id = $1 AND used_at IS NULL AND expires_at > $2",
        account_id,
        now,
    )


# ── tokens ──


async def new_token(
    tx: Connection,
    token_hash: bytes,
    token_id: int,
    app_id: AppId,
    account_id: AccountId | None,
    *,
    scopes: Sequence[str],
    code_hash: bytes | None,
    now: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO oauth_token (token_hash, id, app_id, account_id, scopes, code_hash, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        token_hash,
        token_id,
        app_id,
        account_id,
        list(scopes),
        code_hash,
        now,
    )


async def viewer_by_token(db: Connection, token_hash: bytes) -> tuple[Viewer, datetime | None] | None:
    """Who is behind a token, and when it was last used."""
    row = await db.fetchrow(
        """
        SELECT t.id AS token_id, t.scopes, t.last_used_at, p.id AS app_id, p.name AS app_name, p.website AS app_website,
               a.id, a.handle, a.display_name, a.avatar_key, a.state, a.frozen, l.role, l.confirmed_at, l.locale, l.theme,
               l.default_visibility, l.default_sensitive, l.default_language, l.default_quote_policy,
               l.default_reply_policy
          FROM oauth_token t
          JOIN oauth_app p ON p.id = t.app_id
          LEFT JOIN account a ON a.id = t.account_id
          LEFT JOIN login l ON l.account_id = t.account_id
         WHERE t.token_hash = $1
           AND t.receipt_id IS NULL
           AND (t.account_id IS NULL OR a.state < 3)
        """,
        token_hash,
    )
    return (_viewer(row), row["last_used_at"]) if row else None


def _viewer(row: Row) -> Viewer:
    if row["id"] is None:
        return Viewer(
            account_id=None,
            token_id=row["token_id"],
            app_id=row["app_id"],
            app_name=row["app_name"],
            app_website=row["app_website"],
            scopes=frozenset(row["scopes"]),
        )
    return Viewer(
        account_id=row["id"],
        handle=row["handle"],
        role=Role(row["role"] or 0),
        confirmed=row["confirmed_at"] is not None,
        state=State(row["state"]),
        frozen=row["frozen"],
        locale=row["locale"] or "en",
        theme=row["theme"] or "auto",
        display_name=row["display_name"],
        avatar_key=row["avatar_key"],
        token_id=row["token_id"],
        app_id=row["app_id"],
        app_name=row["app_name"],
        app_website=row["app_website"],
        scopes=frozenset(row["scopes"]),
        default_visibility=row["default_visibility"] or 0,
        default_sensitive=bool(row["default_sensitive"]),
        default_language=row["default_language"],
        default_quote_policy=row["default_quote_policy"] or 0,
        default_reply_policy=row["default_reply_policy"] or 0,
    )


async def new_waiting_token(
    tx: Connection,
    token_hash: bytes,
    token_id: int,
    app_id: AppId,
    receipt_id: int,
    *,
    scopes: Sequence[str],
    now: datetime,
) -> None:
    """A token that nobody is behind yet; it opens nothing until it is an account's."""
    await tx.execute(
        """
        INSERT INTO oauth_token (token_hash, id, app_id, receipt_id, scopes, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        token_hash,
        token_id,
        app_id,
        receipt_id,
        list(scopes),
        now,
    )


async def receipt_of_token(db: Connection, token_hash: bytes) -> int | None:
    return await db.fetchval("SELECT receipt_id FROM oauth_token WHERE token_hash = $1", token_hash)


async def tokens_bound(tx: Connection, receipt_id: int, account_id: AccountId) -> None:
    await tx.execute(
        "UPDATE oauth_token SET account_id = $2, receipt_id = NULL WHERE receipt_id = $1", receipt_id, account_id
    )


async def token_used(db: Connection, token_hash: bytes, now: datetime) -> None:
    await db.execute("UPDATE oauth_token SET last_used_at = $2 WHERE token_hash = $1", token_hash, now)


async def token_owner(db: Connection, token_hash: bytes) -> Row | None:
    """id, app_id, account_id, scopes, created_at of a token."""
    return await db.fetchrow(
        "SELECT id, app_id, account_id, scopes, created_at FROM oauth_token WHERE token_hash = $1", token_hash
    )


async def token_deleted(tx: Connection, token_id: int, account_id: AccountId | None) -> bool:
    """Whether the token was there, as that account's."""
    done = await tx.execute(
        "DELETE FROM oauth_token WHERE id = $1 AND account_id IS NOT DISTINCT FROM $2::bigint", token_id, account_id
    )
    return done != "DELETE 0"


async def tokens_of_code_deleted(tx: Connection, code_hash: bytes) -> list[Row]:
    """id and account_id of the tokens that came from the code."""
    return await tx.fetch("DELETE FROM oauth_token WHERE code_hash = $1 RETURNING id, account_id", code_hash)


async def tokens_of_account_deleted(tx: Connection, account_id: AccountId) -> list[int]:
    rows = await tx.fetch("DELETE FROM oauth_token WHERE account_id = $1 RETURNING id", account_id)
    return [row["id"] for row in rows]


async def authorized_apps(db: Connection, account_id: AccountId) -> list[AuthorizedApp]:
    """The account's tokens and their programs, newest first."""
    rows = await db.fetch(
        """
        SELECT t.id AS token_id, p.name, p.website, t.scopes, t.created_at, t.last_used_at
          FROM oauth_token t
          JOIN oauth_app p ON p.id = t.app_id
         WHERE t.account_id = $1
         ORDER BY t.id DESC
         LIMIT 200
        """,
        account_id,
    )
    return [AuthorizedApp(**row) for row in rows]
