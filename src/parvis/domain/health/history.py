"""What was measured, minute by minute: put together here, read as the mean of the last minutes, forgotten after a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from parvis.domain.health import machine
from parvis.domain.health import watch_queries as queries
from parvis.domain.health.probes import FREE_HERE
from parvis.domain.health.types import Moment, Signal
from parvis.infra.postgres import Connection

LATELY = timedelta(minutes=2)
MINUTES_KEPT = timedelta(days=30)
HOURS_KEPT = timedelta(days=730)
DAY = timedelta(days=1)


class Span(NamedTuple):
    """From how far back something is compared with now: at most, and at least; and by which rows."""

    most: timedelta
    least: timedelta
    table: queries.Table


HOURS = Span(timedelta(hours=6), timedelta(minutes=30), "health_minute")
WEEKS = Span(timedelta(days=14), timedelta(days=7), "health_hour")


Room = Literal["bytes", "files"]


class Minutes:
    """The minute that is going on, as one process that watches the place sees it."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._seen: dict[str, list[Signal]] = defaultdict(list)

    async def add(self, db: Connection, signals: Mapping[str, Signal], now: datetime) -> None:
        """One look more; the minute's rows say so. A full hour gets its row as well."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._at:
            self._seen.clear()
            if self._at is None or minute.hour != self._at.hour:
                await queries.hours_stored(db, now)
                await queries.old_forgotten(db, now, MINUTES_KEPT, HOURS_KEPT)
            self._at = minute
        for resource, signal in signals.items():
            self._seen[resource].append(signal)
        await queries.minute_stored(db, minute, [mean(several) for several in self._seen.values()])


def mean(several: Sequence[Signal]) -> Moment:
    """Looks at one resource as one."""
    count = len(several)
    facts: dict[str, list[float]] = defaultdict(list)
    for one in several:
        for name, value in one.facts.items():
            facts[name].append(value)
    signal = Signal(
        several[0].resource,
        sum(one.used for one in several) / count,
        sum(one.use for one in several) / count,
        several[-1].capacity,
        {name: sum(values) / len(values) for name, values in facts.items()},
    )
    return Moment(signal, max(one.use for one in several))


async def recent(db: Connection, now: datetime) -> dict[str, Signal]:
    """By resource, the mean of the last minutes."""
    found = await queries.minutes(db, now - LATELY - timedelta(minutes=1))
    return {resource: mean(several).signal for resource, several in _by_resource(found).items()}


async def disk_pace(db: Connection, free_bytes: float, now: datetime) -> float:
    """How many bytes a second the disk of our home has filled by in the last hours; 0 while that is not known.

    It is compared with what a process of this machine saw then: another may have more room, or less.
    """
    return max(0.0, -await _pace(db, "disk", FREE_HERE, free_bytes, now))


async def room_pace(
    db: Connection, what: Room, folder: str, free: float, now: datetime, *, by_weeks: bool = False
) -> float:
    """How much a second of the room in that folder of this machine is used up; 0 while that is not known.

    `by_weeks`: it grows in steps, such as one a day, so that some hours say nothing.
    """
    return max(0.0, -await _pace(db, "disk", room(what, folder), free, now, WEEKS if by_weeks else HOURS))


def room(what: Room, folder: str) -> str:
    """The name of the fact of what is free in a folder here: another machine may have one of the same name."""
    return f"free_{what}@{machine.HOST}:{folder}"


async def journal_pace(db: Connection, wal_bytes: float, now: datetime) -> float:
    """How many bytes a second the database's journal has grown by in the last hours; 0 while that is not known."""
    return max(0.0, await _pace(db, "database", "wal_bytes", wal_bytes, now))


async def letters_of_a_day(db: Connection, now: datetime) -> float:
    """About how many letters the mail service has taken in the last day."""
    return await queries.letters_sent(db, now - DAY)


async def _pace(db: Connection, resource: str, fact: str, value: float, now: datetime, span: Span = HOURS) -> float:
    """By how much a second it has grown to that value."""
    then = await queries.fact_then(db, resource, fact, now - span.most, span.table)
    if then is None or now - then["at"] < span.least:
        return 0.0
    return (value - then["value"]) / (now - then["at"]).total_seconds()


def _by_resource(found: Iterable[tuple[datetime, Moment]]) -> dict[str, list[Signal]]:
    by_resource: dict[str, list[Signal]] = defaultdict(list)
    for _, moment in found:
        by_resource[moment.signal.resource].append(moment.signal)
    return by_resource
