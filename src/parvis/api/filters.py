"""Filters, and the keywords and posts in them."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.filter import (
    Filter,
    FilterKeyword,
    FilterStatus,
    present_entry,
    present_filter,
    present_keyword,
)
from parvis.api.routing import Call, endpoint
from parvis.base.errors import NotFound
from parvis.base.ids import FilterId, PostId
from parvis.domain import posts
from parvis.domain.relationships import filters
from parvis.domain.relationships.filters import FilterChange, KeywordChange

READ = ("read:filters",)
WRITE = ("write:filters",)


class KeywordAttributes(msgspec.Struct, frozen=True, rename={"remove": "_destroy"}):
    id: int | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    remove: bool = False


class NewFilter(msgspec.Struct, frozen=True):
    title: str = ""
    context: list[str] = []
    filter_action: str | None = None
    expires_in: int | UnsetType | None = UNSET
    keywords_attributes: list[KeywordAttributes] = []


class FilterUpdate(msgspec.Struct, frozen=True):
    id: int
    title: str | None = None
    context: list[str] | None = None
    filter_action: str | None = None
    expires_in: int | UnsetType | None = UNSET
    keywords_attributes: list[KeywordAttributes] = []


class OneFilter(msgspec.Struct, frozen=True):
    id: int


class InFilter(msgspec.Struct, frozen=True):
    filter_id: int


class NewKeyword(msgspec.Struct, frozen=True):
    filter_id: int
    keyword: str = ""
    whole_word: bool = True


class KeywordUpdate(msgspec.Struct, frozen=True):
    id: int
    keyword: str = ""
    whole_word: bool | None = None


class NewEntry(msgspec.Struct, frozen=True):
    filter_id: int
    status_id: int = 0


def _wanted(asked: NewFilter | FilterUpdate) -> FilterChange:
    return FilterChange(
        title=asked.title, places=asked.context, action=asked.filter_action, expires_in_s=asked.expires_in
    )


def _keywords(asked: NewFilter | FilterUpdate) -> list[KeywordChange]:
    return [
        KeywordChange(id=one.id, keyword=one.keyword, whole_word=one.whole_word, remove=one.remove)
        for one in asked.keywords_attributes
    ]


async def _one(call: Call, filter_id: FilterId) -> Filter:
    return present_filter(await filters.one(call.db, call.me, filter_id))


@endpoint("GET", "/api/v2/filters", user=True, scopes=READ, returns=list[Filter])
async def all_of_them(call: Call) -> list[Filter]:
    """One's filters with everything in them."""
    return [present_filter(one) for one in await filters.of(call.db, call.me)]


@endpoint("POST", "/api/v2/filters", user=True, scopes=WRITE, params=NewFilter, returns=Filter)
async def create(call: Call[NewFilter]) -> Filter:
    """A new filter."""
    wanted, keywords = _wanted(call.params), _keywords(call.params)
    new = await filters.create(call.db, call.services.ids, call.me, wanted=wanted, keywords=keywords, now=call.now)
    return await _one(call, new)


@endpoint("GET", "/api/v2/filters/:id", user=True, scopes=READ, params=OneFilter, returns=Filter)
async def read(call: Call[OneFilter]) -> Filter:
    """One filter."""
    return await _one(call, FilterId(call.params.id))


@endpoint("PUT", "/api/v2/filters/:id", user=True, scopes=WRITE, params=FilterUpdate, returns=Filter)
@endpoint("PATCH", "/api/v2/filters/:id", user=True, scopes=WRITE, params=FilterUpdate, returns=Filter)
async def change(call: Call[FilterUpdate]) -> Filter:
    """Change a filter, and keywords in it."""
    filter_id, wanted, keywords = FilterId(call.params.id), _wanted(call.params), _keywords(call.params)
    await filters.change(call.db, call.services.ids, call.me, filter_id, wanted=wanted, keywords=keywords, now=call.now)
    return await _one(call, filter_id)


@endpoint("DELETE", "/api/v2/filters/:id", user=True, scopes=WRITE, params=OneFilter)
async def delete(call: Call[OneFilter]) -> None:
    """Delete a filter."""
    await filters.remove(call.db, call.services.ids, call.me, FilterId(call.params.id))


