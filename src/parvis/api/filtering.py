"""What somebody's filters find in a post, in the words of the client API."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from parvis.api.entities.filter import FilterResult, present_results
from parvis.api.entities.status import Status
from parvis.base.ids import AccountId, PostId
from parvis.domain.posts import PostView
from parvis.domain.relationships.filters import Place
from parvis.domain.relationships.sieves import Sieve, Words
from parvis.infra.text import plain


def words_of(view: PostView) -> Words:
    """Everything that somebody can read in a post; a repost says nothing of its own."""
    if view.repost_of is not None:
        return Words(())
    options = view.poll.options if view.poll else []
    descriptions = [item.description or "" for item in view.attachments]
    return Words([view.warning, view.text or plain(view.html), *options, *descriptions])


def with_results(
    status: Status, view: PostView, sieve: Sieve, *, viewer_id: AccountId, place: Place | None, now: datetime
) -> Status:
    """The status of that post with what the viewer's filters find; the same status when they find nothing."""
    shown = view.shown
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
