"""Hashtags and how much they were used in the last seven days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

from parvis.base.errors import NotFound
from parvis.base.ids import id_at
from parvis.domain.search import queries
from parvis.domain.search.types import TagUse
from parvis.infra.postgres import Connection
from parvis.infra.text import fold_tag, hashtag

DAYS = 7


async def tags(db: Connection, beginning: str, *, limit: int, offset: int, now: datetime) -> list[TagUse]:
    """Hashtags that begin so, the most used of the last week first."""
    since = _first_day(now)
    names = await queries.names_like(db, fold_tag(beginning), id_at(since), limit, offset)
    return await _with_use(db, names, since)


async def tags_named(db: Connection, names: Sequence[str], *, now: datetime) -> list[TagUse]:
    """The hashtags of these folded names, in this order."""
    return await _with_use(db, list(names), _first_day(now))


async def tag(db: Connection, name: str, *, now: datetime) -> TagUse:
    """That hashtag, used or not. Raises: NotFound for what no text could name."""
    known = hashtag(name)
    if known is None:
        raise NotFound
    return (await _with_use(db, [known], _first_day(now)))[0]


def tag_id(name: str) -> int:
    """A number for a hashtag, which apps ask for and we do not."""
    return crc32(name.encode())


def _first_day(now: datetime) -> datetime:
    return datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=DAYS - 1)


async def _with_use(db: Connection, names: list[str], since: datetime) -> list[TagUse]:
    rows = await queries.uses_by_day(db, names, id_at(since)) if names else []
    used = {(row["tag"], row["day"]): (row["posts"], row["people"]) for row in rows}
    days = [since + timedelta(days=n) for n in reversed(range(DAYS))]
    return [
        TagUse(tag_id(name), name, [(int(day.timestamp()), *used.get((name, day.date()), (0, 0))) for day in days])
        for name in names
    ]
