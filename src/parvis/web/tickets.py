"""The ticket's pages: where one stands and why, what to do meanwhile, and the way in. They need no JavaScript.

Whoever knows a ticket's address holds the ticket. The page that tells where it stands looks again by itself; what is
filled in has pages of its own, so that nothing one types is lost by that.
"""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import Conflict, Invalid, NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts, admission
from parvis.domain.admission import Lane, NowServing, Place, State, Ticket
from parvis.domain.health.verdicts.plain import PLAIN
from parvis.infra import jobs, vapid
from parvis.infra.doors import ENTRANCE
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.postgres import OUTAGES
from parvis.infra.rate_limits import TICKETS
from parvis.web.entrance import signed_in
from parvis.web.queue import poll_s, reason_of, span
from parvis.web.routing import Call, page
from parvis.web.sign_up import ticket_cookie_of

PATH = "/ticket/{ticket:str}"


class OneTicket(msgspec.Struct, frozen=True):
    ticket: str = ""
    still: bool = False


class Entering(OneTicket, frozen=True):
    username: str = ""
    password: str = ""
    passkey: str = ""


class Letter(OneTicket, frozen=True):
    wanted: bool = False


class _Seen(msgspec.Struct, frozen=True):
    """What the page shows. Without a place the receipt is on its way to the database: kept, and not yet numbered."""

    place: Place | None = None
    door: NowServing | None = None
    chosen: int = 0
    called: bool = False
    has_password: bool = True


def ticket_in(call: Call[Any]) -> Ticket:
    """The ticket of the address. Raises: NotFound for one that is not ours."""
    return admission.read_ticket(call.services.secrets, str(call.request.path_params["ticket"]))


@page("GET", PATH, urgency=ENTRANCE, params=OneTicket, connects=False)
async def ticket_page(call: Call[Any]) -> Answer:
    """Where the ticket stands; a form to enter once it is its turn."""
    ticket = ticket_in(call)
    seen = await _seen(call, ticket)
    state = "received" if seen.place is None else seen.place.state.name.lower()
    said: dict[str, Any] = {
        "ticket": ticket.text,
        "state": state,
        "at": seen.place,
        "chosen": seen.chosen,
        "called": seen.called,
        "passkey_options": accounts.passkey_creation(
            call.services, handle=(seen.place.handle or "") if seen.place else "", now=call.now
        ),
        "push_key": vapid.public_key(call.services.secrets),
        "has_password": seen.has_password,
        "still": call.params is not None and call.params.still,
        **_standing(call, seen),
    }
    return Page("web/entrance/ticket.html", said)


async def _seen(call: Call[Any], ticket: Ticket) -> _Seen:
    try:
        async with call.connection() as db:
            try:
                found = await admission.place(db, ticket, call.now)
            except NotFound:
                return _Seen()
            has_password = True
            if found.account_id is not None:
                has_password = await accounts.can_sign_in(db, found.account_id)
            return _Seen(
                found,
                await admission.serving(db),
                len(await admission.chosen(db, ticket)),
                await admission.wants_push(db, ticket),
                has_password=has_password,
            )
    except OUTAGES:
        return _Seen()


def _standing(call: Call[Any], seen: _Seen) -> dict[str, Any]:
    """Estimate, its record, reason, and when to look again."""
    place, door = seen.place, seen.door
    waits = place is not None and place.state is State.RECEIVED
    if place is None or door is None or not waits or place.ahead is None:
        return {"span": "", "kept_share": None, "reason": "", "wrong": "", "closed": "",
                "poll_s": 3 if waits or place is None else 0, "beside": False, "a_minute": 0}  # fmt: skip
    found = None if door.reason == "pause" else admission.expected(door, admission.still_ahead(door, place.ahead))
    beside = place.lane is not Lane.ORDINARY
    return {
        "span": "" if found is None or beside else span(found, call.locale),
        "kept_share": None if door.within_range is None else round(100 * door.within_range),
        "reason": call.text(reason_of(door)),
        "wrong": call.text(PLAIN[door.cause]) if door.cause in PLAIN else "",
        "closed": door.message or "",
        "poll_s": poll_s(None if beside else found),
        "beside": beside,
        "a_minute": round(60 * (door.rate_per_s or 0)),
    }


@page(
    "POST",
    PATH,
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=Entering,
    again=ticket_page,
    connects=False,
    limit=TICKETS,
)
async def enter(call: Call[Entering]) -> Answer:
    """Whoever was admitted has an account and is signed in."""
    ticket, wanted = ticket_in(call), call.params
    passkey = accounts.passkey_made(call.services, wanted.passkey, now=call.now) if wanted.passkey else None
    if not wanted.password and passkey is None:
        raise Invalid("password", "Password can't be blank", "blank")
    if wanted.username:
        async with call.services.db.transaction() as tx:
            await admission.correct(tx, ticket, handle=wanted.username, now=call.now)
    password = None if passkey else wanted.password
    account_id = await admission.enter(call.services, ticket, password=password, passkey=passkey, now=call.now)
    await jobs.wake(call.services)
    return await signed_in(call, account_id, "/home", [ticket_cookie_of(call, "")])


@page(
    "POST",
    PATH + "/password",
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=Entering,
    again=ticket_page,
    connects=False,
    limit=TICKETS,
)
async def first_password(call: Call[Entering]) -> Answer:
    """The account that an app entered for its owner has a password, and this browser is signed in."""
    account_id = await admission.choose_password(
        call.services, ticket_in(call), password=call.params.password, now=call.now
    )
    return await signed_in(call, account_id, "/home", [ticket_cookie_of(call, "")])


@page("POST", PATH + "/back", urgency=ENTRANCE, params=OneTicket, limit=TICKETS)
async def come_back(call: Call[OneTicket]) -> Answer:
    """The ticket that had lapsed waits again, in the lane for those who return."""
    ticket = ticket_in(call)
    await admission.come_back(call.db, ticket, now=call.now)
    return Redirect(admission.rules.path_of(ticket), cookies=[ticket_cookie_of(call, ticket.text)])


@page("POST", PATH + "/letter", urgency=ENTRANCE, params=Letter, limit=TICKETS)
async def letter(call: Call[Letter]) -> Answer:
    """A letter will say when it is time, or not."""
    ticket = ticket_in(call)
    await admission.want_letter(call.db, ticket, wanted=call.params.wanted)
    return Redirect(admission.rules.path_of(ticket), notice="saved")


async def waiting(call: Call[Any]) -> tuple[Ticket, Place]:
    """The ticket of the address and where it stands. Raises: NotFound; Conflict when it waits no more."""
    ticket = ticket_in(call)
    found = await admission.place(call.db, ticket, call.now)
    if found.state not in (State.RECEIVED, State.ADMITTED, State.EXPIRED):
        raise Conflict
    return ticket, found


async def people_of(call: Call[Any], ids: list[AccountId]) -> list[accounts.Account]:
    """Those accounts, in that order."""
    known = await accounts.by_ids(call.db, ids)
    return [known[one] for one in ids if one in known]
