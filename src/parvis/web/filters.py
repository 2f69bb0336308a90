"""Keyword filters: what one does not want to read, where, and what becomes of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from parvis.base.ids import FilterId
from parvis.domain.relationships import filters
from parvis.domain.relationships.filters import FilterChange, KeywordChange
from parvis.infra.catalogues import later
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.routing import Call, page

PLACES = (
    ("home", later("Home and lists")),
    ("notifications", later("Notifications")),
    ("public", later("The square, hashtags, search")),
    ("thread", later("Conversations")),
    ("account", later("Profiles")),
)
ACTIONS = (
    ("warn", later("Fold it away, with the name of the filter")),
    ("blur", later("Fold it away when it has pictures")),
    ("hide", later("Leave it out")),
)
LENGTHS = (
    ("0", later("For good")),
    ("86400", later("One day")),
    ("604800", later("One week")),
    ("2592000", later("Thirty days")),
)


class OneFilter(msgspec.Struct, frozen=True):
    filter_id: int


class FilterForm(msgspec.Struct, frozen=True):
    """`keywords`: one a line. `lasts`: seconds; empty leaves the end where it is."""

    filter_id: int = 0
    title: str = ""
    places: list[str] = []
    action: str = "warn"
    lasts: int | None = None
    keywords: str = ""
    whole_words: bool = False

    @property
    def wanted(self) -> FilterChange:
        ends = UNSET if self.lasts is None else self.lasts or None
        return FilterChange(title=self.title, places=self.places, action=self.action, expires_in_s=ends)

    @property
    def lines(self) -> list[str]:
        return list(dict.fromkeys(line.strip() for line in self.keywords.splitlines() if line.strip()))


def _choices(call: Call[Any]) -> dict[str, object]:
    return {
        "places": [(value, call.text(label)) for value, label in PLACES],
        "actions": [(value, call.text(label)) for value, label in ACTIONS],
        "lengths": [(value, call.text(label)) for value, label in LENGTHS],
    }


@page("GET", "/filters", audience="session")
async def index(call: Call[Any]) -> Answer:
    """One's filters, and a form for a new one."""
    found = await filters.of(call.db, call.me)
    return Page("web/filters/index.html", {"filters": found, "one": None, **_choices(call)})


@page("POST", "/filters", audience="session", params=FilterForm, again=index, waiting=True)
async def create(call: Call[FilterForm]) -> Answer:
    """The filter holds from now on."""
    form = call.params
    keywords = [KeywordChange(keyword=line, whole_word=form.whole_words) for line in form.lines]
    await filters.create(call.db, call.services.ids, call.me, wanted=form.wanted, keywords=keywords, now=call.now)
    return Redirect("/filters", notice="saved")


@page("GET", "/filters/{filter_id:str}", audience="session", params=OneFilter)
async def edit(call: Call[Any]) -> Answer:
    """One filter as it is."""
    found = await filters.one(call.db, call.me, FilterId(call.params.filter_id))
    return Page("web/filters/edit.html", {"one": found, **_choices(call)})


@page("POST", "/filters/{filter_id:str}", audience="session", params=FilterForm, again=edit, waiting=True)
async def change(call: Call[FilterForm]) -> Answer:
    """The filter is as the form says."""
    form, filter_id = call.params, FilterId(call.params.filter_id)
    before = await filters.one(call.db, call.me, filter_id)
    had = {one.keyword: one for one in before.keywords}
    changes = [KeywordChange(id=one.id, remove=True) for one in before.keywords if one.keyword not in form.lines]
    for line in form.lines:
        known = had.get(line)
        changes.append(KeywordChange(id=known.id if known else None, keyword=line, whole_word=form.whole_words))
    await filters.change(
        call.db, call.services.ids, call.me, filter_id, wanted=form.wanted, keywords=changes, now=call.now
    )
    return Redirect("/filters", notice="saved")


@page("POST", "/filters/{filter_id:str}/delete", audience="session", params=OneFilter, waiting=True)
async def delete(call: Call[OneFilter]) -> Answer:
    """The filter is gone."""
    await filters.remove(call.db, call.services.ids, call.me, FilterId(call.params.filter_id))
    return Redirect("/filters", notice="removed")
