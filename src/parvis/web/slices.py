"""Slices of timelines and lists: cursors in the address, posts in the page, the way to the next slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.base.pages import Page as IdPage
from parvis.base.pages import PageRequest
from parvis.domain import accounts, posts, relationships
from parvis.domain.accounts.types import Account
from parvis.domain.relationships.filters import Place
from parvis.domain.relationships.types import Relationship
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page
from parvis.web.routing import Call
from parvis.web.sifting import sift

LIMIT = 20


class Slice(msgspec.Struct, frozen=True):
    """Where in a list somebody is: older than `before`, or, for what is new, newer than `after`."""

    before: int | None = None
    after: int | None = None

    def request(self, limit: int = LIMIT) -> PageRequest:
        return PageRequest(limit=limit, max_id=self.before, since_id=self.after)


class Person(msgspec.Struct, frozen=True):
    """Somebody in a list, and what they are to the viewer."""

    account: Account
    relation: Relationship


def older(call: Call[Any], page: IdPage[Any], *, path: str = "", **query: str) -> str | None:
    """The address of the next slice, when this one is full; `path` where a list is also shown in answer to a form."""
    if len(page.items) < LIMIT or page.last_cursor is None or call.params.after is not None:
        return None
    return with_query(path or call.request.url.path, {**query, "before": str(page.last_cursor)})


async def timeline(
    call: Call[Any],
    template: str,
    page: IdPage[PostId],
    *,
    place: Place | None = None,
    part: str = "web/posts/_posts.html",
    **context: object,
) -> Answer:
    """The posts of these ids in that template; htmx gets the part alone. `place`: which of the viewer's filters apply."""
    shown = await posts.views(call.db, page.items, viewer_id=call.viewer_id)
    folded: dict[int, str] = {}
    if place is not None:
        shown, folded = await sift(call, shown, place)
    parts = {"posts": shown, "folded": folded, "next": older(call, page), "older": call.params.before is not None}
    if call.swaps:
        # Filters may have left out some, so it cannot be seen by their number whether there are more.
        return Page(part, parts, headers={"X-Full": "1"} if len(page.items) >= LIMIT else {})
    return Page(template, {**parts, **context})


async def people(call: Call[Any], ids: Sequence[AccountId]) -> list[Person]:
    """Those accounts in that order, with what each is to the viewer; two queries."""
    found = await accounts.by_ids(call.db, ids)
    relations: dict[AccountId, Relationship] = {}
    if call.viewer_id is not None and ids:
        relations = {one.account_id: one for one in await relationships.between(call.db, call.viewer_id, ids)}
    return [Person(found[id_], relations.get(id_, Relationship(account_id=id_))) for id_ in ids if id_ in found]
