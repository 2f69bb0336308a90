"""Applying somebody's keyword filters to posts, fast: filters are prepared once a process and version.

A keyword is looked for as one piece of text, ignoring case and width. Whole words are found by marking where words
begin and end, in the keyword as in the text: then both kinds are a plain search, whose work grows in step with the
text whatever people write into their filters (case I9).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import regex

from parvis.base.ids import AccountId, FilterId, PostId
from parvis.domain.relationships import filter_queries as queries
from parvis.domain.relationships.filters import Filter, Place, filter_of
from parvis.infra.postgres import Connection

MOST_SIEVES = 2_000
MOST_REMEMBERED = 1_000  # posts of which a sieve remembers the outcome

# Two characters that no text of people holds, because texts are cleaned of controls.
_EDGE, _GAP = "\x01", "\x02"
# Scripts written without spaces have no words to tell apart: there any piece will do.
_WORD = regex.compile(r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]+", regex.VERSION1)
_INVISIBLE = regex.compile(r"\p{Cf}+")


class Match(msgspec.Struct, frozen=True):
    """A filter, and what of it was found: keywords as they stand in the filter, ids of its posts."""

    filter: Filter
    keywords: list[str]
    post_ids: list[PostId]


class Words:
    """What a post says, in the forms in which keywords are looked for; they are made when first needed."""

    __slots__ = ("_folded", "_marked", "text")

    def __init__(self, parts: Iterable[str]) -> None:
        self.text = _GAP.join(part for part in parts if part)
        self._folded: str | None = None
        self._marked: str | None = None

    @property
    def folded(self) -> str:
        """Without case, width, invisible characters and runs of white space."""
        if self._folded is None:
            self._folded = fold(self.text)
        return self._folded

    @property
    def marked(self) -> str:
        """The same with a mark wherever a word begins or ends."""
        if self._marked is None:
            self._marked = mark(self.folded)
        return self._marked


def fold(text: str) -> str:
    """The form in which texts are compared."""
    return " ".join(unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).casefold().split())


def mark(folded: str) -> str:
    """The text with a mark wherever a word begins or ends."""
    return _WORD.sub(rf"{_EDGE}\g<0>{_EDGE}", folded)


class Sieve:
    """One person's filters at one version (None: they have none any more)."""

    def __init__(self, version: int | None, filters: Sequence[Filter]) -> None:
        self.version = version
        self._filters = filters
        self._needles = [
            (mark(fold(k.keyword)) if k.whole_word else fold(k.keyword), k.whole_word, f.id, k.keyword)
            for f in filters
            for k in f.keywords
        ]
        self._of_post: dict[PostId, list[FilterId]] = {}
        for one in filters:
            for entry in one.posts:
                self._of_post.setdefault(entry.post_id, []).append(one.id)
        self._remembered: dict[tuple[PostId, int], dict[FilterId, list[str]]] = {}

    def matches(
        self, words: Words, ids: Sequence[PostId], version: int, *, place: Place | None, now: datetime
    ) -> list[Match]:
        """What of the filters for that place is in a post; without a place, of all filters.

        The last of the ids is that of the post whose words these are, at that version; a repost's own stands before it.
        """
        keywords = self._keywords(words, ids[-1], version)
        posts: dict[FilterId, list[PostId]] = {}
        for post_id in ids:
            for filter_id in self._of_post.get(post_id, ()):
                posts.setdefault(filter_id, []).append(post_id)
        if not keywords and not posts:
            return []
        return [
            Match(one, keywords.get(one.id, []), posts.get(one.id, []))
            for one in self._filters
            if (one.id in keywords or one.id in posts)
            and (place is None or place in one.places)
            and (one.expires_at is None or one.expires_at > now)
        ]

    def _keywords(self, words: Words, post_id: PostId, version: int) -> dict[FilterId, list[str]]:
        key = (post_id, version)
        known = self._remembered.get(key)
        if known is None:
            known = {}
            for needle, whole, filter_id, keyword in self._needles:
                if needle and needle in (words.marked if whole else words.folded):
                    known.setdefault(filter_id, []).append(keyword)
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = known
        return known


class Sieves:
    """The sieves of one process, the least used dropped first."""

    def __init__(self) -> None:
        self._kept: dict[AccountId, Sieve] = {}

    async def of(self, db: Connection, account_id: AccountId, version: int) -> Sieve:
        """The account's filters as they are at that version or later; one query when this process lacks them."""
        sieve = self._kept.pop(account_id, None)
        if sieve is None or sieve.version != version:
            rows = await queries.versioned_filters(db, account_id)
            sieve = Sieve(rows[0]["version"] if rows else None, [filter_of(row) for row in rows])
        self._kept[account_id] = sieve
        if len(self._kept) > MOST_SIEVES:
            del self._kept[next(iter(self._kept))]
        return sieve
