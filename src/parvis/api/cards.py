"""Previews of pages: the card of one status, and what is said about one address."""

from __future__ import annotations

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.card import PreviewCard, present_card
from parvis.api.entities.status import Status
from parvis.api.paging import Paging, page_of_statuses
from parvis.api.routing import Call, Reply, endpoint
from parvis.base.ids import PostId
from parvis.base.pages import Page
from parvis.domain import posts, timelines
from parvis.infra.doors import READING

READ = ("read:statuses",)


class CardOf(msgspec.Struct, frozen=True):
    id: int


class LinkSlice(Paging, frozen=True):
    url: str = ""


@endpoint("GET", "/api/v1/statuses/:id/card", urgency=READING, scopes=READ, params=CardOf, returns=PreviewCard)
async def card(call: Call[CardOf]) -> Reply:
    """The preview below a status, for clients of long ago; an empty object when it has none."""
    shown = (await posts.view(call.db, PostId(call.params.id), viewer_id=call.viewer_id)).shown
    body = present_card(shown.card, addresses(call.services)) if shown.card else {}
    return Reply(body, headers={"Deprecation": "@1569888000"})  # 3.0.0 left it out


@endpoint("GET", "/api/v1/timelines/link", urgency=READING, scopes=READ, params=LinkSlice, returns=list[Status])
async def link(call: Call[LinkSlice]) -> Page[msgspec.Raw]:
    """Public posts that name an address; of one that nobody named in public, none."""
    private = call.services.settings.allow_private_addresses
    page = await timelines.link(call.db, call.viewer_id, call.params.url, call.params.slice(), private=private)
    return await page_of_statuses(call, page, "public")
