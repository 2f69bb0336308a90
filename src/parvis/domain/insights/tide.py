"""Whether more or fewer people come than a week before, and what that means for the room there is: for a verdict on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from parvis.domain import health
from parvis.domain.insights import queries
from parvis.infra.postgres import Connection

WEEK = 7
# What grows with the number of visits. Memory does not: most of it is taken before anybody comes.
RESOURCES = ("cpu", "web", "pool", "database", "hashing", "streams")


async def tide(db: Connection, *, now: datetime) -> health.Tide | None:
    """How visits stand, by whole days; None as long as there are not two weeks of them."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=2 * WEEK)
    counted = await queries.counts(db, first, today - timedelta(days=1), ["visits"])
    visits = {day: count for day, _, _, count in counted}
    if not await queries.counted_before(db, first + timedelta(days=1)):
        return None
    resource, use = await health.busiest(db, now - timedelta(days=WEEK), RESOURCES)
    return tide_of(visits, today, resource, use)


def tide_of(visits: dict[date, int], today: date, resource: str = "", use: float = 0.0) -> health.Tide:
    """The means of the seven days before today, and of the seven before those; a day without a number is one without visits."""
    lately, before = (
        sum(visits.get(today - timedelta(days=number), 0) for number in range(first, first + WEEK)) / WEEK
        for first in (1, 1 + WEEK)
    )
    return health.Tide(lately, before, resource, use)
