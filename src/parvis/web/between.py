"""What one has settled with somebody: their reposts at home, a bell, a note for oneself, a place on the profile."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.domain import relationships
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.profiles import OneAccount, named, relation_to
from parvis.web.routing import Call, page


class Settled(msgspec.Struct, frozen=True):
    at: str
    show_reposts: bool = False
    notify: bool = False
    endorse: bool = False
    comment: str = ""


@page("GET", "/{at:str}/options", audience="session", params=OneAccount)
async def form(call: Call[Any]) -> Answer:
    """How it is now."""
    account = await named(call)
    relation = await relation_to(call, account)
    if relation is None or account.id == call.me:
        raise NotFound
    return Page("web/people/options.html", {"account": account, "relation": relation})


@page("POST", "/{at:str}/options", audience="session", params=Settled, again=form, waiting=True)
async def settle(call: Call[Settled]) -> Answer:
    """It is as the form says; what needs a follow is left alone without one."""
    account, wanted = await named(call), call.params
    relation = await relation_to(call, account)
    if relation is None or account.id == call.me:
        raise NotFound
    await relationships.set_note(call.db, call.me, account.id, comment=wanted.comment)
    if relation.following or relation.requested:
        await relationships.follow(
            call.db,
            call.services.ids,
            call.me,
            account.id,
            show_reposts=wanted.show_reposts,
            notify=wanted.notify,
            now=call.now,
        )
    if relation.following and wanted.endorse and not relation.endorsed:
        await relationships.endorse(call.db, call.services.ids, call.me, account.id, now=call.now)
    if relation.endorsed and not wanted.endorse:
        await relationships.unendorse(call.db, call.me, account.id)
    return Redirect(f"/@{account.acct}", notice="saved")
