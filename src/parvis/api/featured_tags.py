"""Hashtags that people show on their profiles."""

from __future__ import annotations

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.tag import FeaturedTag, Tag, present_featured_tag
from parvis.api.people import OneAccount
from parvis.api.routing import Call, endpoint
from parvis.api.tags import OneTag, presented_tags
from parvis.base.ids import AccountId
from parvis.domain import search
from parvis.domain.posts import featured_tags
from parvis.infra.doors import READING, SHARED_S

READ = ("read:accounts",)
WRITE = ("write:accounts",)


class NewFeaturedTag(msgspec.Struct, frozen=True):
    name: str = ""


class OneFeaturedTag(msgspec.Struct, frozen=True):
    id: int


async def _of(call: Call, account_id: AccountId) -> list[FeaturedTag]:
    to = addresses(call.services)
    return [present_featured_tag(one, to) for one in await featured_tags.featured(call.db, account_id)]


@endpoint(
    "GET",
    "/api/v1/accounts/:id/featured_tags",
    urgency=READING,
    shared_s=SHARED_S,
    params=OneAccount,
    returns=list[FeaturedTag],
)
async def of_account(call: Call[OneAccount]) -> list[FeaturedTag]:
    """The hashtags on somebody's profile."""
    return await _of(call, AccountId(call.params.id))


@endpoint("GET", "/api/v1/featured_tags", user=True, scopes=READ, returns=list[FeaturedTag])
async def own(call: Call) -> list[FeaturedTag]:
    """The hashtags on one's own profile."""
    return await _of(call, call.me)


@endpoint("POST", "/api/v1/featured_tags", user=True, scopes=WRITE, params=NewFeaturedTag, returns=FeaturedTag)
async def add(call: Call[NewFeaturedTag]) -> FeaturedTag:
    """Show a hashtag on one's profile."""
    made = await featured_tags.feature(call.db, call.services.ids, call.me, call.params.name, now=call.now)
    return present_featured_tag(made, addresses(call.services))


@endpoint("DELETE", "/api/v1/featured_tags/:id", user=True, scopes=WRITE, params=OneFeaturedTag)
async def remove(call: Call[OneFeaturedTag]) -> None:
    """Show a hashtag no longer."""
    await featured_tags.unfeature_by_id(call.db, call.me, call.params.id)


@endpoint("GET", "/api/v1/featured_tags/suggestions", user=True, scopes=READ, returns=list[Tag])
async def suggestions(call: Call) -> list[Tag]:
    """Hashtags that one uses most and does not show."""
    names = await featured_tags.used_most(call.db, call.me)
    return await presented_tags(call, await search.tags_named(call.db, names, now=call.now))


async def _one(call: Call[OneTag]) -> Tag:
    return (await presented_tags(call, [await search.tag(call.db, call.params.name, now=call.now)]))[0]


@endpoint("POST", "/api/v1/tags/:name/feature", user=True, scopes=WRITE, params=OneTag, returns=Tag)
async def feature(call: Call[OneTag]) -> Tag:
    """Show that hashtag on one's profile."""
    await featured_tags.feature(call.db, call.services.ids, call.me, call.params.name, now=call.now)
    return await _one(call)


@endpoint("POST", "/api/v1/tags/:name/unfeature", user=True, scopes=WRITE, params=OneTag, returns=Tag)
async def unfeature(call: Call[OneTag]) -> Tag:
    """Show that hashtag no longer."""
    await featured_tags.unfeature(call.db, call.me, call.params.name)
    return await _one(call)
