"""Getting in: a receipt for whoever asks, its place, and the public log. Not part of the Mastodon API.

A ticket is shown as `Authorization: Ticket …`; it never stands in an address (case B4).
"""

from __future__ import annotations

import msgspec

from parvis.api.authorising import bearer_token
from parvis.api.routing import Call, Reply, endpoint
from parvis.base.clock import iso_ms
from parvis.base.errors import Invalid, Unauthenticated
from parvis.domain import admission
from parvis.domain.admission import Application, Ticket
from parvis.infra.doors import ENTRANCE, READING, SHARED_S
from parvis.infra.rate_limits import RECEIPTS
from parvis.infra.requests import client_address, header, network_of

ROOT = "/api/parvis/v1/admission"
BRIEFLY = {"Cache-Control": "public, max-age=5, stale-while-revalidate=60, stale-if-error=3600", "Vary": "Origin"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Origin"}
NO_STORE = {"Cache-Control": "private, no-store"}


class NewReceipt(msgspec.Struct, frozen=True):
    username: str = ""
    email: str = ""
    locale: str = "en"
    invitation: str | None = None
    proof: str = ""


class Receipt(msgspec.Struct, frozen=True):
    ticket: str
    url: str


class Place(msgspec.Struct, frozen=True):
    """`ahead`: at most so many; null until the receipt has its number, a moment after it came."""

    state: str
    number: int | None
    ahead: int | None
    lapses_at: str | None


class Slice(msgspec.Struct, frozen=True):
    start: int = 0
    end: int = 0


class Proof(msgspec.Struct, frozen=True):
    index: int
    size: int


class Growth(msgspec.Struct, frozen=True):
    old: int
    size: int


def ticket_address(call: Call, ticket: Ticket) -> str:
    """Where its owner looks at a ticket."""
    return call.services.settings.public_origin + admission.rules.path_of(ticket)


def ticket_of(call: Call) -> Ticket:
    """The ticket that the request shows. Raises: Unauthenticated, NotFound."""
    kind, _, text = call.request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "ticket":
        raise Unauthenticated("A ticket is needed")
    return admission.read_ticket(call.services.secrets, text.strip())


@endpoint("GET", f"{ROOT}/now", urgency=ENTRANCE, shared_s=SHARED_S)
async def now(call: Call) -> Reply:
    """The one document that everybody who waits reads: up to which number nobody waits any more."""
    return Reply(await admission.serving(call.db), headers=BRIEFLY)


@endpoint(
    "POST",
    f"{ROOT}/receipts",
    urgency=ENTRANCE,
    params=NewReceipt,
    returns=Receipt,
    connects=False,
    limit=RECEIPTS,
    body_bytes=8 * 1024,
    bulkhead="receipts",
)
async def receive(call: Call[NewReceipt]) -> Reply:
    """The sign-up is stored and this is its ticket. A password is chosen at entry; an Idempotency-Key may be sent."""
    asked = call.params
    wanted = Application(
        handle=asked.username,
        email=asked.email,
        locale=asked.locale,
        invitation=asked.invitation,
        principal=principal_of(call),
        route="receipts",
        idempotency_key=header(call.request.scope, b"idempotency-key"),
        network=network_of_call(call),
        proof=asked.proof,
    )
    ticket = await admission.receive(call.services, wanted=wanted, now=call.now)
    return Reply(Receipt(ticket.text, ticket_address(call, ticket)), headers=NO_STORE)


@endpoint("GET", f"{ROOT}/puzzle", urgency=ENTRANCE, connects=False)
async def puzzle(call: Call) -> Reply:
    """What a sign-up from the caller's network costs: an altcha challenge whose payload goes along as `proof`, or null."""
    found = admission.toll.puzzle(call.services, network_of_call(call), now=call.now)
    return Reply({"puzzle": found}, headers=NO_STORE)


def network_of_call(call: Call) -> str:
    """Where the caller is, as prices go."""
    return admission.toll.network_of(client_address(call.request.scope, call.services.settings))


def principal_of(call: Call) -> str:
    """Who asks: an app, or a network (case J4)."""
    if call.viewer is not None and bearer_token(call.request) is not None:
        return f"app {call.viewer.app_id}"
    return "net " + network_of(client_address(call.request.scope, call.services.settings))


@endpoint("GET", f"{ROOT}/place", urgency=ENTRANCE, returns=Place)
async def place(call: Call) -> Reply:
    """Where the ticket stands."""
    found = await admission.place(call.db, ticket_of(call), call.now)
    lapses_at = None if found.lapses_at is None else iso_ms(found.lapses_at)
    return Reply(Place(found.state.name.lower(), found.number, found.ahead, lapses_at), headers=NO_STORE)


@endpoint("DELETE", f"{ROOT}/place", urgency=ENTRANCE, connects=False)
async def withdraw(call: Call) -> Reply:
    """The sign-up is taken back, and what was known of a person is forgotten."""
    await admission.withdraw(call.services, ticket_of(call), now=call.now)
    return Reply({}, headers=NO_STORE)


@endpoint("GET", f"{ROOT}/proof", urgency=ENTRANCE)
async def promise(call: Call) -> Reply:
    """The proof that the ticket's number is in the public log, within a minute of its receipt."""
    found = await admission.proofs.promise(call.db, ticket_of(call))
    body = {"head": _head(call, found.head), **_inclusion(found.inclusion)}
    return Reply(body, headers=NO_STORE)


@endpoint("GET", f"{ROOT}/log/head", urgency=READING, shared_s=SHARED_S)
async def head(call: Call) -> Reply:
    """The newest signed head of the log, and the key that checks it."""
    return Reply(_head(call, await admission.proofs.head(call.db)), headers=BRIEFLY)


@endpoint("GET", f"{ROOT}/log/leaves", urgency=READING, shared_s=SHARED_S, params=Slice)
async def leaves(call: Call[Slice]) -> Reply:
    """Entries from `start` to before `end`, at most 1,024, as the texts that are hashed."""
    start, end = call.params.start, call.params.end
    if not 0 <= start < end:
        raise Invalid("end", "These are no entries", "invalid")
    found = await admission.proofs.leaves(call.db, start, end)
    whole = len(found) == min(end - start, admission.proofs.MOST_LEAVES)  # entries never change
    texts = [admission.leaf_data(one).decode() for one in found]
    return Reply({"start": start, "leaves": texts}, headers=FOR_EVER if whole else BRIEFLY)


@endpoint("GET", f"{ROOT}/log/inclusion", urgency=READING, shared_s=SHARED_S, params=Proof)
async def inclusion(call: Call[Proof]) -> Reply:
    """The proof that entry `index` is in the log of that `size` (RFC 6962, 2.1.1)."""
    found = await admission.proofs.inclusion(call.db, call.params.index, call.params.size)
    return Reply(_inclusion(found), headers=FOR_EVER)


@endpoint("GET", f"{ROOT}/log/consistency", urgency=READING, shared_s=SHARED_S, params=Growth)
async def consistency(call: Call[Growth]) -> Reply:
    """The proof that the log of size `old` is the beginning of the one of `size` (RFC 6962, 2.1.2)."""
    found = await admission.proofs.consistency(call.db, call.params.old, call.params.size)
    return Reply({"path": [one.hex() for one in found]}, headers=FOR_EVER)


def _head(call: Call, head: admission.Head) -> dict[str, object]:
    return {
        "size": head.size,
        "root": head.root.hex(),
        "at": head.at.strftime("%Y-%m-%dT%H:%MZ"),
        "signature": head.signature.hex(),
        "public_key": admission.public_key(call.services.secrets).hex(),
    }


def _inclusion(found: admission.proofs.Inclusion) -> dict[str, object]:
    return {
        "index": found.index,
        "leaf": admission.leaf_data(found.leaf).decode(),
        "path": [one.hex() for one in found.path],
    }
