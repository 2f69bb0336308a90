"""Search: people by handle and name, hashtags by their beginning. Words of posts are not searched yet."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import Addresses, addresses
from parvis.api.entities.status import Status
from parvis.api.routing import Call, endpoint
from parvis.base.errors import BadRequest, Unauthenticated
from parvis.domain import accounts, relationships, search


class Search(msgspec.Struct, frozen=True):
    q: str = ""
    type: str | None = None
    resolve: bool = False
    following: bool = False
    account_id: int | None = None
    limit: int | None = None
    offset: int | None = None


class OneTag(msgspec.Struct, frozen=True):
    name: str


class History(msgspec.Struct, frozen=True):
    day: str
    uses: str
    accounts: str


class Tag(msgspec.Struct, frozen=True):
    id: str
    name: str
    url: str
    history: list[History]
    following: bool | msgspec.UnsetType = msgspec.UNSET
    featuring: bool | msgspec.UnsetType = msgspec.UNSET


class Found(msgspec.Struct, frozen=True):
    accounts: list[Account]
    statuses: list[Status]
    hashtags: list[Tag]
    collections: list[Any] = []


@endpoint("GET", "/api/v2/search", scopes=("read:search",), params=Search, returns=Found)
async def find(call: Call[Search]) -> Found:
    """People and hashtags."""
    wanted = call.params
    limit, offset = min(abs(20 if wanted.limit is None else wanted.limit), 40), wanted.offset or 0
    if (wanted.limit or 0) < 0 or offset < 0:
        raise BadRequest("limit and offset must not be negative")
    if call.viewer_id is None and (wanted.resolve or wanted.offset is not None):
        raise Unauthenticated("Search queries pagination is not supported without authentication")
    words = wanted.q.strip()[:200]
    people: list[Account] = []
    tags: list[Tag] = []
    if words and wanted.type in (None, "accounts"):
        people = await _people(call, words, limit, offset)
    if words and wanted.type in (None, "hashtags"):
        found = await search.tags(call.db, words.removeprefix("#"), limit=limit, offset=offset, now=call.now)
        tags = [present_tag(one, addresses(call.services), known=call.viewer_id is not None) for one in found]
    return Found(people, [], tags)


async def _people(call: Call[Search], words: str, limit: int, offset: int) -> list[Account]:
    ids = await relationships.search(
        call.db,
        words,
        domain=call.services.settings.domain,
        viewer_id=call.viewer_id,
        limit=limit,
        offset=offset,
        only_followed=call.params.following,
    )
    found = await accounts.by_ids(call.db, ids)
    to = addresses(call.services)
    return [present_account(found[i], to) for i in ids if i in found]


def present_tag(one: search.TagUse, to: Addresses, *, known: bool) -> Tag:
    """A hashtag with a week of its use, day by day, newest first (never empty: Tusky takes the last)."""
    return Tag(
        id=str(one.id),
        name=one.name,
        url=to.tag(one.name),
        history=[History(str(day), str(uses), str(people)) for day, uses, people in one.history],
        following=False if known else msgspec.UNSET,
        featuring=False if known else msgspec.UNSET,
    )


@endpoint("GET", "/api/v1/tags/:name", params=OneTag, returns=Tag)
async def one_tag(call: Call[OneTag]) -> Tag:
    """One hashtag."""
    found = await search.tag(call.db, call.params.name, now=call.now)
    return present_tag(found, addresses(call.services), known=call.viewer_id is not None)
