"""Encoded statuses that a process keeps: everything of a post but its numbers and the viewer's marks.

A fragment is the JSON of a status with holes. It is used only when the versions of post and author that came with the
viewer's glance are the fragment's own, so nothing old and nothing hidden is ever shown from here.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import msgspec
from msgspec.structs import replace

from parvis.api.entities.addresses import Addresses
from parvis.api.entities.filter import present_results
from parvis.api.entities.poll import present_poll
from parvis.api.entities.status import present_status
from parvis.api.filtering import words_of
from parvis.base.clock import utc_now
from parvis.base.ids import AccountId, PostId
from parvis.domain import posts
from parvis.domain.posts import Glance, PostView, QuoteGlance, Visibility
from parvis.domain.relationships.filters import Place
from parvis.domain.relationships.sieves import Sieves, Words
from parvis.infra.postgres import Connection

MOST_BYTES = 32 * 1024 * 1024

# The numbers of an entity stand behind keys of ours; words of people cannot look like them, their quotes are escaped.
_HOLE = re.compile(
    rb'"(last_status_at|statuses_count|followers_count|following_count|reblogs_count|favourites_count|quotes_count'
    rb'|replies_count|reblog|poll|quote|current_user)":(?:0|null|"unknown")'
)
_ORDER = (
    b"last_status_at",
    b"statuses_count",
    b"followers_count",
    b"following_count",
    b"reblogs_count",
    b"favourites_count",
    b"quotes_count",
    b"replies_count",
    b"reblog",
    b"poll",
    b"quote",
    b"current_user",
)
_NUMBER_KEYS = frozenset(_ORDER[1:8])

Versions = tuple[int, int, int, int, bool, bool]


class Fragment(msgspec.Struct, frozen=True):
    """A status with holes for `_ORDER`, without the closing brace; `pinnable` by its author.

    `words` are what its viewers' filters look at; a repost has none of its own.
    """

    versions: Versions
    template: bytes
    pinnable: bool
    words: Words

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return len(self.template) + 3 * len(self.words.text)


class Fragments:
    """The fragments of one process, the least used dropped first. `hits` and `misses` are there to be measured."""

    def __init__(self, to: Addresses, most_bytes: int = MOST_BYTES) -> None:
        self.to = to
        self.sieves = Sieves()
        self.hits = 0
        self.misses = 0
        self._most_bytes = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[int, Fragment] = OrderedDict()

    def clear(self) -> None:
        """Nothing is kept; for when what stands beside the posts has changed."""
        self._kept.clear()
        self._bytes = 0

    async def statuses(
        self, db: Connection, seen: Sequence[Glance], *, viewer_id: AccountId | None, place: Place | None = None
    ) -> dict[PostId, msgspec.Raw]:
        """The encoded status of each glance, as its viewer sees it; one more query only for what is not kept.

        `place`: where it will be shown, if that is known; only filters for that place are told of.
        """
        wanted = [g for one in seen for g in one.parts()]
        found = {g.id: fragment for g in wanted if (fragment := self._current(g)) is not None}
        missing = [g for g in wanted if g.id not in found]
        self.hits += len(found)
        self.misses += len(missing)
        if missing:
            views = await posts.views(db, list({g.id for g in missing}), viewer_id=viewer_id)
            for view in views:
                found[view.id] = self._keep(view)
        filtered = await self._filtered(db, seen, found, viewer_id, place)
        return {
            one.id: msgspec.Raw(encoded)
            for one in seen
            if (encoded := _filled(one, found, viewer_id, filtered)) is not None
        }

    async def fresh(self, db: Connection, post_id: PostId, *, viewer_id: AccountId) -> msgspec.Raw:
        """The encoded status of a post that its author has just made, kept for everybody else: one query."""
        view = await posts.view(db, post_id, viewer_id=viewer_id)
        self._keep(view)
        return msgspec.Raw(msgspec.json.encode(present_status(view, self.to, viewer_id=viewer_id)))

    async def _filtered(
        self,
        db: Connection,
        seen: Sequence[Glance],
        found: Mapping[PostId, Fragment],
        viewer_id: AccountId | None,
        place: Place | None,
    ) -> dict[PostId, bytes]:
        """What the viewer's filters found, encoded, for those posts in which they found something; never one's own."""
        version = seen[0].filter_version if seen else None
        if version is None or viewer_id is None:
            return {}
        sieve, now = await self.sieves.of(db, viewer_id, version), utc_now()
        results: dict[PostId, bytes] = {}
        for ids in (ids for one in seen for ids in _told_of(one, viewer_id)):
            if ids[-1] in found:
                matches = sieve.matches(found[ids[-1]].words, ids, place=place, now=now)
                if matches:
                    results[ids[0]] = msgspec.json.encode(present_results(matches))
        return results

    def _current(self, glance: Glance) -> Fragment | None:
        kept = self._kept.get(glance.id)
        if kept is None or kept.versions != _versions(glance):
            return None
        self._kept.move_to_end(glance.id)
        return kept

    def _keep(self, view: PostView) -> Fragment:
        fragment = _fragment(view, self.to)
        old = self._kept.pop(view.id, None)
        self._bytes += fragment.size - (old.size if old else 0)
        self._kept[view.id] = fragment
        while self._bytes > self._most_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size
        return fragment


def _versions(glance: Glance) -> Versions:
    shown = glance.shown
    return (
        glance.version, glance.author_version, shown.version, shown.author_version, glance.parent_seen, shown.parent_seen,
    )  # fmt: skip


def _view_versions(view: PostView) -> Versions:
    shown = view.shown
    return (
        view.version, view.author.version, shown.version, shown.author.version, view.parent_seen, shown.parent_seen,
    )  # fmt: skip


def _fragment(view: PostView, to: Addresses) -> Fragment:
    bare = _without_numbers(view)
    if view.repost_of is not None:
        bare = replace(bare, repost_of=_without_numbers(view.repost_of))
    status = present_status(bare, to, viewer_id=None)
    approval = replace(status.quote_approval, current_user="unknown")
    status = replace(status, reblog=None, quote_approval=approval)
    encoded = msgspec.json.encode(status)[:-1].replace(b"%", b"%%")
    holes: list[bytes] = []

    def hole(match: re.Match[bytes]) -> bytes:
        holes.append(match.group(1))
        return b'"' + match.group(1) + (b'":%d' if match.group(1) in _NUMBER_KEYS else b'":%b')

    template = _HOLE.sub(hole, encoded)
    assert tuple(holes) == _ORDER, holes
    pinnable = view.repost_of is None and view.visibility < Visibility.MENTIONED
    return Fragment(_view_versions(view), template, pinnable, words_of(view))


def _without_numbers(view: PostView) -> PostView:
    author = replace(view.author, posts_count=0, followers_count=0, following_count=0, last_post_on=None)
    return replace(
        view,
        author=author,
        poll=None,
        quote=None,
        replies_count=0,
        reposts_count=0,
        favourites_count=0,
        quotes_count=0,
        viewer_known=False,
    )


def _told_of(glance: Glance, viewer_id: AccountId) -> Iterator[tuple[PostId, ...]]:
    """The ids by which each part that is not the viewer's own can be meant: its own, and last that of the words."""
    shown = glance.shown
    if shown.author_id != viewer_id:
        yield (shown.id,)
        if glance.repost_of is not None:
            yield glance.id, shown.id
    inner = shown.quote.post if shown.quote is not None else None
    if inner is not None and inner.author_id != viewer_id:
        yield (inner.id,)


