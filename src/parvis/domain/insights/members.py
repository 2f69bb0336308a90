"""The worker counts what members did, from what the other rooms wrote: today as far as it has come, and yesterday once more.

Every count is what the tables say now, and replaces what was counted before; so it may be counted as often as one likes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from parvis.base.ids import id_at
from parvis.domain.insights import day_queries as read
from parvis.domain.insights import queries
from parvis.infra.postgres import Database

BACK_ON = (1, 7, 30)
FOLLOWED_FOR = timedelta(days=31)
_DAY = timedelta(days=1)


async def count_members(db: Database, *, now: datetime) -> None:
    """Today's and yesterday's posts, media and apps, who is here today, and who of the newcomers is back."""
    today = now.astimezone(UTC).date()
    for day in (today - _DAY, today):
        span = _ids(day)
        async with db.connection() as connection:
            counts = {
                **await read.written(connection, *span),
                **await read.uploaded(connection, *span),
                **await read.apps_begun(connection, *span),
            }
        async with db.transaction() as tx:
            await queries.counts_stored(tx, day, counts, whole=("media", "app_begun"))
    await _count_active(db, today)
    await _count_back(db, today)
    await _count_newcomers(db, today - _DAY, today)
    for day in (today - _DAY, today):
        await _count_entered(db, day)


async def count_newcomers(db: Database, *, now: datetime) -> None:
    """How far everybody got whose receipt came in the last month, and how many entered on each of its days."""
    today = now.astimezone(UTC).date()
    day = today - FOLLOWED_FOR
    while day <= today:  # a day at a time: on the first, a million may have come
        await _count_newcomers(db, day, day)
        await _count_entered(db, day)
        day += _DAY


async def _count_active(db: Database, today: date) -> None:
    midnight = _midnight(today)
    async with db.connection() as connection:
        counts = await read.active_members(connection, midnight, midnight - 6 * _DAY, midnight - 29 * _DAY)
        counts |= await read.apps_used(connection, midnight)
    async with db.transaction() as tx:
        await queries.counts_stored(tx, today, counts, whole=("app",))


async def _count_back(db: Database, today: date) -> None:
    for days in BACK_ON:
        then = today - days * _DAY
        async with db.transaction() as tx:
            back = await read.came_back(tx, *_ids(then), _midnight(today))
            await queries.counts_stored(tx, then, {("sign_up", f"day_{days}"): back})


async def _count_entered(db: Database, day: date) -> None:
    """Those of whom some will be back: a queue may have kept them for days, so that their receipts are of other days."""
    async with db.transaction() as tx:
        count = await read.entered(tx, *_ids(day))
        await queries.counts_stored(tx, day, {("sign_up", "entered_on"): count})


async def _count_newcomers(db: Database, first: date, last: date) -> None:
    async with db.connection() as connection:
        found = await read.newcomers(connection, id_at(_midnight(first)), id_at(_midnight(last + _DAY)))
    async with db.transaction() as tx:
        for day, counts in sorted(found.items()):
            await queries.counts_stored(tx, day, counts)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _ids(day: date) -> tuple[int, int]:
    """Ids of that day: from the first to the first of the next."""
    return id_at(_midnight(day)), id_at(_midnight(day + _DAY))
