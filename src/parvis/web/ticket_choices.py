"""What the owner of a ticket may change while they wait: address, whom to follow, leaving; and the proof of their place."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts, admission, search
from parvis.infra.doors import ENTRANCE
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import TICKETS
from parvis.web.routing import Call, page
from parvis.web.tickets import PATH, OneTicket, people_of, ticket_in, waiting

MOST_SUGGESTED = 24
LONGEST_ENDPOINT = 1000


class Address(OneTicket, frozen=True):
    email: str = ""


class Caller(OneTicket, frozen=True):
    """A browser as its push service knows it."""

    endpoint: str = ""
    p256dh: str = ""
    auth: str = ""


class Choice(OneTicket, frozen=True):
    name: str = ""
    account_id: int = 0


@page("GET", PATH + "/address", urgency=ENTRANCE, params=OneTicket)
async def address_form(call: Call[Any]) -> Answer:
    """The address that the ticket goes by."""
    ticket, place = await waiting(call)
    return Page("web/entrance/ticket_address.html", {"ticket": ticket.text, "email": place.email or ""})


@page("POST", PATH + "/address", urgency=ENTRANCE, params=Address, again=address_form, limit=TICKETS)
async def address(call: Call[Address]) -> Answer:
    """The ticket goes by this address; its place stays."""
    ticket = ticket_in(call)
    await admission.correct(call.db, ticket, email=call.params.email, now=call.now)
    return Redirect(admission.rules.path_of(ticket), notice="saved")


@page("GET", PATH + "/withdraw", urgency=ENTRANCE, params=OneTicket)
async def withdraw_form(call: Call[Any]) -> Answer:
    """Asked once more, because the place is gone afterwards."""
    ticket, place = await waiting(call)
    return Page("web/entrance/ticket_withdraw.html", {"ticket": ticket.text, "at": place})


@page("POST", PATH + "/withdraw", urgency=ENTRANCE, params=OneTicket, connects=False, limit=TICKETS)
async def withdraw(call: Call[OneTicket]) -> Answer:
    """The sign-up is taken back, and what was known of a person is forgotten."""
    ticket = ticket_in(call)
    await admission.withdraw(call.services, ticket, now=call.now)
    return Redirect(admission.rules.path_of(ticket))


@page("POST", PATH + "/push", urgency=ENTRANCE, params=Caller, limit=TICKETS)
async def push(call: Call[Caller]) -> Answer:
    """This browser has a message when it is time (for ticket.js, which knows the browser's keys)."""
    ticket, wanted = ticket_in(call), call.params
    if not wanted.endpoint or len(wanted.endpoint) > LONGEST_ENDPOINT:
        raise Invalid("endpoint", "Endpoint can't be blank", "blank")
    await admission.want_push(
        call.db,
        ticket,
        endpoint=wanted.endpoint,
        p256dh=wanted.p256dh,
        auth=wanted.auth,
        services=call.services,
        now=call.now,
    )
    return Redirect(admission.rules.path_of(ticket), notice="saved")


@page("POST", PATH + "/push/end", urgency=ENTRANCE, params=OneTicket, limit=TICKETS)
async def no_push(call: Call[OneTicket]) -> Answer:
    """No browser has a message."""
    ticket = ticket_in(call)
    await admission.want_no_push(call.db, ticket)
    return Redirect(admission.rules.path_of(ticket), notice="saved")


@page("GET", PATH + "/follow", urgency=ENTRANCE, params=OneTicket)
async def follow_form(call: Call[Any]) -> Answer:
    """Whom one will follow, and who else there is."""
    ticket, _ = await waiting(call)
    chosen = await admission.chosen(call.db, ticket)
    found = await search.directory(call.db, None, order="active", limit=MOST_SUGGESTED + len(chosen), offset=0)
    suggested = [one for one in found if one not in chosen][:MOST_SUGGESTED]
    said = {
        "ticket": ticket.text,
        "chosen": await people_of(call, chosen),
        "suggested": await people_of(call, suggested),
    }
    return Page("web/entrance/ticket_follow.html", said)


@page("POST", PATH + "/follow", urgency=ENTRANCE, params=Choice, again=follow_form, limit=TICKETS)
async def follow(call: Call[Choice]) -> Answer:
    """Once they are in they will follow that account."""
    ticket, wanted = ticket_in(call), call.params
    target = AccountId(wanted.account_id)
    if wanted.name:
        try:
            target = (await accounts.by_handle(call.db, wanted.name, domain=call.settings.domain)).id
        except NotFound:
            raise Invalid("name", "Nobody here has that name", "unknown") from None
    await admission.choose(call.db, ticket, target, now=call.now)
    return Redirect(admission.rules.path_of(ticket) + "/follow")


@page("POST", PATH + "/unfollow", urgency=ENTRANCE, params=Choice, limit=TICKETS)
async def unfollow(call: Call[Choice]) -> Answer:
    """They will not follow it after all."""
    ticket = ticket_in(call)
    await admission.unchoose(call.db, ticket, AccountId(call.params.account_id))
    return Redirect(admission.rules.path_of(ticket) + "/follow")


@page("GET", PATH + "/proof", urgency=ENTRANCE, params=OneTicket)
async def proof(call: Call[Any]) -> Answer:
    """That the ticket's number is in the public log, so that nobody can be let past it unseen."""
    ticket = ticket_in(call)
    try:
        found = await admission.proofs.promise(call.db, ticket)
    except NotFound:
        return Page("web/entrance/ticket_proof.html", {"ticket": ticket.text, "found": None})
    said = {
        "index": found.inclusion.index,
        "leaf": admission.leaf_data(found.inclusion.leaf).decode(),
        "path": [one.hex() for one in found.inclusion.path],
        "size": found.head.size,
        "root": found.head.root.hex(),
        "at": found.head.at.strftime("%Y-%m-%dT%H:%MZ"),
        "signature": found.head.signature.hex(),
        "public_key": admission.public_key(call.services.secrets).hex(),
    }
    text = msgspec.json.format(msgspec.json.encode(said), indent=2).decode()
    return Page("web/entrance/ticket_proof.html", {"ticket": ticket.text, "found": said, "text": text})
