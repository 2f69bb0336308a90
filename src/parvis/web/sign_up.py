"""Signing up: an account at once when there is room, a ticket when there is a line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar.datastructures import Cookie

from parvis.base.errors import NotFound
from parvis.domain import accounts, admission
from parvis.domain.admission import Application, NowServing, SignedUp, Ticket
from parvis.infra import jobs
from parvis.infra.doors import ENTRANCE
from parvis.infra.html.paths import safe_path
from parvis.infra.html.visit import Answer, Page, Redirect, cookie, ticket_cookie
from parvis.infra.postgres import OUTAGES
from parvis.infra.rate_limits import RECEIPTS
from parvis.infra.requests import network_of
from parvis.web.entrance import Onward, address_of, signed_in
from parvis.web.queue import span
from parvis.web.routing import Call, page

TICKET_KEPT = timedelta(days=120)


class Wanted(Onward, frozen=True):
    invitation: str = ""


class SignUp(Wanted, frozen=True):
    username: str = ""
    email: str = ""
    password: str = ""
    proof: str = ""
    passkey: str = ""


def ticket_cookie_of(call: Call[Any], text: str) -> Cookie:
    """The cookie by which this browser finds its ticket again; without a text it is taken back."""
    seconds = int(TICKET_KEPT.total_seconds()) if text else 0
    return cookie(call.settings, ticket_cookie(call.settings), text, seconds)


def kept_ticket(call: Call[Any]) -> Ticket | None:
    """The ticket that this browser got, if it is one of ours."""
    try:
        return admission.read_ticket(call.services.secrets, call.request.cookies.get(ticket_cookie(call.settings), ""))
    except NotFound:
        return None


async def door_of(call: Call[Any]) -> NowServing | None:
    """How the door stands, or stood a moment ago; None while nobody can know."""

    async def ask() -> NowServing:
        async with call.services.db.connection() as db:
            return await admission.serving(db)

    try:
        if call.db is not None:  # who holds a connection must not wait for another
            return await admission.serving(call.db)
        return await call.services.door.get(ask)
    except OUTAGES:
        return None


@page("GET", "/sign-up", urgency=ENTRANCE, params=Wanted, connects=False)
async def sign_up_form(call: Call[Any]) -> Answer:
    """Name, address, password; in a line no password, which would not be kept."""
    if call.viewer is not None:
        return Redirect("/home")
    door = await door_of(call)
    found = None if door is None else admission.expected(door, door.waiting)
    said = {
        "return_to": safe_path(call.values.get("return_to", ""), ""),
        "invitation": call.values.get("invitation", "")[:100],
        "line": door is None or not door.open,
        "waiting": 0 if door is None else door.waiting,
        "span": "" if found is None else span(found, call.locale),
        "kept": kept_ticket(call),
        "puzzle": _puzzle(call),
        "passkey_options": accounts.passkey_creation(call.services, now=call.now),
    }
    return Page("web/entrance/sign_up.html", said)


def _puzzle(call: Call[Any]) -> str:
    """What a sign-up costs from where this browser is, as sign-up.js reads it; empty when it is free."""
    found = admission.toll.puzzle(call.services, admission.toll.network_of(address_of(call)), now=call.now)
    return "" if found is None else msgspec.json.encode(found).decode()


@page(
    "POST",
    "/sign-up",
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=SignUp,
    again=sign_up_form,
    connects=False,
    limit=RECEIPTS,
)
async def sign_up(call: Call[SignUp]) -> Answer:
    """The account exists and its owner is signed in; or they wait, and this is their ticket."""
    wanted = call.params
    asked = Application(
        handle=wanted.username,
        email=wanted.email,
        locale=call.locale,
        principal="net " + network_of(address_of(call)),
        route="sign-up",
        invitation=wanted.invitation or None,
        network=admission.toll.network_of(address_of(call)),
        proof=wanted.proof,
    )
    done = await _received(call, asked)
    if done.account_id is None:
        cookies = [ticket_cookie_of(call, done.ticket.text)]
        return Redirect(admission.rules.path_of(done.ticket), cookies=cookies)
    await jobs.wake(call.services)
    return await signed_in(call, done.account_id, safe_path(wanted.return_to, "/home"), [ticket_cookie_of(call, "")])


async def _received(call: Call[SignUp], asked: Application) -> SignedUp:
    """In a line the form asks for no password; if the line has gone meanwhile, one is chosen at once on the ticket's page."""
    params = call.params
    if not params.password and not params.passkey:
        door = await door_of(call)
        if door is None or not door.open:
            return SignedUp(await admission.receive(call.services, wanted=asked, now=call.now))
    passkey = accounts.passkey_made(call.services, params.passkey, now=call.now) if params.passkey else None
    password = None if passkey else params.password
    return await admission.sign_up(call.services, wanted=asked, password=password, passkey=passkey, now=call.now)
