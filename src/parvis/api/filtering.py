"""What somebody's filters find in a post, in the words of the client API."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from parvis.api.entities.filter import FilterResult, present_results
from parvis.api.entities.status import Status
from parvis.base.ids import AccountId, PostId
from parvis.domain.posts import PostView, readable
from parvis.domain.relationships.filters import Place
from parvis.domain.relationships.sieves import Sieve, Words


def words_of(view: PostView) -> Words:
    """Everything that somebody can read in a post; a repost says nothing of its own."""
    if view.repost_of is not None:
        return Words(())
    return Words(readable(view))


def with_results(
    status: Status, view: PostView, sieve: Sieve, *, viewer_id: AccountId, place: Place | None, now: datetime
) -> Status:
    """The status of that post with what the viewer's filters find; the same status when they find nothing."""
    shown = view.shown
    status = _with_results_in_quote(status, view, sieve, viewer_id=viewer_id, place=place, now=now)
    if shown.author.id == viewer_id:
        return status
    words = words_of(shown)

    def results(*ids: PostId) -> list[FilterResult]:
        return present_results(sieve.matches(words, ids, place=place, now=now))

    if view.repost_of is None:
        found = results(view.id)
        return replace(status, filtered=found) if found else status
    found = results(view.id, shown.id)
    if not found or status.reblog is None:
        return status
    return replace(status, filtered=found, reblog=replace(status.reblog, filtered=results(shown.id)))


def _with_results_in_quote(
    status: Status, view: PostView, sieve: Sieve, *, viewer_id: AccountId, place: Place | None, now: datetime
) -> Status:
    if status.reblog is not None and view.repost_of is not None:
        inner = _with_results_in_quote(status.reblog, view.repost_of, sieve, viewer_id=viewer_id, place=place, now=now)
        return status if inner is status.reblog else replace(status, reblog=inner)
    post = view.quote.post if view.quote else None
    if post is None or status.quote is None or not isinstance(status.quote.quoted_status, Status):
        return status
    quoted = with_results(status.quote.quoted_status, post, sieve, viewer_id=viewer_id, place=place, now=now)
    return replace(status, quote=replace(status.quote, quoted_status=quoted))
