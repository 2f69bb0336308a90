"""Filters of the first version of the API: each is a keyword of one of ours, and does what that filter does."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.filter import OldFilter, present_old_filter
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Invalid
from parvis.domain.relationships import filters
from parvis.domain.relationships.filters import Filter, FilterChange, KeywordChange

READ = ("read:filters",)
WRITE = ("write:filters",)


class NewOldFilter(msgspec.Struct, frozen=True):
    phrase: str = ""
    context: list[str] = []
    irreversible: bool = False
    whole_word: bool = True
    expires_in: int | UnsetType | None = UNSET


class OldFilterUpdate(msgspec.Struct, frozen=True):
    id: int
    phrase: str | None = None
    context: list[str] | None = None
    irreversible: bool | None = None
    whole_word: bool | None = None
    expires_in: int | UnsetType | None = UNSET


class OneOldFilter(msgspec.Struct, frozen=True):
    id: int


async def _one(call: Call, keyword_id: int) -> OldFilter:
    return present_old_filter(*await filters.keyword(call.db, call.me, keyword_id))


@endpoint("GET", "/api/v1/filters", user=True, scopes=READ, returns=list[OldFilter])
async def all_of_them(call: Call) -> list[OldFilter]:
    """The keywords of one's filters, each as a filter of its own."""
    found = await filters.of(call.db, call.me)
    return [present_old_filter(keyword, one) for one in found for keyword in one.keywords]


@endpoint("POST", "/api/v1/filters", user=True, scopes=WRITE, params=NewOldFilter, returns=OldFilter)
async def create(call: Call[NewOldFilter]) -> OldFilter:
    """A new filter with one keyword."""
    asked = call.params
    wanted = FilterChange(
        title=asked.phrase[: filters.LONGEST_TITLE],
        places=asked.context,
        action="hide" if asked.irreversible else "warn",
        expires_in_s=asked.expires_in,
    )
    keywords = [KeywordChange(keyword=asked.phrase, whole_word=asked.whole_word)]
    new = await filters.create(call.db, call.services.ids, call.me, wanted=wanted, keywords=keywords, now=call.now)
    made = await filters.one(call.db, call.me, new)
    return present_old_filter(made.keywords[0], made)


@endpoint("GET", "/api/v1/filters/:id", user=True, scopes=READ, params=OneOldFilter, returns=OldFilter)
async def read(call: Call[OneOldFilter]) -> OldFilter:
    """One keyword as a filter."""
    return await _one(call, call.params.id)


@endpoint("PUT", "/api/v1/filters/:id", user=True, scopes=WRITE, params=OldFilterUpdate, returns=OldFilter)
@endpoint("PATCH", "/api/v1/filters/:id", user=True, scopes=WRITE, params=OldFilterUpdate, returns=OldFilter)
async def change(call: Call[OldFilterUpdate]) -> OldFilter:
    """Change a keyword, and its filter as long as there is no other keyword in that."""
    asked = call.params
    _, whole = await filters.keyword(call.db, call.me, asked.id)
    wanted = _change_of(asked, whole)
    keywords = [KeywordChange(id=asked.id, keyword=asked.phrase, whole_word=asked.whole_word)]
    await filters.change(call.db, call.services.ids, call.me, whole.id, wanted=wanted, keywords=keywords, now=call.now)
    return await _one(call, asked.id)


def _change_of(asked: OldFilterUpdate, whole: Filter) -> FilterChange:
    """Raises: Invalid when other keywords would change with this one."""
    action = None if asked.irreversible is None else "hide" if asked.irreversible else "warn"
    if whole.action == "blur" and action == "warn":
        action = None  # what this version of the API cannot say stays as it is
    if len(whole.keywords) == 1:
        title = None if asked.phrase is None else asked.phrase[: filters.LONGEST_TITLE]
        return FilterChange(title=title, places=asked.context, action=action, expires_in_s=asked.expires_in)
    changes_places = asked.context is not None and set(asked.context) != set(whole.places)
    changes_end = asked.expires_in is not UNSET and (asked.expires_in is not None or whole.expires_at is not None)
    if changes_places or changes_end or (action or whole.action) != whole.action:
        raise Invalid(
            "base",
            "Validation failed: These parameters cannot be changed from this application because they apply to more "
            "than one filter keyword. Use a more recent application or the web interface.",
            "invalid",
        )
    return FilterChange()


@endpoint("DELETE", "/api/v1/filters/:id", user=True, scopes=WRITE, params=OneOldFilter)
async def delete(call: Call[OneOldFilter]) -> None:
    """Delete a keyword, and its filter when nothing else is in that."""
    await filters.remove_keyword(call.db, call.services.ids, call.me, call.params.id, with_empty_filter=True)
