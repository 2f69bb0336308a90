"""Hashtags that one follows, and those that one shows on one's profile."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from parvis.domain.posts import featured_tags
from parvis.domain.relationships import followed_tags
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import FOLLOWS
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, older


class OneTag(msgspec.Struct, frozen=True):
    name: str = ""


class NewTag(Slice, frozen=True):
    name: str = ""


@page("GET", "/followed-tags", audience="session", params=Slice)
async def listing(call: Call[Any]) -> Answer:
    """The hashtags that one follows, the latest first; those on one's profile."""
    found = await followed_tags.of(call.db, call.me, call.params.request())
    featured = await featured_tags.featured(call.db, call.me)
    return Page("web/followed_tags.html", {"tags": found.items, "featured": featured, "next": older(call, found)})


@page("POST", "/followed-tags", audience="session", params=NewTag, again=listing, waiting=True, limit=FOLLOWS)
async def add(call: Call[NewTag]) -> Answer:
    """One more hashtag is read at home."""
    name = call.params.name.strip().lstrip("#")
    await followed_tags.follow(call.db, call.services.ids, call.me, name, now=call.now)
    return Redirect("/followed-tags", notice="saved")


def _then_back(act: Callable[[Call[OneTag]], Coroutine[Any, Any, None]]) -> Callable[[Call[OneTag]], Any]:
    async def handler(call: Call[OneTag]) -> Answer:
        await act(call)
        return Redirect(f"/tags/{call.params.name}")

    handler.__name__ = act.__name__
    return handler


@page("POST", "/tags/{name:str}/follow", audience="session", params=OneTag, waiting=True, limit=FOLLOWS)
@_then_back
async def follow(call: Call[OneTag]) -> None:
    """What everybody may read under the hashtag stands at home."""
    await followed_tags.follow(call.db, call.services.ids, call.me, call.params.name, now=call.now)


@page("POST", "/tags/{name:str}/unfollow", audience="session", params=OneTag, waiting=True)
@_then_back
async def unfollow(call: Call[OneTag]) -> None:
    """It does not any more."""
    await followed_tags.unfollow(call.db, call.me, call.params.name)


@page("POST", "/tags/{name:str}/feature", audience="session", params=OneTag, waiting=True)
@_then_back
async def feature(call: Call[OneTag]) -> None:
    """The hashtag stands on one's profile."""
    await featured_tags.feature(call.db, call.services.ids, call.me, call.params.name, now=call.now)


@page("POST", "/tags/{name:str}/unfeature", audience="session", params=OneTag, waiting=True)
@_then_back
async def unfeature(call: Call[OneTag]) -> None:
    """It does not any more."""
    await featured_tags.unfeature(call.db, call.me, call.params.name)
