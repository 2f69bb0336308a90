"""What happens by the clock: the table clock → functions.

A row a schedule says when it is due next. Whichever worker notices first moves the time on and enqueues the work, in
one transaction; so each turn is one job, with the leases and retries of any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import msgspec
import structlog

from parvis.base.clock import utc_now
from parvis.domain import (
    accounts,
    admission,
    belongings,
    insights,
    links,
    media,
    moderation,
    posts,
    relationships,
    search,
)
from parvis.infra import changes, jobs
from parvis.infra.jobs import NewJob
from parvis.infra.postgres import Connection
from parvis.infra.queue import Job
from parvis.infra.services import Services
from parvis.worker import drill
from parvis.worker.handlers import Handler
from parvis.worker.outcomes import DATABASE_TROUBLE

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 20


class Schedule(msgspec.Struct, frozen=True):
    """A function and how often it runs."""

    function: Callable[[Services], Awaitable[None]]
    every: timedelta
    time_limit_s: float = 1800

    @property
    def kind(self) -> str:
        return f"scheduled.{self.function.__name__}"


async def purge_unattached_media(services: Services) -> None:
    """Uploads that no post took are gone."""
    purged = await media.purge_unattached(services, now=utc_now()) + await media.purge_uploads(services, now=utc_now())
    if purged:
        log.info("schedule.media_purged", pictures=purged)


async def delete_expired_rows(services: Services) -> None:
    """Sessions, links, codes, keys and mutes that have run out are gone."""
    now = utc_now()
    for delete in (
        accounts.delete_expired,
        posts.delete_expired,
        relationships.delete_expired,
        admission.forget_gate,
    ):
        async with services.db.transaction() as tx:
            await delete(tx, now=now)


async def let_evidence_go(services: Services) -> None:
    """What moderators kept as evidence is gone once nobody can appeal any more."""
    await moderation.evidence.let_go(services, now=utc_now())


async def lapse_admissions(services: Services) -> None:
    """Admissions that nobody used in a week have lapsed; what long lapsed ones knew of a person is gone."""
    for step in (admission.lapse, admission.forget):
        more = True
        while more:
            async with services.db.transaction() as tx:
                more = await step(tx, now=utc_now()) > 0


async def index_what_was_there(services: Services) -> None:
    """What is older than the index of words is in it."""
    indexed = await search.work_off(services)
    if indexed:
        log.info("schedule.indexed", posts_and_accounts=indexed)


async def delete_unused_previews(services: Services) -> None:
    """Previews that no post shows are gone with their pictures."""
    await links.delete_unused(services, now=utc_now())


async def compute_trends(services: Services) -> None:
    """The lists of what is much talked of are those of this moment."""
    await search.trends.compute(services, now=utc_now())


async def delete_old_changes(services: Services) -> None:
    """What changed is told for a quarter of an hour."""
    async with services.db.connection() as db:
        await changes.delete_old(db, now=utc_now())


async def delete_old_archives(services: Services) -> None:
    """Archives that were asked for more than a week ago are gone."""
    await belongings.archive.purge(services, now=utc_now())


async def count_visitors(services: Services) -> None:
    """Whom web processes met is in the day's sketch, and forgotten."""
    await insights.count_visitors(services.db, now=utc_now())


async def count_members(services: Services) -> None:
    """Today's numbers of what members do are those of this moment."""
    await insights.count_members(services.db, now=utc_now())


async def count_newcomers(services: Services) -> None:
    """How newcomers of the last month fare is counted anew."""
    await insights.count_newcomers(services.db, now=utc_now())


async def try_the_newest_copy(services: Services) -> None:
    """Once a week it is known whether the newest backup can be brought back."""
    await drill.when_due(services)


SCHEDULES = (
    Schedule(try_the_newest_copy, timedelta(hours=1), time_limit_s=3 * 3600),
    Schedule(count_members, timedelta(minutes=15)),
    Schedule(count_newcomers, timedelta(hours=6)),
    Schedule(count_visitors, timedelta(minutes=1)),
    Schedule(delete_old_archives, timedelta(hours=1)),
    Schedule(purge_unattached_media, timedelta(hours=1)),
    Schedule(delete_expired_rows, timedelta(hours=1)),
    Schedule(let_evidence_go, timedelta(hours=1)),
    Schedule(delete_old_changes, timedelta(minutes=5)),
    Schedule(lapse_admissions, timedelta(minutes=5)),
    Schedule(delete_unused_previews, timedelta(hours=1)),
    Schedule(compute_trends, timedelta(minutes=5)),
    Schedule(index_what_was_there, timedelta(minutes=10)),
)


def handlers(schedules: Sequence[Schedule] = SCHEDULES) -> dict[str, Handler]:
    """The kinds of job that schedules become; one of each at a time in the whole cluster."""
    return {one.kind: Handler(_running(one), limit=1, time_limit_s=one.time_limit_s) for one in schedules}


def _running(schedule: Schedule) -> Callable[[Services, Job], Awaitable[None]]:
    async def run(services: Services, _: Job) -> None:
        await schedule.function(services)

    return run


async def keep(services: Services, schedules: Sequence[Schedule] = SCHEDULES) -> None:
    """What is due by the clock is enqueued, until this is cancelled."""
    while True:
        try:
            async with services.db.transaction() as tx:
                await enqueue_due(tx, schedules)
        except DATABASE_TROUBLE as error:
            log.debug("schedules.wait_for_database", error=repr(error))
        await asyncio.sleep(LOOK_EVERY_S)


async def enqueue_due(tx: Connection, schedules: Sequence[Schedule] = SCHEDULES) -> list[str]:
    """Kinds of the schedules whose time has come, enqueued now; the next time is set. New schedules are due at once."""
    rows = await tx.fetch(
        """
        INSERT INTO schedule AS known (name, due_at)
        SELECT name, now() + every
          FROM unnest($1::text[], $2::interval[]) AS wanted (name, every)
            ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE known.due_at <= now()
        RETURNING name
        """,
        [one.kind for one in schedules],
        [one.every for one in schedules],
    )
    due = [row["name"] for row in rows]
    await jobs.enqueue_many(tx, [NewJob(kind, {}, priority=10, dedupe_key=kind) for kind in due])
    return due
