"""Tokens that apps hold: for codes, for themselves, and their end (RFC 6749 and 7009; none ever expires)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import NotFound
from parvis.base.events import TokenRevoked
from parvis.base.ids import AccountId, AppId, IdSource
from parvis.domain.accounts import rules
from parvis.domain.accounts import scopes as words
from parvis.domain.accounts.apps import OAuthProblem, are_within, authenticate_app
from parvis.domain.accounts.keys import challenge_of, digest, equals, new_key
from parvis.domain.accounts.queries import apps as queries
from parvis.domain.accounts.types import AuthorizedApp, Grant, Viewer
from parvis.infra import events
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


async def exchange_code(
    services: Services,
    *,
    client_id: str | None,
    client_secret: str | None,
    code: str | None,
    redirect_uri: str | None,
    code_verifier: str | None,
    now: datetime,
) -> Grant:
    """The code has become a token. A code that comes twice revokes what it was exchanged for (case B2).

    Raises: OAuthProblem (`invalid_client`, `invalid_grant`).
    """
    refused = OAuthProblem(
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in "
        "the authorization request, or was issued to another client.",
    )
    code_hash = digest(code or "")
    async with services.db.transaction() as tx:
        app = await authenticate_app(tx, client_id, client_secret)
        used = await queries.code_used(tx, code_hash, app.id, now)
        if used is not None:
            if used["redirect_uri"] != redirect_uri or not _verifies(used["code_challenge"], code_verifier):
                raise refused
            return await _new_grant(tx, services.ids, app.id, used["account_id"], used["scopes"], code_hash, now)
        if await queries.code_was_used(tx, code_hash, app.id):
            # This is committed, and only then the caller hears no.
            revoked = await queries.tokens_of_code_deleted(tx, code_hash)
            await events.record(tx, *(TokenRevoked(row["id"], row["account_id"]) for row in revoked))
    raise refused


def _verifies(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return True
    if verifier is None or rules.VERIFIER.fullmatch(verifier) is None:
        return False
    return equals(challenge_of(verifier).encode(), challenge.encode())


async def client_token(
    tx: Connection,
    ids: IdSource,
    *,
    client_id: str | None,
    client_secret: str | None,
    scope: str | None = None,
    now: datetime,
) -> Grant:
    """A token of the app itself, behind which nobody stands.

    Raises: OAuthProblem (`invalid_client`, `invalid_scope`).
    """
    app = await authenticate_app(tx, client_id, client_secret)
    wanted = words.parse(scope) or words.DEFAULT
    if not are_within(wanted, app.scopes):
        raise OAuthProblem("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    return await _new_grant(tx, ids, app.id, None, wanted, None, now)


async def create_token(
    tx: Connection,
    ids: IdSource,
    account_id: AccountId,
    *,
    app_id: AppId,
    scopes: Sequence[str],
    now: datetime,
) -> str:
    """A token of that account for that app; for people who proved themselves another way than by consent."""
    return (await _new_grant(tx, ids, app_id, account_id, scopes, None, now)).token


async def create_waiting_token(
    tx: Connection, ids: IdSource, receipt_id: int, *, app_id: AppId, scopes: Sequence[str], now: datetime
) -> str:
    """A token for whoever waits with that receipt. It opens nothing until `bind_tokens` makes it an account's."""
    token = new_key()
    await queries.new_waiting_token(tx, digest(token), ids.next(), app_id, receipt_id, scopes=scopes, now=now)
    return token


async def receipt_of_token(db: Connection, token: str) -> int | None:
    """The receipt that the token waits with; None for every other token."""
    return await queries.receipt_of_token(db, digest(token))


async def bind_tokens(tx: Connection, receipt_id: int, account_id: AccountId) -> None:
    """The tokens that waited with the receipt are that account's."""
    await queries.tokens_bound(tx, receipt_id, account_id)


async def _new_grant(
    tx: Connection,
    ids: IdSource,
    app_id: AppId,
    account_id: AccountId | None,
    wanted: Sequence[str],
    code_hash: bytes | None,
    now: datetime,
) -> Grant:
    token = new_key()
    await queries.new_token(
        tx, digest(token), ids.next(), app_id, account_id, scopes=wanted, code_hash=code_hash, now=now
    )
    return Grant(token=token, scopes=tuple(wanted), created_at=now, account_id=account_id)


async def viewer_of_token(db: Connection, token: str, *, now: datetime) -> Viewer | None:
    """Who is behind the token. One query; once an hour a second one notes that the token is in use."""
    token_hash = digest(token)
    found = await queries.viewer_by_token(db, token_hash)
    if found is None:
        return None
    viewer, last_used_at = found
    if last_used_at is None or now - last_used_at > rules.SEEN_EVERY:
        await queries.token_used(db, token_hash, now)
    return viewer


async def grant_of_token(db: Connection, token: str) -> Grant:
    """What that token may do, and since when.

    Raises: NotFound.
    """
    row = await queries.token_owner(db, digest(token))
    if row is None:
        raise NotFound
    return Grant(token=token, scopes=tuple(row["scopes"]), created_at=row["created_at"], account_id=row["account_id"])


async def revoke_token(tx: Connection, *, client_id: str | None, client_secret: str | None, token: str) -> None:
    """The token works no more; one that never did is no error.

    Raises: OAuthProblem (`invalid_client`; `unauthorized_client` for another app's token).
    """
    app = await authenticate_app(tx, client_id, client_secret)
    row = await queries.token_owner(tx, digest(token))
    if row is None:
        return
    if row["app_id"] != app.id:
        raise OAuthProblem("unauthorized_client", "You are not authorized to revoke this token")
    await _drop(tx, row["id"], row["account_id"])


async def authorized_apps(db: Connection, account_id: AccountId) -> list[AuthorizedApp]:
    """The programs that act for this account, newest first."""
    return await queries.authorized_apps(db, account_id)


async def end_token(tx: Connection, account_id: AccountId, token_id: int) -> None:
    """The account has taken that token back.

    Raises: NotFound when it has no such token.
    """
    if not await _drop(tx, token_id, account_id):
        raise NotFound


async def _drop(tx: Connection, token_id: int, account_id: AccountId | None) -> bool:
    gone = await queries.token_deleted(tx, token_id, account_id)
    if gone and account_id is not None:
        await events.record(tx, TokenRevoked(token_id, account_id))
    return gone
