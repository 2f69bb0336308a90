"""What is much talked of: computed from numbers that everybody can see, by a formula that everybody can read (docs/trends.md).

Nothing here sees a word of a post: what is compared are counts of people, and time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from parvis.base.ids import AccountId, PostId, id_at
from parvis.domain.links import Card
from parvis.domain.search import trend_queries
from parvis.domain.search.tags import DAYS, tag_id
from parvis.domain.search.types import TagUse
from parvis.infra.encoding import from_json, to_json
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services

LEAST_PEOPLE = 3
POSTS_OF = timedelta(days=3)
GOOD_FOR = timedelta(hours=1)  # under load: a place that is always pressed has new lists too
MOST = {"tag": 40, "link": 40, "post": 100}

History = list[tuple[int, int, int]]  # (day as Unix seconds, posts, people), newest first


class LinkUse(msgspec.Struct, frozen=True):
    """A page that is talked of, as it says of itself, and how much it was named."""

    card: Card
    history: History


class Marks(msgspec.Struct, frozen=True):
    """The numbers of a post that count."""

    favourites: int
    reposts: int
    published_at: datetime


class Entry(msgspec.Struct, frozen=True):
    """A line of a list: what, how high, and the numbers that its score follows from."""

    kind: str
    name: str
    score: float
    history: History | None = None
    marks: Marks | None = None
    account_id: int | None = None


# ── the formula ──


def rise(people: Sequence[int], part_of_day: float) -> float:
    """How far a hashtag or page is above its usual: `people` a day for seven days, newest first; how much of today is over."""
    recent = people[0] + people[1] * (1 - part_of_day)
    usual = sum(people[2:DAYS]) / (DAYS - 2)
    if recent < LEAST_PEOPLE or recent <= usual:
        return 0.0
    return (recent - usual) ** 2 / (usual + 1)


def warmth(favourites: int, reposts: int, age_h: float) -> float:
    """How warmly a post is met for its age: one point a person and mark, less with every hour."""
    points = favourites + reposts
    return points / (age_h + 2) ** 1.5 if points >= LEAST_PEOPLE else 0.0


def part_of_day(now: datetime) -> float:
    """How much of the day is over, by UTC."""
    return (now - _midnight(now)) / timedelta(days=1)


# ── computing ──


async def compute(services: Services, *, now: datetime) -> None:
    """The lists are those of this moment; those of the last hour will do while people are being refused."""
    async with services.db.connection() as db:
        if services.pressure.heard and await _will_do(db, now):
            return
        found = await _used(db, "tag", now) + await _used(db, "link", now) + await _posts(db, now)
    entries: list[tuple[str, int, str, int | None, float, str, datetime]] = []
    for kind, most in MOST.items():
        best = sorted(
            (one for one in found if one.kind == kind and one.score > 0), key=lambda one: (-one.score, one.name)
        )
        for place, one in enumerate(best[:most]):
            numbers = to_json(one.history if one.history is not None else one.marks)
            entries.append((kind, place, one.name, one.account_id, one.score, numbers, now))
    async with services.db.transaction() as tx:
        await trend_queries.replaced(tx, entries)


async def _will_do(db: Connection, now: datetime) -> bool:
    computed_at = await trend_queries.computed_at(db)
    return computed_at is not None and now - computed_at < GOOD_FOR


async def _used(db: Connection, kind: str, now: datetime) -> list[Entry]:
    first_day = _midnight(now) - timedelta(days=DAYS - 1)
    lately = id_at(_midnight(now) - timedelta(days=1))
    names = await trend_queries.used_lately(db, kind, lately, LEAST_PEOPLE)
    rows = await trend_queries.uses_by_day(db, kind, names, id_at(first_day))
    used = {(row["name"], row["day"]): (row["posts"], row["people"]) for row in rows}
    days = [first_day + timedelta(days=n) for n in reversed(range(DAYS))]
    found: list[Entry] = []
    for name in names:
        history = [(int(day.timestamp()), *used.get((name, day.date()), (0, 0))) for day in days]
        found.append(Entry(kind, name, rise([people for _, _, people in history], part_of_day(now)), history))
    return found


async def _posts(db: Connection, now: datetime) -> list[Entry]:
    """At most one post by each author, the warmest."""
    best: dict[int, Entry] = {}
    for row in await trend_queries.marked_posts(db, id_at(now - POSTS_OF), LEAST_PEOPLE):
        marks = Marks(row["favourites"], row["reposts"], row["created_at"])
        score = warmth(marks.favourites, marks.reposts, (now - marks.published_at) / timedelta(hours=1))
        entry = Entry("post", str(row["id"]), score, marks=marks, account_id=row["account_id"])
        before = best.get(row["account_id"])
        if before is None or (entry.score, entry.name) > (before.score, before.name):
            best[row["account_id"]] = entry
    return list(best.values())


# ── reading ──


async def tags(db: Connection, *, limit: int, offset: int) -> list[TagUse]:
    """The hashtags that rise most."""
    rows = await trend_queries.of_kind(db, "tag", limit, offset)
    return [TagUse(tag_id(row["name"]), row["name"], from_json(row["numbers"], History)) for row in rows]


async def links(db: Connection, *, limit: int, offset: int) -> list[LinkUse]:
    """The pages that rise most."""
    rows = await trend_queries.links(db, limit, offset)
    return [LinkUse(from_json(row["content"], Card), from_json(row["numbers"], History)) for row in rows]


async def posts(db: Connection, viewer_id: AccountId | None, *, limit: int, offset: int) -> list[PostId]:
    """The posts that are met most warmly, as far as the viewer may see them and has not silenced their authors."""
    return await trend_queries.post_ids(db, viewer_id, limit, offset)


async def published(db: Connection) -> tuple[datetime | None, list[Entry]]:
    """Everything that was computed last and what from, for those who compute it again; and when."""
    rows = await trend_queries.everything(db)
    return (rows[0]["computed_at"] if rows else None), [_entry(row) for row in rows]


def _entry(row: Row) -> Entry:
    if row["kind"] == "post":
        return Entry("post", row["name"], row["score"], marks=from_json(row["numbers"], Marks))
    return Entry(row["kind"], row["url"] or row["name"], row["score"], from_json(row["numbers"], History))


def _midnight(now: datetime) -> datetime:
    return datetime(now.year, now.month, now.day, tzinfo=UTC)
