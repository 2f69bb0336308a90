"""A fresh proof before something dangerous: `ask_first` leads to the page that asks for it, and back again.

if asked := await prove.ask_first(call, "/settings/security"):
    return asked
"""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.domain import accounts
from parvis.infra.html.paths import safe_path, with_query
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import SIGN_INS
from parvis.web.entrance import session_of
from parvis.web.routing import Call, page


class Onward(msgspec.Struct, frozen=True):
    return_to: str = ""


class Proof(Onward, frozen=True):
    current_password: str = ""
    code: str = ""
    passkey: str = ""


async def ask_first(call: Call[Any], return_to: str) -> Redirect | None:
    """The way to the proof, or None when one was given some minutes ago. What a form said must be said again."""
    assert call.viewer is not None
    session_id = call.viewer.session_id
    if session_id is not None and await accounts.is_fresh(call.db, session_id, now=call.now):
        return None
    return Redirect(with_query("/prove", {"return_to": return_to}))


@page("GET", "/prove", audience="session", params=Onward, barred=True)
async def prove_form(call: Call[Onward]) -> Answer:
    """Password, and a code if there is a second factor."""
    login = await accounts.login_of(call.db, call.me)
    return Page(
        "web/entrance/prove.html",
        {
            "return_to": safe_path(call.params.return_to, "/settings/security"),
            "has_password": login is not None and login.has_password,
            "passkey_options": accounts.passkey_request(call.services, now=call.now)
            if await accounts.passkeys_of(call.db, call.me)
            else "",
            "second_factor": await accounts.has_factor(call.db, call.me),
        },
    )


@page(
    "POST",
    "/prove",
    audience="session",
    params=Proof,
    again=prove_form,
    waiting=True,
    barred=True,
    connects=False,
    limit=SIGN_INS,
)
async def prove(call: Call[Proof]) -> Answer:
    """The session is fresh for some minutes, under a new key."""
    wanted = call.params
    onward = safe_path(wanted.return_to, "/settings/security")
    if wanted.passkey:
        ticket = await accounts.prove_by_passkey(
            call.services, call.me, call.session_token or "", wanted.passkey, now=call.now
        )
        return Redirect(onward, cookies=[session_of(call, ticket)])
    ticket = await accounts.prove(
        call.services,
        call.me,
        call.session_token or "",
        password=wanted.current_password,
        code=wanted.code,
        now=call.now,
    )
    return Redirect(onward, cookies=[session_of(call, ticket)])
