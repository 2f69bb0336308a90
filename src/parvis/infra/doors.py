"""What every door declares of a route: who may come in. A test walks all routes and fails those without a policy."""

from __future__ import annotations

from typing import Literal

import msgspec

Audience = Literal["public", "app", "user", "session", "moderator", "owner"]


class Policy(msgspec.Struct, frozen=True):
    """Who may call a route.

    `public`: anybody, with or without a token. `app`: any valid token. `user`: a token of an account.
    `session`: a signed-in browser. `moderator`, `owner`: a signed-in browser of that role.
    `scopes`: one of them must be held, when a token is sent at all.
    `waiting`: accounts that have not confirmed their address may come in too.
    """

    audience: Audience
    scopes: tuple[str, ...] = ()
    waiting: bool = False
