"""Hashtags and how much they were used in the last seven days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

import msgspec

from parvis.base.ids import id_at, time_of
from parvis.domain.search import queries
from parvis.infra.postgres import Connection
from parvis.infra.text import fold_tag

DAYS = 7


class TagUse(msgspec.Struct, frozen=True):
    """A hashtag; `history` has (day as Unix seconds, posts, people) for each of seven days, newest first."""

    id: int
    name: str
    history: list[tuple[int, int, int]]


async def tags(db: Connection, beginning: str, *, limit: int, offset: int, now: datetime) -> list[TagUse]:
    """Hashtags that begin so, the most used of the last week first."""
    since = _first_day(now)
    names = await queries.names_like(db, fold_tag(beginning), id_at(since), limit, offset)
    return await _with_use(db, names, since)


async def tags_named(db: Connection, names: Sequence[str], *, now: datetime) -> list[TagUse]:
    """The hashtags of these folded names, in this order."""
    return await _with_use(db, list(names), _first_day(now))


async def tag(db: Connection, name: str, *, now: datetime) -> TagUse:
    """That hashtag, used or not: every word could be one."""
    return (await _with_use(db, [fold_tag(name)[:100]], _first_day(now)))[0]


def _first_day(now: datetime) -> datetime:
    return datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=DAYS - 1)


async def _with_use(db: Connection, names: list[str], since: datetime) -> list[TagUse]:
    rows = await queries.recent_uses(db, names, id_at(since)) if names else []
    days = [since + timedelta(days=n) for n in reversed(range(DAYS))]
    found: list[TagUse] = []
    for name in names:
        history: list[tuple[int, int, int]] = []
        for day in days:
            people = [r["account_id"] for r in rows if r["tag"] == name and time_of(r["post_id"]).date() == day.date()]
            history.append((int(day.timestamp()), len(people), len(set(people))))
        found.append(TagUse(crc32(name.encode()), name, history))
    return found
