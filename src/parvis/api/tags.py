"""Hashtags, and which of them one follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.tag import Tag, present_tag
from parvis.api.paging import Paging
from parvis.api.routing import Call, endpoint
from parvis.base.pages import Page
from parvis.domain import posts, search
from parvis.domain.relationships import followed_tags
from parvis.domain.search import TagUse
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.rate_limits import FOLLOWS

WRITE = ("write:follows",)


class OneTag(msgspec.Struct, frozen=True):
    name: str


async def presented_tags(call: Call[Any], found: Sequence[TagUse]) -> list[Tag]:
    """The hashtags as the caller sees them; whether they follow or show them costs a statement, for those who could."""
    to, viewer = addresses(call.services), call.viewer_id
    if viewer is None:
        return [present_tag(one, to) for one in found]
    names = [one.name for one in found]
    followed, featured = await posts.featured_tags.ties(call.db, viewer, names)
    return [present_tag(one, to, following=one.name in followed, featuring=one.name in featured) for one in found]


async def _one(call: Call[OneTag]) -> Tag:
    found = await search.tag(call.db, call.params.name, now=call.now)
    return (await presented_tags(call, [found]))[0]


@endpoint("GET", "/api/v1/tags/:name", urgency=READING, shared_s=SHARED_S, params=OneTag, returns=Tag)
async def one_tag(call: Call[OneTag]) -> Tag:
    """One hashtag."""
    return await _one(call)


@endpoint("POST", "/api/v1/tags/:name/follow", user=True, scopes=WRITE, params=OneTag, returns=Tag, limit=FOLLOWS)
async def follow(call: Call[OneTag]) -> Tag:
    """See public posts under a hashtag at home."""
    await followed_tags.follow(call.db, call.services.ids, call.me, call.params.name, now=call.now)
    return await _one(call)


@endpoint("POST", "/api/v1/tags/:name/unfollow", user=True, scopes=WRITE, params=OneTag, returns=Tag)
async def unfollow(call: Call[OneTag]) -> Tag:
    """Follow a hashtag no longer."""
    await followed_tags.unfollow(call.db, call.me, call.params.name)
    return await _one(call)


@endpoint("GET", "/api/v1/followed_tags", user=True, scopes=("read:follows",), params=Paging, returns=list[Tag])
async def all_followed(call: Call[Paging]) -> Page[Tag]:
    """The hashtags one follows, the latest first; the cursors are those of the follows."""
    page = await followed_tags.of(call.db, call.me, call.params.slice(100, 200))
    items = await presented_tags(call, await search.tags_named(call.db, page.items, now=call.now))
    return msgspec.structs.replace(page, items=items)  # type: ignore[return-value]