# ── keywords ──


@endpoint(
    "GET", "/api/v2/filters/:filter_id/keywords", user=True, scopes=READ, params=InFilter, returns=list[FilterKeyword]
)
async def keywords_in(call: Call[InFilter]) -> list[FilterKeyword]:
    """The keywords of a filter."""
    return (await _one(call, FilterId(call.params.filter_id))).keywords


@endpoint(
    "POST", "/api/v2/filters/:filter_id/keywords", user=True, scopes=WRITE, params=NewKeyword, returns=FilterKeyword
)
async def add_keyword(call: Call[NewKeyword]) -> FilterKeyword:
    """Add a keyword to a filter."""
    wanted = call.params
    filter_id = FilterId(wanted.filter_id)
    added = await filters.add_keyword(
        call.db, call.services.ids, call.me, filter_id, keyword=wanted.keyword, whole_word=wanted.whole_word
    )
    return present_keyword(added)


@endpoint("GET", "/api/v2/filters/keywords/:id", user=True, scopes=READ, params=OneFilter, returns=FilterKeyword)
async def keyword(call: Call[OneFilter]) -> FilterKeyword:
    """One keyword."""
    found, _ = await filters.keyword(call.db, call.me, call.params.id)
    return present_keyword(found)


@endpoint("PUT", "/api/v2/filters/keywords/:id", user=True, scopes=WRITE, params=KeywordUpdate, returns=FilterKeyword)
@endpoint("PATCH", "/api/v2/filters/keywords/:id", user=True, scopes=WRITE, params=KeywordUpdate, returns=FilterKeyword)
async def change_keyword(call: Call[KeywordUpdate]) -> FilterKeyword:
    """Change a keyword."""
    wanted = call.params
    await filters.change_keyword(
        call.db, call.services.ids, call.me, wanted.id, keyword=wanted.keyword, whole_word=wanted.whole_word
    )
    found, _ = await filters.keyword(call.db, call.me, wanted.id)
    return present_keyword(found)


@endpoint("DELETE", "/api/v2/filters/keywords/:id", user=True, scopes=WRITE, params=OneFilter)
async def remove_keyword(call: Call[OneFilter]) -> None:
    """Delete a keyword."""
    await filters.remove_keyword(call.db, call.services.ids, call.me, call.params.id)


# ── single posts ──


@endpoint(
    "GET", "/api/v2/filters/:filter_id/statuses", user=True, scopes=READ, params=InFilter, returns=list[FilterStatus]
)
async def posts_in(call: Call[InFilter]) -> list[FilterStatus]:
    """The single posts that a filter is for."""
    return (await _one(call, FilterId(call.params.filter_id))).statuses


@endpoint("POST", "/api/v2/filters/:filter_id/statuses", user=True, scopes=WRITE, params=NewEntry, returns=FilterStatus)
async def add_post(call: Call[NewEntry]) -> FilterStatus:
    """Let a filter be for one more post."""
    filter_id, post_id = FilterId(call.params.filter_id), PostId(call.params.status_id)
    if not await posts.glances(call.db, [post_id], viewer_id=call.me):
        raise NotFound
    return present_entry(await filters.add_post(call.db, call.services.ids, call.me, filter_id, post_id))


@endpoint("GET", "/api/v2/filters/statuses/:id", user=True, scopes=READ, params=OneFilter, returns=FilterStatus)
async def filtered_post(call: Call[OneFilter]) -> FilterStatus:
    """One entry of a filter's posts."""
    return present_entry(await filters.filtered_post(call.db, call.me, call.params.id))


@endpoint("DELETE", "/api/v2/filters/statuses/:id", user=True, scopes=WRITE, params=OneFilter, returns=FilterStatus)
async def remove_post(call: Call[OneFilter]) -> FilterStatus:
    """Let a filter not be for that post any more; the answer is what was removed."""
    return present_entry(await filters.remove_post(call.db, call.services.ids, call.me, call.params.id))
