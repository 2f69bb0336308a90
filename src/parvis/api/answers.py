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

from parvis.base.ids import AccountId
from parvis.domain import timelines
from parvis.domain.timelines import Reliance
from parvis.infra.changes import EVERYBODY, TRUSTED_S, Changes
from parvis.infra.postgres import Connection, Database

SMALL_BYTES = 1024  # what is shorter is kept as it is
MOST_RELIANCES = 20_000

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
        """About how many bytes it takes."""
        return len(self.packed or self.plain or b"") + 8 * len(self.keys) + 500


class _Known:
    """What a reader relies on, by which reading that was so, and how long that can be told."""

    __slots__ = ("reading", "reliance", "until")

    def __init__(self, reliance: Reliance, reading: int, until: float) -> None:
        self.reliance, self.reading, self.until = reliance, reading, until


class Answers:
    """The answers of one process, the least used dropped first. `hits` and `misses` are there to be measured."""

    def __init__(self, db: Database, most_bytes: int) -> None:
        self.changes = Changes(db)
        self.most_bytes = most_bytes
        self.hits = 0
        self.misses = 0
        self._bytes = 0
        self._kept: OrderedDict[Key, Answer] = OrderedDict()
        self._reliances: OrderedDict[AccountId, _Known] = OrderedDict()

    async def find(self, key: Key) -> Answer | None:
        """The answer, if it is still the one that would be made. Raises: as the database does."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until > asyncio.get_running_loop().time():
            reading = await self.changes.read()
            if not self.changes.changed(kept.keys, kept.reading):
                kept.reading = reading
                self.hits += 1
                if self._kept.get(key) is kept:
                    self._kept.move_to_end(key)
                return kept
        self._drop(key, kept)
        return None

    def clear(self) -> None:
        """No answer is remembered; for when what stands beside the posts has changed."""
        for key, kept in list(self._kept.items()):
            self._drop(key, kept)

    async def begin(self) -> int:
        """The reading that an answer made from now on is later than."""
        return self.changes.fresh() or await self.changes.read()

    async def reliance(self, db: Connection, reader: AccountId) -> Reliance:
        """What the reader's pages rely on; fetched again only when something about the reader has changed."""
        now = asyncio.get_running_loop().time()
        known = self._reliances.get(reader)
        if known is None or now > known.until or self.changes.changed((reader,), known.reading):
            reading = self.changes.reading
            known = self._reliances[reader] = _Known(await timelines.reliance_of(db, reader), reading, now + TRUSTED_S)
        else:
            known.reading, known.until = self.changes.reading, now + TRUSTED_S
        self._reliances.move_to_end(reader)
        if len(self._reliances) > MOST_RELIANCES:
            self._reliances.popitem(last=False)
        return known.reliance

    def keep(self, key: Key, body: bytes, link: str | None, made: Making, now: datetime) -> None:
        """The answer is remembered, as long as it fits."""
        self.misses += 1
        lasts_s = min([TRUSTED_S, *((one - now).total_seconds() for one in made.ends)])
        if lasts_s <= 0:
            return
        until = asyncio.get_running_loop().time() + lasts_s
        answer = Answer(body, link, tuple(made.keys), made.reading, until)
        if (old := self._kept.get(key)) is not None:
            self._drop(key, old)
        self._kept[key] = answer
        self._bytes += answer.size
        while self._bytes > self.most_bytes:
            self._drop(*next(iter(self._kept.items())))

    def _drop(self, key: Key, answer: Answer) -> None:
        if self._kept.get(key) is answer:
            del self._kept[key]
            self._bytes -= answer.size


class Making:
    """What is noted while an answer is made: whom it is about (`keys`), and when time alone changes it (`ends`)."""

    __slots__ = ("ends", "keys", "reading", "whole")

    def __init__(self, reading: int) -> None:
        self.reading = reading
        self.keys: set[int] = {EVERYBODY}
        self.ends: list[datetime] = []
        self.whole = False  # everything was noted, so that the answer may be remembered

    def rests_on(self, keys: Iterable[int], *ends: datetime | None) -> None:
        self.keys.update(keys)
        self.ends.extend(one for one in ends if one is not None)


def key_of(token: str, scope: Any) -> Key:
    """Under what an answer is kept."""
    return token, scope["path"], scope["query_string"]
