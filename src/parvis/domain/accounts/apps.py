"""Apps that act for people: registration, consent, codes (RFC 6749 and 7636). What codes become is `tokens`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode, urlsplit, urlunsplit

from parvis.base.errors import Invalid, NotFound, Problem
from parvis.base.ids import AccountId, AppId, IdSource
from parvis.domain.accounts import rules, scopes
from parvis.domain.accounts.keys import digest, equals, new_key
from parvis.domain.accounts.queries import apps as queries
from parvis.domain.accounts.types import App, Authorization
from parvis.infra.postgres import Connection


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
    if not are_within(wanted or scopes.DEFAULT, app.scopes):
        return "invalid_scope", "The requested scope is invalid, unknown, or malformed."
    if (challenge or method) and (method != "S256" or not rules.is_challenge(challenge or "")):
        # Without a method RFC 7636 means `plain`, which protects from nothing (case B2).
        return "invalid_request", "The code challenge method must be S256."
    return None


def are_within(wanted: Sequence[str], held: Sequence[str]) -> bool:
    """Whether the held scopes cover every wanted one."""
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
