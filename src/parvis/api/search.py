"""Search: people by handle, name and profile, posts by their words and by operators, hashtags by their beginning."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.status import Status
from parvis.api.entities.tag import Tag
from parvis.api.paging import statuses
from parvis.api.routing import Call, Reply, endpoint
from parvis.api.tags import presented_tags
from parvis.base.errors import BadRequest, Unauthenticated
from parvis.base.ids import MAX_ID, AccountId
from parvis.domain import accounts, search
from parvis.infra.doors import READING

SCOPES = ("read:search",)
LONGEST_QUERY = 500


class Search(msgspec.Struct, frozen=True):
    q: str = ""
    type: str | None = None
    resolve: bool = False
    following: bool = False
    account_id: int | None = None
    max_id: int | None = None
    min_id: int | None = None
    limit: int | None = None
    offset: int | None = None


class Found(msgspec.Struct, frozen=True):
    accounts: list[Account]
    statuses: list[Status | msgspec.Raw]
    hashtags: list[Tag]
    collections: list[Any] = []


class OldFound(msgspec.Struct, frozen=True):
    accounts: list[Account]
    statuses: list[Status | msgspec.Raw]
    hashtags: list[str]


@endpoint("GET", "/api/v2/search", urgency=READING, scopes=SCOPES, params=Search, returns=Found)
async def find(call: Call[Search]) -> Found:
    """People, posts and hashtags."""
    wanted = call.params
    limit, offset = min(abs(20 if wanted.limit is None else wanted.limit), 40), wanted.offset or 0
    if (wanted.limit or 0) < 0 or offset < 0:
        raise BadRequest("limit and offset must not be negative")
    if call.viewer_id is None and (wanted.resolve or wanted.offset is not None):
        raise Unauthenticated("Search queries pagination is not supported without authentication")
    query = wanted.q.strip()[:LONGEST_QUERY]
    words = search.words_of(query)[:200]
    people: list[Account] = []
    posts: list[msgspec.Raw] = []
    tags: list[Tag] = []
    if words and wanted.type in (None, "accounts"):
        people = await _people(call, words, limit, offset)
    if query and wanted.type in (None, "statuses"):
        posts = await _posts(call, query, limit, offset)
    if words and wanted.type in (None, "hashtags"):
        found = await search.tags(call.db, words.removeprefix("#"), limit=limit, offset=offset, now=call.now)
        tags = await presented_tags(call, found)
    return Found(people, posts, tags)  # type: ignore[arg-type]


@endpoint("GET", "/api/v1/search", urgency=READING, scopes=SCOPES, params=Search, returns=OldFound)
async def find_as_before(call: Call[Search]) -> Reply:
    """The same for clients of long ago, who read hashtags as words."""
    found = await find(call)
    assert isinstance(found, Found)
    body = OldFound(found.accounts, found.statuses, [one.name for one in found.hashtags])
    return Reply(body, headers={"Deprecation": "@1527292800"})  # the day 2.4.1 came out, with version 2


async def _people(call: Call[Search], words: str, limit: int, offset: int) -> list[Account]:
    ids = await search.people(
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


async def _posts(call: Call[Search], query: str, limit: int, offset: int) -> list[msgspec.Raw]:
    wanted = call.params
    ids = await search.posts(
        call.db,
        query,
        domain=call.services.settings.domain,
        viewer_id=call.viewer_id,
        limit=limit,
        offset=offset,
        author_id=None if wanted.account_id is None else AccountId(wanted.account_id),
        below=None if wanted.max_id is None else min(wanted.max_id, MAX_ID),
        above=wanted.min_id or 0,
    )
    return list((await statuses(call, ids)).values()) if ids else []
