"""Trends, suggestions and the directory: what is talked of, and whom one might want to know."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.card import TrendsLink, card_values
from parvis.api.entities.status import Status
from parvis.api.entities.tag import Tag
from parvis.api.paging import statuses
from parvis.api.routing import Call, Reply, endpoint
from parvis.api.tags import presented_tags
from parvis.base.clock import iso_ms
from parvis.base.errors import Invalid
from parvis.base.ids import AccountId
from parvis.domain import accounts, search
from parvis.domain.search import trends
from parvis.infra.doors import READING, SHARED_S
from parvis.infra.overload import levels

ACCOUNTS = ("read:accounts",)
FARTHEST = 10_000


class Part(msgspec.Struct, frozen=True):
    limit: int | None = None
    offset: int = 0

    def bounds(self, default: int, most: int) -> tuple[int, int]:
        return min(abs(default if self.limit is None else self.limit), most), min(abs(self.offset), FARTHEST)


class DirectoryPart(Part, frozen=True):
    order: str = "active"
    local: bool = False


class Dismissal(msgspec.Struct, frozen=True):
    id: int


class Suggestion(msgspec.Struct, frozen=True):
    source: str
    sources: list[str]
    account: Account


class TrendEntry(msgspec.Struct, frozen=True):
    kind: str
    name: str
    score: float
    history: list[dict[str, str]] | None = None
    favourites_count: int | None = None
    reblogs_count: int | None = None
    created_at: str | None = None


class PublishedTrends(msgspec.Struct, frozen=True):
    computed_at: str | None
    formula: str
    entries: list[TrendEntry]


async def _tags(call: Call[Part]) -> Reply:
    limit, offset = call.params.bounds(10, 20)
    found = await trends.tags(call.db, limit=limit, offset=offset)
    return _slice(call, await presented_tags(call, found), limit, offset)


@endpoint("GET", "/api/v1/trends/tags", urgency=READING, shared_s=SHARED_S, params=Part, returns=list[Tag])
async def trending_tags(call: Call[Part]) -> Reply:
    """The hashtags that rise most."""
    return await _tags(call)


@endpoint("GET", "/api/v1/trends", urgency=READING, shared_s=SHARED_S, params=Part, returns=list[Tag])
async def trending(call: Call[Part]) -> Reply:
    """The same at its old address."""
    return await _tags(call)


@endpoint("GET", "/api/v1/trends/statuses", urgency=READING, shared_s=SHARED_S, params=Part, returns=list[Status])
async def trending_statuses(call: Call[Part]) -> Reply:
    """The posts that are met most warmly."""
    limit, offset = call.params.bounds(20, 40)
    ids = await trends.posts(call.db, call.viewer_id, limit=limit, offset=offset)
    shown = list((await statuses(call, ids, "public")).values()) if ids else []
    return _slice(call, shown, limit, offset)


@endpoint("GET", "/api/v1/trends/links", urgency=READING, shared_s=SHARED_S, params=Part, returns=list[TrendsLink])
async def trending_links(call: Call[Part]) -> Reply:
    """The pages that rise most."""
    limit, offset = call.params.bounds(10, 20)
    to = addresses(call.services)
    found = await trends.links(call.db, limit=limit, offset=offset)
    return _slice(
        call, [TrendsLink(**card_values(one.card, to), history=_history(one.history)) for one in found], limit, offset
    )


@endpoint("GET", "/api/parvis/v1/trends", urgency=READING, shared_s=SHARED_S, returns=PublishedTrends)
async def published(call: Call) -> PublishedTrends:
    """Everything that the lists were computed from, so that anybody can compute them again."""
    at, entries = await trends.published(call.db)
    formula = f"{call.services.settings.public_origin}/about"
    return PublishedTrends(iso_ms(at) if at else None, formula, [_entry(one) for one in entries])


def _entry(one: trends.Entry) -> TrendEntry:
    if one.marks is None:
        return TrendEntry(one.kind, one.name, one.score, _history(one.history or []))
    marks = one.marks
    return TrendEntry(one.kind, one.name, one.score, None, marks.favourites, marks.reposts, iso_ms(marks.published_at))


def _history(history: trends.History) -> list[dict[str, str]]:
    return [{"day": str(day), "accounts": str(people), "uses": str(uses)} for day, uses, people in history]


def _slice(call: Call[Any], items: list[Any], limit: int, offset: int) -> Reply:
    """Paged by offset, with the Link header that clients follow; an empty page leads nowhere."""
    base = f"{call.services.settings.public_origin}{call.request.url.path}?limit={limit}&offset="
    parts = [f'<{base}{offset + limit}>; rel="next"'] if len(items) >= limit > 0 else []
    parts += [f'<{base}{max(offset - limit, 0)}>; rel="prev"'] if items and offset > 0 else []
    return Reply(items, headers={"Link": ", ".join(parts)} if parts else {})


# ── people ──


@endpoint("GET", "/api/v2/suggestions", user=True, scopes=ACCOUNTS, params=Part, returns=list[Suggestion])
async def suggestions(call: Call[Part]) -> list[Suggestion]:
    """Whom one might want to follow, and why; nobody while others are refused."""
    if call.services.pressure.level >= levels.PAUSED:
        return []
    limit, offset = call.params.bounds(40, 80)
    found = await search.suggestions(call.db, call.me, limit=limit, offset=offset)
    people = {one.id: one for one in await _presented(call, [one.account_id for one in found])}
    sources = {"friends_of_friends": "past_interactions", "most_followed": "global"}
    return [
        Suggestion(sources[one.why], [one.why], people[str(one.account_id)])
        for one in found
        if str(one.account_id) in people
    ]


@endpoint("GET", "/api/v1/suggestions", user=True, scopes=ACCOUNTS, params=Part, returns=list[Account])
async def old_suggestions(call: Call[Part]) -> list[Account]:
    """The same without reasons."""
    return [one.account for one in await suggestions(call)]  # type: ignore[attr-defined]


@endpoint("DELETE", "/api/v1/suggestions/:id", user=True, scopes=("write:accounts",), params=Dismissal)
async def dismiss(call: Call[Dismissal]) -> None:
    """Somebody is not suggested again."""
    await search.dismiss(call.db, call.me, AccountId(call.params.id))


@endpoint("GET", "/api/v1/directory", urgency=READING, shared_s=SHARED_S, params=DirectoryPart, returns=list[Account])
async def directory(call: Call[DirectoryPart]) -> list[Account]:
    """Everybody who lets others find them."""
    order = call.params.order
    if order not in ("active", "new"):
        raise Invalid("order", "Validation failed: Order is not included in the list", "inclusion")
    limit, offset = call.params.bounds(40, 80)
    return await _presented(
        call, await search.directory(call.db, call.viewer_id, order=order, limit=limit, offset=offset)
    )


async def _presented(call: Call[Any], ids: list[AccountId]) -> list[Account]:
    found = await accounts.by_ids(call.db, ids)
    to = addresses(call.services)
    return [present_account(found[one], to) for one in ids if one in found]
