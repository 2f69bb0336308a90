"""Passkeys in the settings: made, listed, and taken out again."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.domain import accounts
from parvis.infra.html.look import browser
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import SIGN_INS
from parvis.web.entrance import user_agent_of
from parvis.web.prove import ask_first
from parvis.web.routing import Call, page

HERE = "/settings/security"
PASSKEYS = "/settings/security/passkeys"


class Made(msgspec.Struct, frozen=True):
    """What a device made (for passkey.js)."""

    passkey: str = ""


class OnePasskey(msgspec.Struct, frozen=True):
    passkey_id: int


@page("GET", PASSKEYS, audience="session")
async def passkeys(call: Call[Any]) -> Answer:
    """The account's passkeys, and a button that makes another."""
    if asked := await ask_first(call, PASSKEYS):
        return asked
    assert call.viewer is not None
    known = await accounts.passkey_credentials(call.db, call.me)
    said = {
        "section": "security",
        "passkeys": await accounts.passkeys_of(call.db, call.me),
        "passkey_options": accounts.passkey_creation(
            call.services, handle=call.viewer.handle, known=known, now=call.now
        ),
    }
    return Page("web/settings/passkeys.html", said)


@page("POST", PASSKEYS, audience="session", params=Made, again=passkeys, waiting=True, limit=SIGN_INS)
async def add(call: Call[Made]) -> Answer:
    """The account can be entered by the passkey, whose name is the browser that made it."""
    if asked := await ask_first(call, PASSKEYS):
        return asked
    new = accounts.passkey_made(call.services, call.params.passkey, now=call.now)
    await accounts.add_passkey(
        call.db, call.services.ids, call.me, new, name=browser(user_agent_of(call)), now=call.now
    )
    return Redirect(PASSKEYS, notice="saved")


@page("POST", PASSKEYS + "/remove", audience="session", params=OnePasskey, waiting=True)
async def remove(call: Call[OnePasskey]) -> Answer:
    """The passkey opens nothing any more."""
    if asked := await ask_first(call, PASSKEYS):
        return asked
    assert call.viewer is not None
    await accounts.remove_passkey(call.db, call.me, call.params.passkey_id, keep_session_id=call.viewer.session_id)
    return Redirect(PASSKEYS, notice="removed")
