"""Paging parameters, and fetching the posts of a page."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parvis.api.links import page_request
from parvis.api.routing import Call
from parvis.base.ids import PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain import posts
from parvis.domain.relationships.filters import Place


class Paging(msgspec.Struct, frozen=True):
    """The cursors that every list takes."""

    limit: int | None = None
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    def slice(self, default: int = 20, most: int = 40) -> PageRequest:
        return page_request(self.limit, default, most, max_id=self.max_id, since_id=self.since_id, min_id=self.min_id)


async def statuses(call: Call, ids: Sequence[PostId], place: Place | None = None) -> dict[PostId, msgspec.Raw]:
    """Id → encoded status of those posts that the caller may see, in the order asked: one query when they are kept.

    `place`: where clients show them, if the route says so; the caller's filters for other places are left out then.
    """
    if call.token is not None and not call.proven:
        seen, call.proven = await posts.glances_proved(call.db, ids, viewer_id=call.viewer_id, token=call.token)
    else:
        seen = await posts.glances(call.db, ids, viewer_id=call.viewer_id)
    note(call, seen)
    return await call.fragments.statuses(call.db, seen, viewer_id=call.viewer_id, place=place)


def note(call: Call, seen: Sequence[posts.Glance]) -> None:
    """The answer rests on those whose posts are in it, and on the ends of their polls."""
    if call.making is not None:
        for one in (part for glance in seen for part in glance.parts()):
            call.making.rests_on((one.author_id,), one.poll.expires_at if one.poll else None)


async def page_of_statuses(call: Call, page: Page[PostId], place: Place | None = None) -> Page[msgspec.Raw]:
    """A page of ids as a page of statuses; the cursors stay those of the ids."""
    found = await statuses(call, page.items, place)
    return msgspec.structs.replace(page, items=list(found.values()))  # type: ignore[return-value]


async def page_of_glances(
    call: Call, page: Page[posts.Glance], proven: bool, place: Place | None = None
) -> Page[msgspec.Raw]:
    """A page of glances as a page of statuses; `proven` when their statement proved the caller's token."""
    call.proven = call.token is not None and proven
    note(call, page.items)
    shown = await call.fragments.statuses(call.db, page.items, viewer_id=call.viewer_id, place=place)
    return msgspec.structs.replace(page, items=list(shown.values()))  # type: ignore[return-value]
