"""What a viewer's keyword filters do to the posts of a page: some are left out, some are folded under the filter's title."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from parvis.base.ids import PostId
from parvis.domain.posts import PostView, readable
from parvis.domain.relationships.filters import Place
from parvis.domain.relationships.sieves import Sieve, Sieves, Words
from parvis.infra.postgres import Database
from parvis.web.routing import Call

# The prepared filters of this process, by the database that they are from.
_prepared: WeakKeyDictionary[Database, Sieves] = WeakKeyDictionary()


class Sifted(dict[int, str]):
    """The titles of the filters that fold a post, by its id (of a repost, its own)."""


async def sift(call: Call[Any], shown: Sequence[PostView], place: Place) -> tuple[list[PostView], Sifted]:
    """The posts that stay, and what is folded; a statement more only where this process lacks the filters."""
    version = next((one.filter_version for one in shown if one.filter_version is not None), None)
    if version is None or call.viewer_id is None:
        return list(shown), Sifted()
    sieve = await _prepared.setdefault(call.services.db, Sieves()).of(call.db, call.viewer_id, version)
    stay: list[PostView] = []
    folded = Sifted()
    for post in shown:
        found = _found(call, sieve, post, place)
        if any(action == "hide" for _, action in found):
            continue
        stay.append(post)
        titles = [title for title, action in found if action == "warn" or post.shown.attachments]
        if titles:
            folded[post.id] = ", ".join(titles)
    return stay, folded


def _found(call: Call[Any], sieve: Sieve, post: PostView, place: Place) -> list[tuple[str, str]]:
    """Title and action of every filter that the post meets; one's own meet none."""
    shown = post.shown
    if shown.author.id == call.viewer_id:
        return []
    ids: list[PostId] = list({post.id, shown.id})
    matches = sieve.matches(Words(readable(shown)), ids, place=place, now=call.now)
    return [(one.filter.title, one.filter.action) for one in matches]
