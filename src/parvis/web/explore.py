"""What is talked of, and whom one might want to know."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.ids import AccountId
from parvis.base.pages import Page as IdPage
from parvis.domain import search
from parvis.domain.search import trends
from parvis.infra.catalogues import later
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.overload import levels
from parvis.web.routing import Call, page
from parvis.web.slices import Person, Slice, people, timeline

MOST = 20
WHY = {
    "friends_of_friends": later("Followed by people you follow"),
    "most_followed": later("Followed by many here"),
}


class Suggested(Person, frozen=True):
    """Somebody with the reason why they are shown."""

    why: str = ""


class Which(msgspec.Struct, frozen=True):
    account_id: int


@page("GET", "/explore", urgency=READING, shared_s=SHARED_S, params=Slice)
async def top(call: Call[Slice]) -> Answer:
    """The posts that are met most warmly."""
    ids = await trends.posts(call.db, call.viewer_id, limit=MOST, offset=0)
    return await timeline(call, "web/explore/posts.html", IdPage(ids), place="public", tab="posts")


@page("GET", "/explore/tags", urgency=READING, shared_s=SHARED_S)
async def tags(call: Call[None]) -> Answer:
    """The hashtags that rise most."""
    return Page("web/explore/tags.html", {"tab": "tags", "tags": await trends.tags(call.db, limit=MOST, offset=0)})


@page("GET", "/explore/links", urgency=READING, shared_s=SHARED_S)
async def links(call: Call[None]) -> Answer:
    """The pages that rise most."""
    return Page("web/explore/links.html", {"tab": "links", "links": await trends.links(call.db, limit=MOST, offset=0)})


@page("GET", "/explore/people", urgency=READING, shared_s=SHARED_S)
async def whom(call: Call[Any]) -> Answer:
    """Suggestions for members, unless others are refused meanwhile; below them everybody who lets others find them."""
    why: dict[AccountId, str] = {}
    if call.viewer_id is not None and call.services.pressure.level < levels.PAUSED:
        why = {one.account_id: one.why for one in await search.suggestions(call.db, call.viewer_id, limit=10)}
    listed = await search.directory(call.db, call.viewer_id, order="active", limit=40, offset=0)
    found = await people(call, [*why, *(one for one in listed if one not in why and one != call.viewer_id)])
    suggested = [
        Suggested(one.account, one.relation, call.text(WHY[why[one.account.id]]))
        for one in found
        if one.account.id in why
    ]
    others = [one for one in found if one.account.id not in why]
    return Page("web/explore/people.html", {"tab": "people", "suggested": suggested, "people": others, "next": None})


@page("POST", "/explore/people/{account_id:str}/dismiss", audience="session", params=Which, waiting=True)
async def dismiss(call: Call[Which]) -> Answer:
    """Somebody is not suggested again."""
    await search.dismiss(call.db, call.me, AccountId(call.params.account_id))
    return Redirect("/explore/people")
