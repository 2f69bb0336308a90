"""Whom one does not want to hear of: muted people, blocked people, blocked servers."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.domain import relationships
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, older, people


class NewDomain(Slice, frozen=True):
    domain: str = ""


class OneDomain(msgspec.Struct, frozen=True):
    domain: str


@page("GET", "/mutes", audience="session", params=Slice)
async def mutes(call: Call[Slice]) -> Answer:
    """Whom one mutes, and until when."""
    found = await relationships.mutes(call.db, call.me, call.params.request())
    return await _people(call, "mutes", [one.account_id for one in found.items], older(call, found))


@page("GET", "/blocks", audience="session", params=Slice)
async def blocks(call: Call[Slice]) -> Answer:
    """Whom one blocks."""
    found = await relationships.blocks(call.db, call.me, call.params.request())
    return await _people(call, "blocks", found.items, older(call, found))


async def _people(call: Call[Slice], section: str, ids: list[Any], following: str | None) -> Answer:
    context = {"section": section, "people": await people(call, ids), "next": following}
    return Page("web/people/silenced.html", context)


@page("GET", "/blocked-servers", audience="session", params=Slice)
async def servers(call: Call[Any]) -> Answer:
    """Servers of whose people one wants nothing."""
    found = await relationships.blocked_domains(call.db, call.me, call.params.request())
    return Page("web/people/servers.html", {"section": "servers", "servers": found.items, "next": older(call, found)})


@page("POST", "/blocked-servers", audience="session", params=NewDomain, again=servers, waiting=True)
async def block_server(call: Call[NewDomain]) -> Answer:
    """That server's people are out of the way."""
    wanted = call.params.domain.strip().removeprefix("https://").rstrip("/")
    await relationships.block_domain(
        call.db, call.services.ids, call.me, wanted, own=call.settings.domain, now=call.now
    )
    return Redirect("/blocked-servers", notice="blocked")


@page("POST", "/blocked-servers/{domain:str}/remove", audience="session", params=OneDomain, waiting=True)
async def unblock_server(call: Call[OneDomain]) -> Answer:
    """That server's people can be met again."""
    await relationships.unblock_domain(call.db, call.me, call.params.domain)
    return Redirect("/blocked-servers", notice="removed")
