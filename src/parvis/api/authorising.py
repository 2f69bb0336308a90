"""Who may come in by a route: the token, whose it is, and what its scopes cover."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request

from parvis.base.errors import Forbidden, Invalid, Unauthenticated
from parvis.domain import accounts
from parvis.domain.accounts.types import Viewer
from parvis.infra.doors import Policy
from parvis.infra.postgres import Connection
from parvis.infra.requests import header


def bearer_token(request: Request[Any, Any, Any]) -> str | None:
    """The token of the Authorization header; nowhere else is one read from (case B4)."""
    kind, _, token = (header(request.scope, b"authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


async def authorise(policy: Policy, token: str | None, db: Connection, now: datetime) -> Viewer | None:
    """Who is asking, if the policy lets them in.

    Raises: Unauthenticated without a valid token where one is demanded; Forbidden without the scope, or while the
    address is unconfirmed; Invalid for an app's token on a user's route.
    """
    if token is None:
        if policy.audience == "public":
            return None
        raise Unauthenticated
    viewer = await accounts.viewer_of_token(db, token, now=now)
    if viewer is None:
        raise Unauthenticated
    check(policy, viewer)
    return viewer


def check(policy: Policy, viewer: Viewer) -> None:
    """The viewer may come in by this policy."""
    if policy.scopes and not any(holds(viewer.scopes, scope) for scope in policy.scopes):
        raise Forbidden("This action is outside the authorized scopes")
    if viewer.account_id is None:
        if policy.audience == "user":
            raise Invalid("token", "This method requires an authenticated user", "app_token")
        return
    if viewer.barred:
        raise Forbidden("Your login is currently disabled")
    if not viewer.confirmed and not policy.waiting and policy.audience == "user":
        raise Forbidden("Your login is missing a confirmed e-mail address")


_FOLLOW_SCOPE = frozenset(f"{verb}:{what}" for verb in ("read", "write") for what in ("blocks", "follows", "mutes"))


def holds(held: frozenset[str], wanted: str) -> bool:
    """Whether the held scopes cover the wanted one: a parent covers its children, `follow` six of them."""
    if wanted in held:
        return True
    if wanted in _FOLLOW_SCOPE and "follow" in held:
        return True
    parent = wanted.rpartition(":")[0]
    return bool(parent) and holds(held, parent)


class Remembered:
    """Whose a token is, for the tokens this process has seen lately. Good or not is proved at every use."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._viewers: dict[str, Viewer] = {}

    def viewer(self, token: str | None) -> Viewer | None:
        return self._viewers.get(token) if token is not None else None

    def keep(self, token: str | None, viewer: Viewer | None) -> None:
        if token is None or viewer is None or viewer.account_id is None:
            return
        if len(self._viewers) >= self._most:
            self._viewers.clear()
        self._viewers[token] = viewer

    def forget(self, token: str) -> None:
        self._viewers.pop(token, None)
