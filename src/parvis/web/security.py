"""The second factor: asked for when somebody signs in, and set up in the settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from parvis.domain import accounts
from parvis.infra.doors import ENTRANCE
from parvis.infra.html.paths import safe_path
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import SIGN_INS
from parvis.web.entrance import (
    Onward,
    address_of,
    device_cookie_of,
    half_cookie_of,
    half_of,
    onward_of,
    session_of,
    user_agent_of,
)
from parvis.web.prove import ask_first
from parvis.web.routing import Call, page

HERE = "/settings/security"
SET_UP = "/settings/security/app"


class SecondStep(Onward, frozen=True):
    code: str = ""


class FirstCode(msgspec.Struct, frozen=True):
    code: str = ""


# ── signing in ──


@page("GET", "/sign-in/code", urgency=ENTRANCE, params=Onward)
async def code_form(call: Call[Onward]) -> Answer:
    """Six digits; whoever has not given a password begins with that."""
    onward = safe_path(call.params.return_to, "")
    if call.viewer is not None:
        return Redirect(onward or "/home")
    half = half_of(call)
    if half is None or await accounts.account_of_half(call.db, half, now=call.now) is None:
        return Redirect("/sign-in")
    return Page("web/entrance/code.html", {"return_to": onward})


@page(
    "POST",
    "/sign-in/code",
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=SecondStep,
    again=code_form,
    connects=False,
    limit=SIGN_INS,
)
async def code(call: Call[SecondStep]) -> Answer:
    """The browser is signed in."""
    ticket = await accounts.finish_sign_in(
        call.services,
        half_of(call) or "",
        code=call.params.code,
        address=address_of(call),
        user_agent=user_agent_of(call),
        now=call.now,
    )
    over = half_cookie_of(call, "", timedelta(0))
    return Redirect(
        onward_of(ticket, call.params.return_to),
        cookies=[session_of(call, ticket), device_cookie_of(call, ticket.account_id), over],
    )


# ── settings ──


@page("GET", HERE, audience="session")
async def security(call: Call[Any]) -> Answer:
    """What protects the account, and the ways to change it."""
    return Page(
        "web/settings/security.html",
        {"section": "security", "factor": await accounts.factor(call.db, call.me)},
    )


@page("POST", SET_UP, audience="session", waiting=True)
async def begin(call: Call[None]) -> Answer:
    """A key waits to be put into an app."""
    if asked := await ask_first(call, HERE):
        return asked
    assert call.viewer is not None
    await accounts.begin_factor(call.services, call.db, call.me, handle=call.viewer.handle, now=call.now)
    return Redirect(SET_UP)


@page("GET", SET_UP, audience="session")
async def set_up_form(call: Call[Any]) -> Answer:
    """The key, and a field for the first code that the app shows."""
    if asked := await ask_first(call, HERE):
        return asked
    assert call.viewer is not None
    begun = await accounts.begun_factor(call.services, call.db, call.me, handle=call.viewer.handle)
    if begun is None:
        return Redirect(HERE)
    return Page("web/settings/second_factor.html", {"section": "security", "begun": begun})


@page(
    "POST",
    "/settings/security/app/confirm",
    audience="session",
    params=FirstCode,
    again=set_up_form,
    waiting=True,
    connects=False,
    limit=SIGN_INS,
)
async def confirm(call: Call[FirstCode]) -> Answer:
    """The second factor holds; its recovery codes are shown this once."""
    async with call.services.db.connection() as db:
        call.db = db
        if asked := await ask_first(call, HERE):
            return asked
    assert call.viewer is not None
    codes = await accounts.confirm_factor(
        call.services, call.me, code=call.params.code, keep_session_id=call.viewer.session_id, now=call.now
    )
    return Page("web/settings/recovery_codes.html", {"section": "security", "codes": codes})


@page("POST", "/settings/security/codes", audience="session", waiting=True)
async def codes(call: Call[None]) -> Answer:
    """New recovery codes, shown this once."""
    if asked := await ask_first(call, HERE):
        return asked
    made = await accounts.renew_codes(call.services, call.db, call.me)
    return Page("web/settings/recovery_codes.html", {"section": "security", "codes": made})


@page("POST", "/settings/security/app/remove", audience="session", waiting=True)
async def remove(call: Call[None]) -> Answer:
    """The password is enough again."""
    if asked := await ask_first(call, HERE):
        return asked
    assert call.viewer is not None
    await accounts.remove_factor(call.db, call.me, keep_session_id=call.viewer.session_id)
    return Redirect(HERE, notice="saved")