def _filled(
    glance: Glance,
    found: Mapping[PostId, Fragment],
    viewer_id: AccountId | None,
    filtered: Mapping[PostId, bytes],
    *,
    nested: bool = False,
) -> bytes | None:
    fragment = found.get(glance.id)
    if fragment is None:  # gone since the glance
        return None
    inner = b"null"
    if glance.repost_of is not None:
        original = _filled(glance.repost_of, found, viewer_id, filtered)
        if original is None:
            return None
        inner = original
    day = glance.author_last_post_on
    body = fragment.template % (
        b"null" if day is None else b'"%04d-%02d-%02d"' % (day.year, day.month, day.day),
        glance.author_posts,
        glance.author_followers,
        glance.author_following,
        glance.reposts,
        glance.favourites,
        glance.quotes,
        glance.replies,
        inner,
        b"null" if glance.poll is None else _poll(glance, viewer_id),
        b"null" if glance.quote is None else _quote(glance.quote, found, viewer_id, filtered, nested=nested),
        b'"automatic"' if glance.may_quote else b'"denied"',
    )
    if viewer_id is None:
        return body + b"}"
    own = fragment.pinnable and glance.author_id == viewer_id
    pinned = glance.pinned if own else None
    marks = _MARKS[glance.favourited, glance.reposted, glance.muted, glance.bookmarked, pinned]
    hits = filtered.get(glance.id)
    return body + marks if hits is None else body + marks.removesuffix(b"[]}") + hits + b"}"


def _quote(
    quote: QuoteGlance,
    found: Mapping[PostId, Fragment],
    viewer_id: AccountId | None,
    filtered: Mapping[PostId, bytes],
    *,
    nested: bool,
) -> bytes:
    """What the viewer meets of a quote: the quoted status, its id inside another quote, or a state alone."""
    if nested:
        id_ = b"null" if quote.post_id is None else b'"%d"' % quote.post_id
        return b'{"state":"%b","quoted_status_id":%b}' % (quote.state.encode(), id_)
    inner = None if quote.post is None else _filled(quote.post, found, viewer_id, filtered, nested=True)
    state = quote.state if inner is not None or quote.post is None else "unauthorized"  # gone since the glance
    return b'{"state":"%b","quoted_status":%b}' % (state.encode(), inner or b"null")


def _poll(glance: Glance, viewer_id: AccountId | None) -> bytes:
    assert glance.poll is not None
    shown = glance.shown
    own = shown.author_id == viewer_id
    return msgspec.json.encode(present_poll(glance.poll, shown.id, known=viewer_id is not None, own=own))


def _marks(favourited: bool, reposted: bool, muted: bool, bookmarked: bool, pinned: bool | None) -> bytes:
    values = {"favourited": favourited, "reblogged": reposted, "muted": muted, "bookmarked": bookmarked}
    more = {} if pinned is None else {"pinned": pinned}
    return b"," + msgspec.json.encode(values | more | {"filtered": []})[1:]


_EITHER = (False, True)
_MARKS = {marks: _marks(*marks) for marks in product(_EITHER, _EITHER, _EITHER, _EITHER, (None, *_EITHER))}
