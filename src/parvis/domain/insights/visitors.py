"""The worker's part: visitors become a sketch of the day, and are forgotten."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from parvis.domain.insights import queries, sketches
from parvis.infra.postgres import Connection, Database

AT_ONCE = 20_000
KEPT = timedelta(days=731)


async def count_visitors(db: Database, *, now: datetime) -> None:
    """Everybody whom the processes met is in their day's sketch; who is gone for longer than a pause is forgotten.

    What is promised to be gone goes first, whether or not counting works.
    """
    today = now.astimezone(UTC).date()
    async with db.transaction() as tx:
        await queries.salts_forgotten(tx, today)
    async with db.transaction() as tx:
        await queries.visitors_given_up(tx, today - timedelta(days=1))
    more = True
    while more:
        async with db.transaction() as tx:
            more = await _count(tx) == AT_ONCE
    async with db.transaction() as tx:
        await queries.visitors_forgotten(tx, now)
        await queries.days_forgotten(tx, today - KEPT)


async def _count(tx: Connection) -> int:
    met = await queries.newly_met(tx, AT_ONCE)
    by_day: defaultdict[date, list[int]] = defaultdict(list)
    for day, visitor in met:
        by_day[day].append(visitor)
    for day, visitors in sorted(by_day.items()):
        known = await queries.sketch(tx, day)
        sketch, count = await asyncio.to_thread(sketches.added, known, visitors)
        await queries.sketch_stored(tx, day, sketch, count)
    return len(met)
