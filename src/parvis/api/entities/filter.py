"""Filters, of both versions of the API, and what they found in a status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from parvis.base.clock import iso_ms
from parvis.domain.relationships.filters import Filter as OurFilter
from parvis.domain.relationships.filters import FilteredPost, Keyword
from parvis.domain.relationships.sieves import Match

Place = Literal["home", "notifications", "public", "thread", "account"]


class FilterKeyword(msgspec.Struct, frozen=True):
    id: str
    keyword: str
    whole_word: bool


class FilterStatus(msgspec.Struct, frozen=True):
    id: str
    status_id: str


class FoundFilter(msgspec.Struct, frozen=True):
    """A filter as it stands inside a status: without what is in it."""

    id: str
    title: str
    context: list[Place]
    expires_at: str | None
    filter_action: Literal["warn", "hide", "blur"]


class Filter(FoundFilter, frozen=True):
    keywords: list[FilterKeyword]
    statuses: list[FilterStatus]


class FilterResult(msgspec.Struct, frozen=True):
    filter: FoundFilter
    keyword_matches: list[str] | None
    status_matches: list[str] | None


class OldFilter(msgspec.Struct, frozen=True):
    """A keyword of a filter, as the first version of the API knows it."""

    id: str
    phrase: str
    context: list[Place]
    expires_at: str | None
    irreversible: bool
    whole_word: bool


def present_filter(one: OurFilter) -> Filter:
    """The filter with everything in it."""
    return Filter(
        *_head(one),
        keywords=[present_keyword(keyword) for keyword in one.keywords],
        statuses=[present_entry(entry) for entry in one.posts],
    )


def present_keyword(one: Keyword) -> FilterKeyword:
    return FilterKeyword(str(one.id), one.keyword, one.whole_word)


def present_entry(one: FilteredPost) -> FilterStatus:
    return FilterStatus(str(one.id), str(one.post_id))


def present_old_filter(keyword: Keyword, of: OurFilter) -> OldFilter:
    """One keyword with what its filter does."""
    return OldFilter(str(keyword.id), keyword.keyword, of.places, _end(of), of.action == "hide", keyword.whole_word)


def present_results(matches: Sequence[Match]) -> list[FilterResult]:
    """What the viewer's filters found in a status."""
    return [
        FilterResult(FoundFilter(*_head(one.filter)), one.keywords or None, [str(i) for i in one.post_ids] or None)
        for one in matches
    ]


def _head(one: OurFilter) -> tuple[str, str, list[Place], str | None, Literal["warn", "hide", "blur"]]:
    return str(one.id), one.title, one.places, _end(one), one.action


def _end(one: OurFilter) -> str | None:
    return iso_ms(one.expires_at) if one.expires_at else None
