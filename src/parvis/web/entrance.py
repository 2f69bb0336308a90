"""Coming in and going out: sign-in, sign-out, and the links that letters carry. Signing up is next door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar.datastructures import Cookie

from parvis.base.errors import Invalid
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain.accounts import Purpose, SecondFactorWanted, SessionTicket
from parvis.infra.doors import ENTRANCE
from parvis.infra.html.paths import safe_path, with_query
from parvis.infra.html.visit import Answer, Page, Redirect, cookie, device_cookie, half_cookie, session_cookie
from parvis.infra.rate_limits import MAILS, SIGN_INS
from parvis.infra.requests import client_address
from parvis.web.routing import Call, page


class Onward(msgspec.Struct, frozen=True):
    return_to: str = ""


class SignIn(Onward, frozen=True):
    login: str = ""
    password: str = ""


class Signed(Onward, frozen=True):
    """What a device signed (for passkey.js)."""

    passkey: str = ""


class Forgot(msgspec.Struct, frozen=True):
    email: str = ""


class Link(msgspec.Struct, frozen=True):
    token: str = ""


class NewPassword(Link, frozen=True):
    password: str = ""


def session_of(call: Call[Any], ticket: SessionTicket) -> Cookie:
    """The cookie that a fresh session lives in."""
    return session_cookie_of(call, ticket.token, ticket.expires_at - call.now)


def session_cookie_of(call: Call[Any], token: str, lifetime: timedelta) -> Cookie:
    """The session's cookie, kept for that long."""
    return cookie(call.settings, session_cookie(call.settings), token, int(lifetime.total_seconds()))


def onward_of(ticket: SessionTicket, return_to: str) -> str:
    """Where whoever signs in goes on to: those who may do nothing else, to the reasons."""
    return "/settings/standing" if ticket.barred else safe_path(return_to, "/home")


def no_session(call: Call[Any]) -> Cookie:
    """The session's cookie, taken back."""
    return session_cookie_of(call, "", timedelta(0))


def device_cookie_of(call: Call[Any], account_id: AccountId) -> Cookie:
    """What this browser keeps of having signed in to the account: it opens nothing, and it is not guessed for by others."""
    seconds = int(timedelta(days=365).total_seconds())
    return cookie(
        call.settings, device_cookie(call.settings), accounts.known_device(call.services, account_id), seconds
    )


def half_cookie_of(call: Call[Any], half: str, lifetime: timedelta) -> Cookie:
    """The cookie of a half session: the first factor is proved, the second is awaited."""
    return cookie(call.settings, half_cookie(call.settings), half, int(lifetime.total_seconds()))


def half_of(call: Call[Any]) -> str | None:
    return call.request.cookies.get(half_cookie(call.settings)) or None


def second_step(call: Call[Any], half: str, return_to: str) -> Redirect:
    """On to the page that asks for the second factor, and to nowhere else."""
    cookies = [half_cookie_of(call, half, timedelta(minutes=10)), no_session(call)]
    return Redirect(with_query("/sign-in/code", {"return_to": return_to} if return_to else {}), cookies=cookies)


def address_of(call: Call[Any]) -> str:
    return client_address(call.request.scope, call.settings)


def user_agent_of(call: Call[Any]) -> str:
    return call.request.headers.get("user-agent", "")


async def signed_in(call: Call[Any], account_id: AccountId, onward: str, cookies: list[Cookie] | None = None) -> Answer:
    """Whoever has just got an account is signed in, and welcome."""
    async with call.services.db.transaction() as tx:
        ticket = await accounts.open_session(
            tx, call.services.ids, account_id, address=address_of(call), user_agent=user_agent_of(call), now=call.now
        )
    return Redirect(
        onward,
        notice="welcome",
        cookies=[session_of(call, ticket), device_cookie_of(call, account_id), *(cookies or [])],
    )


# ── sign-in and sign-out ──


@page("GET", "/sign-in", urgency=ENTRANCE, params=Onward)
async def sign_in_form(call: Call[Onward]) -> Answer:
    """Name or address, password."""
    onward = safe_path(call.params.return_to, "")
    if call.viewer is not None:
        return Redirect(onward or "/home")
    options = accounts.passkey_request(call.services, now=call.now)
    return Page("web/entrance/sign_in.html", {"return_to": onward, "passkey_options": options})


@page(
    "POST",
    "/sign-in",
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=SignIn,
    again=sign_in_form,
    connects=False,
    limit=SIGN_INS,
)
async def sign_in(call: Call[SignIn]) -> Answer:
    """The browser is signed in, with a session that is new; or asked for the second factor."""
    try:
        ticket = await accounts.sign_in(
            call.services,
            login=call.params.login,
            password=call.params.password,
            address=address_of(call),
            user_agent=user_agent_of(call),
            device=call.request.cookies.get(device_cookie(call.settings), ""),
            replaces=call.session_token,
            now=call.now,
        )
    except SecondFactorWanted as wanted:
        return second_step(call, wanted.half, safe_path(call.params.return_to, ""))
    cookies = [session_of(call, ticket), device_cookie_of(call, ticket.account_id)]
    return Redirect(onward_of(ticket, call.params.return_to), cookies=cookies)


