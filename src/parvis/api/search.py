"""Search: people by handle and name, hashtags by their beginning. Words of posts are not searched yet."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.status import Status
from parvis.api.entities.tag import Tag
from parvis.api.routing import Call, endpoint
from parvis.api.tags import presented_tags
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
        tags = await presented_tags(call, found)
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
