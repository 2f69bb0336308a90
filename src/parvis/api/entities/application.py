"""Application and Token: the programs that act for people, and what they hold."""

from __future__ import annotations

import msgspec

from parvis.domain.accounts.types import App, Grant


class Application(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    website: str | None
    scopes: list[str]
    redirect_uris: list[str]
    redirect_uri: str
    vapid_key: str


class CredentialApplication(Application, frozen=True, kw_only=True):
    client_id: str
    client_secret: str
    client_secret_expires_at: int = 0


class Token(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind of token, not one
    scope: str
    created_at: int


def present_application(app: App, vapid_key: str) -> Application:
    """The app without its keys."""
    return Application(**_common(app, vapid_key))  # type: ignore[arg-type]


def present_credentials(app: App, secret: str, vapid_key: str) -> CredentialApplication:
    """The app with its keys, once, for the program that has just registered it."""
    return CredentialApplication(**_common(app, vapid_key), client_id=app.client_id, client_secret=secret)  # type: ignore[arg-type]


def _common(app: App, vapid_key: str) -> dict[str, object]:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uris": app.redirect_uris,
        "redirect_uri": "\n".join(app.redirect_uris),
        "vapid_key": vapid_key,
    }


def present_token(grant: Grant) -> Token:
    """The token as the app gets it."""
    return Token(access_token=grant.token, scope=" ".join(grant.scopes), created_at=int(grant.created_at.timestamp()))
