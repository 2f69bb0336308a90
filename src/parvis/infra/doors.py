"""What every door declares of a route: who may come in, and how urgent it is. Tests walk all routes and fail those that
leave it open."""

from __future__ import annotations

from typing import Literal

import msgspec

Audience = Literal["public", "app", "user", "session", "moderator", "owner"]
Urgency = Literal[0, 1, 2, 3]
Bulkhead = Literal["", "receipts", "hashing", "media", "files", "operators", "streams"]

# The classes of requests, most urgent first. Under load the last are refused first, the first never for load.
ENTRANCE: Urgency = 0  # sign-up, sign-in, tokens, tickets, health, operators
WRITING: Urgency = 1
READING: Urgency = 2  # by members; the same routes are BROWSING for strangers
BROWSING: Urgency = 3

# For how long strangers may be given what another stranger was given: what people write, and what hardly changes.
SHARED_S = 2.0
LONG_SHARED_S = 60.0


class Policy(msgspec.Struct, frozen=True):
    """Who may call a route, and how it is served under load.

    `public`: anybody, with or without a token. `app`: any valid token. `user`: a token of an account.
    `session`: a signed-in browser. `moderator`, `owner`: a signed-in browser of that role.
    `scopes`: one of them must be held, when a token is sent at all.
    `waiting`: accounts that have not confirmed their address may come in too.
    `barred`: those who are frozen or suspended may come in too.
    `urgency`: its class. A public route must name it; the others have one by what they are.
    `bulkhead`: the places of its own that it takes, instead of the common ones.
    `shared_s`: for how long an answer to a stranger may be given to other strangers; 0: not at all.
    """

    audience: Audience
    scopes: tuple[str, ...] = ()
    waiting: bool = False
    urgency: Urgency | None = None
    bulkhead: Bulkhead = ""
    shared_s: float = 0.0
    barred: bool = False


def urgency_of(policy: Policy, method: str) -> Urgency | None:
    """The class of a route; None for a public route that does not say."""
    if policy.urgency is not None:
        return policy.urgency
    if policy.audience == "public":
        return None
    if policy.audience in ("moderator", "owner"):
        return ENTRANCE
    return READING if method in ("GET", "HEAD") else WRITING
