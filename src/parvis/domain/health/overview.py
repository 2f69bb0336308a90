"""Everything that the operators' first page shows: what is wrong, how it has been, and what is being done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from parvis.domain.health import gather_queries, queries, watch_queries
from parvis.domain.health.gather import jobs_seen
from parvis.domain.health.headroom import FRESH, merged
from parvis.domain.health.incidents import Incident
from parvis.domain.health.types import Moment, Reading, Signal
from parvis.domain.health.verdicts.findings import Jobs
from parvis.infra.postgres import Connection

SPAN = timedelta(hours=3)
WATCHED_WITHIN = timedelta(minutes=2)
INCIDENTS = 20
SAFEKEEPING = 6

# What fills a resource by which the gate decides; a backup that failed holds nobody up.
DOOR_NARROWING = frozenset({
    "connections_short", "cpu_full", "database_gone", "database_reading", "database_slow", "disk_full", "disk_slow",
    "files_short", "hashing_full", "idle_in_transaction", "index_lost", "lock_held", "loop_blocked", "memory_short",
    "one_client", "pool_exhausted", "processes_dying", "requests_refused", "slow_statement", "streams_full",
    "web_missing",
})  # fmt: skip


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """`minutes`: by resource, the last hours, the oldest first. `watched_at`: when somebody last looked at the place."""

    open: tuple[Incident, ...]
    past: tuple[Incident, ...]
    watched_at: datetime | None
    minutes: dict[str, list[tuple[datetime, Moment]]]

    def watched(self, now: datetime) -> bool:
        """Whether somebody keeps the watch."""
        return self.watched_at is not None and now - self.watched_at < WATCHED_WITHIN


class Overview(Watched, frozen=True, kw_only=True):
    """And what is asked for now."""

    signals: dict[str, Signal]
    roles: dict[str, int]
    jobs: Jobs
    database: dict[str, Any]
    version: str
    kept: tuple[dict[str, Any], ...]


async def seen_by_watch(db: Connection, *, now: datetime) -> Watched:
    """The place as the watch saw it."""
    incidents = await watch_queries.incidents(db, INCIDENTS)
    minutes = await watch_queries.minutes(db, now - SPAN)
    return Watched(
        open=_costliest([one for one in incidents if one.is_open]),
        past=tuple(one for one in incidents if not one.is_open),
        watched_at=minutes[-1][0] if minutes else await watch_queries.last_look(db),
        minutes=_by_resource(minutes),
    )


async def first_open(db: Connection) -> Incident | None:
    """What presses most of what is wrong now, as far as the watch wrote it down."""
    incidents = await watch_queries.incidents(db, INCIDENTS)
    return next((one for one in _costliest([one for one in incidents if one.is_open]) if one.presses), None)


async def narrows_the_door(db: Connection, *, now: datetime) -> str:
    """The name of what people lose by now and which may be why fewer come in; empty for nothing that is known of lately."""
    try:
        incidents = await watch_queries.incidents(db, INCIDENTS)
    except msgspec.MsgspecError:  # a later release may say things that this one does not know: no reason to shut a door
        return ""
    found = [one for one in incidents if _narrows(one, now)]
    return _costliest(found)[0].name if found else ""


def _narrows(one: Incident, now: datetime) -> bool:
    """That people wait is no reason why they do; and nobody is told of what nobody has looked at for minutes."""
    lately = now - one.seen_at < WATCHED_WITHIN
    return one.is_open and lately and one.verdict.urgency == "now" and one.name in DOOR_NARROWING


async def overview(db: Connection, *, now: datetime) -> Overview:
    """The place as the watch saw it, and as its processes measure it now."""
    seen = await seen_by_watch(db, now=now)
    readings = await queries.readings(db, FRESH)
    database, version = await database_seen(db)
    return Overview(
        open=seen.open,
        past=seen.past,
        watched_at=seen.watched_at,
        minutes=seen.minutes,
        signals=merged(readings),
        roles=_roles(readings),
        jobs=await jobs_seen(db),
        database=database,
        version=version,
        kept=tuple(await watch_queries.safekeeping(db, SAFEKEEPING)),
    )


async def roles_seen(db: Connection) -> dict[str, int]:
    """How many processes there are of each role."""
    return _roles(await queries.readings(db, FRESH))


async def database_seen(db: Connection) -> tuple[dict[str, Any], str]:
    """What the database says of itself, and its version."""
    _, version = await queries.server_version(db)
    return await gather_queries.facts(db), version


def _roles(readings: Sequence[Reading]) -> dict[str, int]:
    roles: dict[str, set[str]] = defaultdict(set)
    for one in readings:
        roles[one.role].add(one.process)
    return {role: len(processes) for role, processes in roles.items()}


def _costliest(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    rank = {"now": 0, "soon": 1, "note": 2}
    return tuple(sorted(incidents, key=lambda one: (rank[one.verdict.urgency], -one.blame)))


def _by_resource(minutes: Sequence[tuple[datetime, Moment]]) -> dict[str, list[tuple[datetime, Moment]]]:
    found: dict[str, list[tuple[datetime, Moment]]] = defaultdict(list)
    for at, moment in minutes:
        found[moment.resource].append((at, moment))
    return dict(found)