@page(
    "POST",
    "/sign-in/passkey",
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=Signed,
    again=sign_in_form,
    connects=False,
    limit=SIGN_INS,
)
async def sign_in_by_passkey(call: Call[Signed]) -> Answer:
    """The browser is signed in, with a session that is new; a passkey is two factors by itself."""
    ticket = await accounts.sign_in_by_passkey(
        call.services,
        call.params.passkey,
        address=address_of(call),
        user_agent=user_agent_of(call),
        replaces=call.session_token,
        now=call.now,
    )
    cookies = [session_of(call, ticket), device_cookie_of(call, ticket.account_id)]
    return Redirect(onward_of(ticket, call.params.return_to), cookies=cookies)


@page("POST", "/sign-out", urgency=ENTRANCE, params=Onward)
async def sign_out(call: Call[Onward]) -> Answer:
    """The session is over."""
    if call.session_token is not None:
        await accounts.sign_out(call.db, call.session_token)
    onward = safe_path(call.params.return_to, "/")
    target = onward if onward.startswith("/oauth/authorize") else "/"
    return Redirect(target, notice="signed_out", wipes=True, cookies=[no_session(call)])


# ── links of letters ──


@page("GET", "/confirm", urgency=ENTRANCE, params=Link)
async def confirm_form(call: Call[Link]) -> Answer:
    """A button: looking at a link, as mail programs do, must not use it up."""
    return await _confirm_form(call)


@page("GET", "/confirm/{token:str}", urgency=ENTRANCE, params=Link)
async def confirm_form_by_path(call: Call[Link]) -> Answer:
    """The same for the shorter address."""
    return await _confirm_form(call)


async def _confirm_form(call: Call[Link]) -> Answer:
    usable = await accounts.is_usable(call.db, Purpose.CONFIRM_EMAIL, call.params.token, now=call.now)
    return Page("web/entrance/confirm.html", {"usable": usable, "one_time_token": call.params.token})


@page("POST", "/confirm", urgency=ENTRANCE, params=Link, again=confirm_form)
async def confirm(call: Call[Link]) -> Answer:
    """The address is confirmed."""
    await accounts.confirm_email(call.db, call.params.token, now=call.now)
    return Redirect("/home", notice="confirmed")


@page("GET", "/forgot", urgency=ENTRANCE)
async def forgot_form(call: Call[Any]) -> Answer:
    """An address to send a link to."""
    return Page("web/entrance/forgot.html", {"sent": False})


@page("POST", "/forgot", urgency=ENTRANCE, params=Forgot, again=forgot_form, connects=False, limit=MAILS)
async def forgot(call: Call[Forgot]) -> Answer:
    """If the address is known, a letter is on its way; the answer is the same if not (case A2)."""
    if not call.params.email.strip():
        raise Invalid("email", "E-mail address can't be blank", "blank")
    await accounts.ask_reset(call.services, email=call.params.email)
    return Page("web/entrance/forgot.html", {"sent": True})


@page("GET", "/reset-password", urgency=ENTRANCE, params=Link)
async def reset_form(call: Call[Link]) -> Answer:
    """A new password, for whoever has the link."""
    return await _reset_form(call)


@page("GET", "/reset/{token:str}", urgency=ENTRANCE, params=Link)
async def reset_form_by_path(call: Call[Link]) -> Answer:
    """The same for the shorter address."""
    return await _reset_form(call)


async def _reset_form(call: Call[Any]) -> Answer:
    token = call.params.token
    usable = await accounts.is_usable(call.db, Purpose.RESET_PASSWORD, token, now=call.now)
    return Page("web/entrance/reset.html", {"usable": usable, "one_time_token": token})


@page(
    "POST",
    "/reset-password",
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=NewPassword,
    again=_reset_form,
    connects=False,
    limit=SIGN_INS,
)
async def reset(call: Call[NewPassword]) -> Answer:
    """The new password holds and its owner is signed in, here and nowhere else; a second factor is asked for as ever."""
    account_id = await accounts.reset_password(
        call.services, token=call.params.token, password=call.params.password, now=call.now
    )
    async with call.services.db.transaction() as tx:
        if await accounts.has_factor(tx, account_id):
            return second_step(call, await accounts.open_half(tx, account_id, now=call.now), "")
        ticket = await accounts.open_session(
            tx, call.services.ids, account_id, address=address_of(call), user_agent=user_agent_of(call), now=call.now
        )
    cookies = [session_of(call, ticket), device_cookie_of(call, account_id)]
    return Redirect("/home", notice="password", cookies=cookies)
