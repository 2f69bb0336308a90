"""Answers that a process remembers for one token and address, each with whom it is about.

A remembered answer is given only when what has been committed by then (`infra.changes`) is about nobody it was made of:
so it is the answer that would be made anew. Who may see what is decided where it is made, and every change of that is a
change that is told.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import zstandard

from parvis.base.clock import utc_now
from parvis.base.ids import AccountId
from parvis.domain import timelines
from parvis.domain.timelines import Reliance
from parvis.infra.changes import EVERYBODY, TRUSTED_S, Changes
from parvis.infra.postgres import Connection, Database

SMALL_BYTES = 1024  # what is shorter is kept as it is
MOST_QUERY_BYTES = 500  # parameters that nobody knows are no reason to keep an answer
KEY_BYTES = 40  # of one number among the keys
MOST_RELIED_ON = 500_000  # keys of all reliances together

Key = tuple[str, str, bytes]  # token, path, query

_packer = zstandard.ZstdCompressor(level=1)
_unpacker = zstandard.ZstdDecompressor()


class Answer:
    """A body (packed where that saves space), its Link header, whom it is about, and by which reading that was so."""

    __slots__ = ("keys", "link", "packed", "plain", "reading", "until")

    def __init__(self, body: bytes, link: str | None, keys: tuple[int, ...], reading: int, until: float) -> None:
        packs = len(body) > SMALL_BYTES
        self.packed = _packer.compress(body) if packs else None
        self.plain = None if packs else body
        self.link, self.keys, self.reading, self.until = link, keys, reading, until

    @property
    def body(self) -> bytes:
        if self.plain is not None:
            return self.plain
        assert self.packed is not None
        return _unpacker.decompress(self.packed)

    @property
    def size(self) -> int:
        """About how many bytes it takes, but for its own key."""
        return len(self.packed or self.plain or b"") + len(self.link or "") + KEY_BYTES * len(self.keys) + 500


class _Known:
    """What a reader relies on, by which reading that was so, and how long that can be told."""

    __slots__ = ("ends", "reading", "reliance", "until")

    def __init__(self, reliance: Reliance, reading: int, until: float, now: datetime) -> None:
        self.reliance, self.reading, self.until = reliance, reading, until
        self.ends = min((one for one in reliance.ends if one > now), default=None)


class Answers:
    """The answers of one process, the least used dropped first. `hits` and `misses` are there to be measured."""

    def __init__(self, db: Database, most_bytes: int) -> None:
        self.changes = Changes(db)
        self.most_bytes = most_bytes
        self.hits = 0
        self.misses = 0
        self.cleared = 0
        self._bytes = 0
        self._relied_on = 0
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._reliances: OrderedDict[AccountId, _Known] = OrderedDict()

    async def find(self, key: Key) -> Answer | None:
        """The answer, if it is still the one that would be made. Raises: as the database does."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until > asyncio.get_running_loop().time():
            reading = await self.changes.read()
            in_time = kept.until > asyncio.get_running_loop().time()  # still: a reading may take long
            if in_time and not self.changes.changed(kept.keys, kept.reading):
                kept.reading = reading
                self.hits += 1
                if self._kept.get(key) is kept:
                    self._kept.move_to_end(key)
                return kept
        self._drop(key, kept)
        return None

    def clear(self) -> None:
        """No answer is remembered; for when what stands beside the posts has changed."""
        self.cleared += 1
        for key, kept in list(self._kept.items()):
            self._drop(key, kept)

    async def begin(self) -> Making:
        """What an answer that is made from now on notes; it knows a reading that the answer is later than."""
        reading = self.changes.fresh() or await self.changes.read()
        return Making(reading, self.cleared)

    async def reliance(self, db: Connection, reader: AccountId) -> Reliance:
        """What the reader's pages rely on; fetched again only when something about the reader has changed."""
        now = asyncio.get_running_loop().time()
        known = self._reliances.get(reader)
        if known is None or self._is_over(known, now) or self.changes.changed((reader,), known.reading):
            reading, asked = self.changes.reading, utc_now()
            known = _Known(await timelines.reliance_of(db, reader), reading, now + TRUSTED_S, asked)
            self._rely(reader, known)
        else:
            known.reading, known.until = self.changes.reading, now + TRUSTED_S
            self._reliances.move_to_end(reader)
        return known.reliance

    def _is_over(self, known: _Known, now: float) -> bool:
        return now > known.until or (known.ends is not None and known.ends <= utc_now())

    def _rely(self, reader: AccountId, known: _Known) -> None:
        old = self._reliances.pop(reader, None)
        self._reliances[reader] = known
        self._relied_on += 1 + len(known.reliance.keys) - (1 + len(old.reliance.keys) if old else 0)
        while self._relied_on > MOST_RELIED_ON and len(self._reliances) > 1:
            _, gone = self._reliances.popitem(last=False)
            self._relied_on -= 1 + len(gone.reliance.keys)

    def keep(self, key: Key, body: bytes, link: str | None, made: Making, now: datetime) -> None:
        """The answer is remembered, as long as it fits. `now`: when the request came; what had ended by then was shown so."""
        self.misses += 1
        kept_at = utc_now()
        lasts_s = min([TRUSTED_S, *((one - kept_at).total_seconds() for one in made.ends if one > now)])
        if lasts_s <= 0 or made.cleared != self.cleared or len(key[2]) > MOST_QUERY_BYTES:
            return
        until = asyncio.get_running_loop().time() + lasts_s
        answer = Answer(body, link, tuple(made.keys), made.reading, until)
        if (old := self._kept.get(key)) is not None:
            self._drop(key, old)
        self._kept[key] = answer
        self._bytes += _size(key, answer)
        while self._bytes > self.most_bytes:
            self._drop(*next(iter(self._kept.items())))

    def _drop(self, key: Key, answer: Answer) -> None:
        if self._kept.get(key) is answer:
            del self._kept[key]
            self._bytes -= _size(key, answer)


class Making:
    """What is noted while an answer is made: whom it is about (`keys`), and when time alone changes it (`ends`)."""

    __slots__ = ("cleared", "ends", "keys", "reading", "whole")

    def __init__(self, reading: int, cleared: int) -> None:
        self.reading, self.cleared = reading, cleared
        self.keys: set[int] = {EVERYBODY}
        self.ends: list[datetime] = []
        self.whole = False  # everything was noted, so that the answer may be remembered

    def rests_on(self, keys: Iterable[int], *ends: datetime | None) -> None:
        self.keys.update(keys)
        self.ends.extend(one for one in ends if one is not None)


def _size(key: Key, answer: Answer) -> int:
    return answer.size + sum(map(len, key))


def key_of(token: str, scope: Any) -> Key:
    """Under what an answer is kept."""
    return token, scope["path"], scope["query_string"]
