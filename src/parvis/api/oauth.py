"""OAuth: registering apps, tokens for codes and for apps themselves, revoking. The consent page is the HTML door's."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from parvis.api.authorising import bearer_token
from parvis.api.entities.addresses import addresses
from parvis.api.entities.application import (
    Application,
    CredentialApplication,
    Token,
    present_application,
    present_credentials,
    present_token,
)
from parvis.api.routing import Call, Reply, endpoint
from parvis.base.ids import AppId
from parvis.domain import accounts
from parvis.domain.accounts import OAuthProblem
from parvis.infra import vapid
from parvis.infra.doors import ENTRANCE
from parvis.infra.rate_limits import APPS

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
BODY_BYTES = 64 * 1024

_STATUS = {"invalid_client": 401, "unauthorized_client": 403}
_SECRETS = frozenset({"client_secret", "code", "code_verifier", "token", "access_token", "password", "refresh_token"})


class NewApp(msgspec.Struct, frozen=True):
    client_name: str = ""
    redirect_uris: str | list[str] = ""
    scopes: str | list[str] = ""
    website: str | None = None


class TokenRequest(msgspec.Struct, frozen=True):
    grant_type: str = ""
    client_id: str | None = None
    client_secret: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    scope: str | list[str] | None = None


class Revocation(msgspec.Struct, frozen=True):
    token: str = ""
    client_id: str | None = None
    client_secret: str | None = None


class UserInfo(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    name: str
    preferred_username: str
    profile: str
    picture: str


class TokenInfoApplication(msgspec.Struct, frozen=True):
    uid: str


class TokenInfo(msgspec.Struct, frozen=True):
    resource_owner_id: str | None
    scope: list[str]
    expires_in: None
    application: TokenInfoApplication
    created_at: int


Handler = Callable[[Call[Any]], Awaitable[object]]


def in_oauth_words(handler: Handler) -> Handler:
    """The handler, whose refusals are told as RFC 6749 wants them; secrets in an address are refused (case B4)."""

    @wraps(handler)
    async def answer(call: Call[Any]) -> object:
        try:
            if _SECRETS.intersection(call.request.query_params):
                raise OAuthProblem("invalid_request", "Secrets and codes must not be sent in the address.")
            return await handler(call)
        except OAuthProblem as problem:
            return refusal(problem)

    return answer


def refusal(problem: OAuthProblem) -> Reply:
    """`{error, error_description}` with the status that RFC 6749 gives the word."""
    status = _STATUS.get(problem.code, 400)
    headers = NO_STORE | ({"WWW-Authenticate": 'Basic realm="Parvis"'} if status == 401 else {})
    return Reply({"error": problem.code, "error_description": problem.message}, status, headers)


def words(value: str | list[str] | None) -> str:
    """A list that came as one text or as several."""
    return " ".join(value) if isinstance(value, list) else value or ""


def client_of(call: Call[Any]) -> tuple[str | None, str | None]:
    """The client's name and secret: from the body, or from HTTP Basic."""
    params = call.params
    if params.client_id is not None:
        return params.client_id, params.client_secret
    kind, _, encoded = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None, None
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    return unquote_plus(name), unquote_plus(secret)


@endpoint(
    "POST",
    "/api/v1/apps",
    urgency=ENTRANCE,
    params=NewApp,
    returns=CredentialApplication,
    limit=APPS,
    body_bytes=BODY_BYTES,
)
async def register(call: Call[NewApp]) -> CredentialApplication:
    """Register an app; its secret is shown this once."""
    wanted = call.params
    uris = wanted.redirect_uris if isinstance(wanted.redirect_uris, list) else wanted.redirect_uris.split()
    app, secret = await accounts.register_app(
        call.db,
        call.services.ids,
        name=wanted.client_name,
        redirect_uris=[uri for one in uris for uri in one.split("\n") if uri],
        scopes_text=words(wanted.scopes),
        website=wanted.website,
        now=call.now,
    )
    return present_credentials(app, secret, vapid.public_key(call.services.secrets))


@endpoint("GET", "/api/v1/apps/verify_credentials", app=True, returns=Application)
async def verify(call: Call) -> Application:
    """The app behind the token."""
    assert call.viewer is not None
    app = await accounts.app_by_id(call.db, AppId(call.viewer.app_id or 0))
    return present_application(app, vapid.public_key(call.services.secrets))


@endpoint(
    "POST", "/oauth/token", urgency=ENTRANCE, params=TokenRequest, returns=Token, connects=False, body_bytes=BODY_BYTES
)
@in_oauth_words
async def token(call: Call[TokenRequest]) -> Reply:
    """Exchange a code, or an app's own secret, for a token."""
    wanted, (client_id, client_secret) = call.params, client_of(call)
    if wanted.grant_type == "authorization_code":
        grant = await accounts.exchange_code(
            call.services,
            client_id=client_id,
            client_secret=client_secret,
            code=wanted.code,
            redirect_uri=wanted.redirect_uri,
            code_verifier=wanted.code_verifier,
            now=call.now,
        )
    elif wanted.grant_type == "client_credentials":
        async with call.services.db.transaction() as tx:
            grant = await accounts.client_token(
                tx,
                call.services.ids,
                client_id=client_id,
                client_secret=client_secret,
                scope=words(wanted.scope),
                now=call.now,
            )
    elif not wanted.grant_type:
        raise OAuthProblem("invalid_request", "Missing required parameter: grant_type.")
    else:
        raise OAuthProblem(
            "unsupported_grant_type", "The authorization grant type is not supported by the authorization server."
        )
    return Reply(present_token(grant), headers=NO_STORE)


@endpoint("POST", "/oauth/revoke", urgency=ENTRANCE, params=Revocation, connects=False, body_bytes=BODY_BYTES)
@in_oauth_words
async def revoke(call: Call[Revocation]) -> Reply:
    """Take a token back; one that is not known is no error."""
    client_id, client_secret = client_of(call)
    async with call.services.db.transaction() as tx:
        await accounts.revoke_token(tx, client_id=client_id, client_secret=client_secret, token=call.params.token)
    return Reply({}, headers=NO_STORE)


@endpoint("GET", "/oauth/token/info", app=True, returns=TokenInfo)
async def token_info(call: Call) -> TokenInfo:
    """What the token may do, and whose it is."""
    viewer = call.viewer
    assert viewer is not None
    grant = await accounts.grant_of_token(call.db, bearer_token(call.request) or "")
    app = await accounts.app_by_id(call.db, AppId(viewer.app_id or 0))
    return TokenInfo(
        resource_owner_id=str(viewer.account_id) if viewer.account_id else None,
        scope=list(grant.scopes),
        expires_in=None,
        application=TokenInfoApplication(app.client_id),
        created_at=int(grant.created_at.timestamp()),
    )


@endpoint("GET", "/oauth/userinfo", user=True, scopes=("profile",), returns=UserInfo)
@endpoint("POST", "/oauth/userinfo", user=True, scopes=("profile",), returns=UserInfo, writes=False, waiting=True)
async def userinfo(call: Call) -> UserInfo:
    """Who the token's account is, in the words of OpenID."""
    person, to = await accounts.by_id(call.db, call.me), addresses(call.services)
    profile = to.profile(person.acct)
    return UserInfo(
        iss=to.origin + "/",
        sub=profile,
        name=person.name,
        preferred_username=person.handle,
        profile=profile,
        picture=to.picture(person.avatar_key, "avatars"),
    )
