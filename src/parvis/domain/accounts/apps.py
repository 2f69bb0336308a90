"""Apps that act for people: registration, consent, codes, tokens (RFC 6749 and 7636, without refresh)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from parvis.base.errors import Invalid, NotFound, Problem
from parvis.base.events import TokenRevoked
from parvis.base.ids import AccountId, AppId, IdSource
from parvis.domain.accounts import rules, scopes
from parvis.domain.accounts.keys import challenge_of, digest, equals, new_key
from parvis.domain.accounts.queries import apps as queries
from parvis.domain.accounts.types import App, Authorization, AuthorizedApp, Grant, Viewer
from parvis.infra import events
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


class OAuthProblem(Problem):
    """The app's request cannot be granted. `code` is one of RFC 6749's words.

    `redirect_uri` is set when the app itself may be told, because that address was proved to be its own.
    """

    def __init__(self, code: str, message: str, redirect_uri: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.redirect_uri = redirect_uri


# ── registration ──


async def register_app(
    tx: Connection,
    ids: IdSource,
    *,
    name: str,
    redirect_uris: Sequence[str],
    scopes_text: str | None = None,
    website: str | None = None,
    now: datetime,
) -> tuple[App, str]:
    """The app is known; with its secret, which is stored nowhere.

    Raises: Invalid.
    """
    wanted = scopes.parse(scopes_text) or scopes.DEFAULT
    if not scopes.are_known(wanted):
        raise Invalid("scopes", "Scopes doesn't match configured on the server.", "invalid")
    uris = list(dict.fromkeys(rules.check_redirect_uri(uri) for uri in redirect_uris))
    if not uris:
        raise Invalid("redirect_uri", "Redirect URI can't be blank", "blank")
    if len(uris) > rules.MOST_REDIRECT_URIS:
        raise Invalid(
            "redirect_uri", f"At most {rules.MOST_REDIRECT_URIS} redirect URIs fit an application", "too_many"
        )
    app = App(
        id=AppId(ids.next()),
        client_id=new_key(),
        name=rules.check_app_name(name),
        website=rules.check_website(website),
        redirect_uris=uris,
        scopes=list(wanted),
        created_at=now,
    )
    secret = new_key()
    await queries.new_app(tx, app, digest(secret))
    return app, secret


async def app_by_client_id(db: Connection, client_id: str) -> App | None:
    """The app that calls itself that."""
    found = await queries.app_and_secret(db, client_id)
    return found[0] if found else None


async def app_by_id(db: Connection, app_id: AppId) -> App:
    """Raises: NotFound."""
    app = await queries.app_by_id(db, app_id)
    if app is None:
        raise NotFound
    return app


async def authenticate_app(db: Connection, client_id: str | None, client_secret: str | None) -> App:
    """The app whose name and secret these are.

    Raises: OAuthProblem (`invalid_client`), the same for either being wrong.
    """
    found = await queries.app_and_secret(db, client_id or "")
    stored = found[1] if found else digest("")
    if not equals(stored, digest(client_secret or "\0")) or found is None:
        raise OAuthProblem("invalid_client", "Client authentication failed: unknown client or wrong secret.")
    return found[0]


# ── consent ──


async def check_authorization(
    db: Connection,
    *,
    client_id: str,
    redirect_uri: str,
    response_type: str,
    scope: str | None = None,
    code_challenge: str | None = None,
    code_challenge_method: str | None = None,
) -> Authorization:
    """What the consent page may offer to grant.

    Raises: OAuthProblem; with its `redirect_uri` set only once the address was found, character by character, among
    the app's own (case B1). Without it the page says what is wrong and sends nobody anywhere.
    """
    app = await app_by_client_id(db, client_id)
    if app is None:
        raise OAuthProblem("invalid_client", "Client authentication failed: unknown client.")
    if redirect_uri not in app.redirect_uris:
        raise OAuthProblem("invalid_request", "The redirect URI is not one that this application registered.")
    problem = _problem_of(app, response_type, scopes.parse(scope), code_challenge, code_challenge_method)
    if problem is not None:
        raise OAuthProblem(*problem, redirect_uri=redirect_uri)
    return Authorization(app, redirect_uri, scopes.parse(scope) or scopes.DEFAULT, code_challenge or None)


def _problem_of(
    app: App, response_type: str, wanted: Sequence[str], challenge: str | None, method: str | None
) -> tuple[str, str] | None:
    if response_type != "code":
        return "unsupported_response_type", "Only the response type `code` is supported."
    if not _are_within(wanted or scopes.DEFAULT, app.scopes):
        return "invalid_scope", "The requested scope is invalid, unknown, or malformed."
    if (challenge or method) and (method != "S256" or not rules.is_challenge(challenge or "")):
        # Without a method RFC 7636 means `plain`, which protects from nothing (case B2).
        return "invalid_request", "The code challenge method must be S256."
    return None


def _are_within(wanted: Sequence[str], held: Sequence[str]) -> bool:
    return scopes.are_known(wanted) and all(scopes.covers(frozenset(held), one) for one in wanted)


async def grant_code(tx: Connection, account_id: AccountId, *, authorization: Authorization, now: datetime) -> str:
    """A code that the app may exchange for a token, once, within ten minutes."""
    code = new_key()
    await queries.new_code(
        tx,
        digest(code),
        authorization.app.id,
        account_id,
        redirect_uri=authorization.redirect_uri,
        scopes=authorization.scopes,
        code_challenge=authorization.code_challenge,
        now=now,
        expires_at=now + rules.CODE_LIFETIME,
    )
    return code


def redirect_target(redirect_uri: str, **answers: str | None) -> str:
    """The app's address with the answer added to its query; what is None or empty is left out."""
    parts = urlsplit(redirect_uri)
    added = urlencode({name: value for name, value in answers.items() if value})
    query = f"{parts.query}&{added}" if parts.query else added
    rebuilt = urlunsplit(parts._replace(query=query))
    # urlunsplit drops the empty authority of `app://?…`; an app compares what it gets with what it registered.
    if "://" in redirect_uri and "://" not in rebuilt:
        rebuilt = rebuilt.replace(":", "://", 1)
    return rebuilt


# ── tokens ──


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
    wanted = scopes.parse(scope) or scopes.DEFAULT
    if not _are_within(wanted, app.scopes):
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
