"""Who may open a stream: a token in the header, in the WebSocket's protocol, or, only here, in the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from parvis.base.clock import utc_now
from parvis.base.errors import Forbidden, Unauthenticated
from parvis.domain import accounts
from parvis.domain.accounts.types import Viewer
from parvis.infra.requests import header
from parvis.infra.services import Services


def parameters_of(scope: Any) -> dict[str, str]:
    """The query's parameters, the first of each name."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    return {name: values[0] for name, values in query.items()}


async def viewer_of(services: Services, scope: Any, parameters: dict[str, str]) -> Viewer:
    """Whose stream is opened.

    Raises: Unauthenticated without a valid token of an account; Forbidden for an account that may not act.
    """
    token = _bearer(scope) or next(iter(scope.get("subprotocols") or ()), "") or parameters.get("access_token", "")
    if not token:
        raise Unauthenticated
    async with services.db.connection() as db:
        viewer = await accounts.viewer_of_token(db, token, now=utc_now())
    if viewer is None or viewer.account_id is None or viewer.token_id is None:
        raise Unauthenticated
    if viewer.barred:
        raise Forbidden("Your login is currently disabled")
    return viewer


def _bearer(scope: Any) -> str:
    kind, _, token = (header(scope, b"authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
