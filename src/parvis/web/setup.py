"""The link that makes somebody the owner of this place."""

from __future__ import annotations

from typing import Any

from parvis.base.ids import AccountId
from parvis.domain import accounts, moderation
from parvis.domain.accounts import Purpose
from parvis.infra.doors import ENTRANCE
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import SIGN_INS
from parvis.web.entrance import Link, address_of, session_of, user_agent_of
from parvis.web.routing import Call, page


class Owner(Link, frozen=True):
    username: str = ""
    email: str = ""
    password: str = ""


@page("GET", "/setup/{token:str}", urgency=ENTRANCE, params=Link)
async def setup_form(call: Call[Any]) -> Answer:
    """A new account, or a button for somebody who is signed in."""
    usable = await accounts.is_usable(call.db, Purpose.BECOME_OWNER, call.params.token, now=call.now)
    return Page("web/entrance/setup.html", {"usable": usable, "one_time_token": call.params.token})


@page(
    "POST",
    "/setup/{token:str}",
    urgency=ENTRANCE,
    bulkhead="hashing",
    params=Owner,
    again=setup_form,
    connects=False,
    limit=SIGN_INS,
)
async def setup(call: Call[Owner]) -> Answer:
    """The owner of this place is whoever came with the link, signed in under a fresh session (case A7)."""
    if call.viewer is not None and call.session_token is not None:
        async with call.services.db.transaction() as tx:
            await accounts.become_owner(tx, call.me, token=call.params.token, now=call.now)
            ticket = await accounts.renew_session(tx, call.services.ids, call.session_token, now=call.now)
            await _noted(call, tx, call.me)
        return Redirect("/home", notice="owner", cookies=[session_of(call, ticket)])
    wanted = call.params
    account_id = await accounts.create_owner(
        call.services,
        token=wanted.token,
        handle=wanted.username,
        email=wanted.email,
        password=wanted.password,
        locale=call.locale,
        now=call.now,
    )
    async with call.services.db.transaction() as tx:
        ticket = await accounts.open_session(
            tx, call.services.ids, account_id, address=address_of(call), user_agent=user_agent_of(call), now=call.now
        )
        await _noted(call, tx, account_id)
    return Redirect("/home", notice="owner", cookies=[session_of(call, ticket)])


async def _noted(call: Call[Owner], tx: Connection, account_id: AccountId) -> None:
    await moderation.log.record(
        tx, actor_id=account_id, act="owner.become", subject=f"account:{account_id}", now=call.now
    )
