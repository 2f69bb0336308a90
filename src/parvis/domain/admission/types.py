"""Receipts, tickets and places, as other rooms see them."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

import msgspec

from parvis.base.ids import AccountId


class State(IntEnum):
    """Where a receipt is; it is in exactly one state."""

    RECEIVED = 0
    ADMITTED = 1
    ENTERED = 2
    WITHDRAWN = 3
    EXPIRED = 4
    REFUSED = 5


class Lane(IntEnum):
    """By which way it gets in: in turn, or beside the line, which the log then shows."""

    ORDINARY = 0
    INVITED = 1
    OPERATOR = 2
    RETURNING = 3


class Kind(IntEnum):
    """What an entry of the public log says."""

    RECEIVED = 0
    ADMITTED = 1
    INVITED = 2
    OPERATOR = 3
    RETURNING = 4
    WITHDRAWN = 5
    EXPIRED = 6
    REFUSED = 7


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asks for who wants to come in. A password is chosen later, when they enter.

    `principal` says who asks (a browser's cookie, an app, a network) and `route` by which way: an idempotency key
    means something only together with both (case J4). `network` and `proof`: what `toll` goes by; without a network the
    sign-up costs nothing (it comes from this server itself).
    """

    handle: str
    email: str
    locale: str = "en"
    principal: str = ""
    route: str = ""
    idempotency_key: str | None = None
    invitation: str | None = None
    app_id: int | None = None
    network: str = ""
    proof: str = ""


class Ticket(msgspec.Struct, frozen=True):
    """What the owner of a receipt holds; `text` is the secret that proves it."""

    receipt_id: int
    text: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a receipt stands. `ahead` is the most people that are still before it, None while it has no number."""

    state: State
    lane: Lane
    number: int | None
    ahead: int | None
    handle: str | None
    email: str | None
    locale: str
    received_at: datetime
    admitted_at: datetime | None
    lapses_at: datetime | None
    account_id: AccountId | None
    letter: bool = True


class Admitted(msgspec.Struct, frozen=True):
    """A receipt whose owner may enter now."""

    receipt_id: int
    number: int
    lane: Lane


class Brought(msgspec.Struct, frozen=True):
    """Somebody who came in by an invitation, and whose it was."""

    inviter_id: AccountId
    account_id: AccountId
    entered_at: datetime


class Expected(msgspec.Struct, frozen=True):
    """In eight of ten cases the turn comes after `low_s` to `high_s` seconds."""

    low_s: float
    high_s: float


class NowServing(msgspec.Struct, frozen=True, kw_only=True):
    """The one document that everybody who waits reads: nobody with a number up to `serving` waits any more.

    `ranges`: people ahead, and in how many seconds they are called in eight of ten cases, from … to … `within_range`: how
    often that held in the last day. `cause`: the name of the verdict on the place that may be why the door is narrow.
    """

    serving: int
    last_number: int
    waiting: int
    open: bool
    rate_per_s: float | None = None
    reason: str | None = None
    message: str | None = None
    low_s_per_1000: float | None = None
    high_s_per_1000: float | None = None
    within_range: float | None = None
    cause: str | None = None
    ranges: list[list[float]] = []


class Leaf(msgspec.Struct, frozen=True):
    """One entry of the public log. `commitment` is the hash of the ticket, on entries of kind RECEIVED."""

    kind: Kind
    number: int
    at: datetime
    commitment: bytes | None = None


class Head(msgspec.Struct, frozen=True):
    """What this server says its log is, signed."""

    size: int
    root: bytes
    at: datetime
    signature: bytes
