"""Applying somebody's keyword filters to posts, fast: filters are prepared once a process and version.

A keyword is looked for as one piece of text, ignoring case and width. Whole words are found by marking where words
begin and end, in the keyword as in the text: then both kinds are a plain search, whose work grows in step with the
text whatever people write into their filters (case I9).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
import regex

from parvis.base.ids import AccountId, FilterId, PostId
from parvis.domain.relationships import filter_queries as queries
from parvis.domain.relationships.filters import Filter, Place, filter_of
from parvis.infra.postgres import Connection, Row

MOST_SIEVES = 5_000

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

    def matches(self, words: Words, ids: Sequence[PostId], *, place: Place | None, now: datetime) -> list[Match]:
        """What of the filters for that place is in a post; without a place, of all filters.

        `ids`: those by which the post can be meant, that is its own and, for a repost, what it passes on.
        """
        keywords: dict[FilterId, list[str]] = {}
        for needle, whole, filter_id, keyword in self._needles:
            if needle and needle in (words.marked if whole else words.folded):
                keywords.setdefault(filter_id, []).append(keyword)
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


class Sieves:
    """The sieves of one process, the least used dropped first."""

    def __init__(self) -> None:
        self._kept: dict[AccountId, Sieve] = {}

    async def latest(self, db: Connection, account_id: AccountId) -> Sieve | None:
        """The account's filters as they are now, if it has any; one query, or two when this process lacks them."""
        version = await queries.version_of(db, account_id)
        return None if version is None else await self.of(db, account_id, version)

    async def of(self, db: Connection, account_id: AccountId, version: int) -> Sieve:
        """The account's filters as they are at that version or later; one query when this process lacks them."""
        return (await self.of_each(db, {account_id: version}))[account_id]

    async def of_each(self, db: Connection, versions: Mapping[AccountId, int]) -> dict[AccountId, Sieve]:
        """The filters of each account at its version or later; one query for all that this process lacks."""
        found = {account: self._kept.pop(account, None) for account in versions}
        lacking = [account for account, version in versions.items() if _is_other(found[account], version)]
        if lacking:
            rows: dict[AccountId, list[Row]] = {account: [] for account in lacking}
            for row in await queries.versioned_filters(db, lacking):
                rows[row["account_id"]].append(row)
            for account, theirs in rows.items():
                found[account] = Sieve(theirs[0]["version"] if theirs else None, [filter_of(row) for row in theirs])
        current = {account: sieve for account, sieve in found.items() if sieve is not None}
        self._kept.update(current)
        while len(self._kept) > MOST_SIEVES:
            del self._kept[next(iter(self._kept))]
        return current


def _is_other(sieve: Sieve | None, version: int) -> bool:
    return sieve is None or sieve.version != version
