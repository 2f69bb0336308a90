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
from parvis.domain.health.types import Moment, Signal
from parvis.domain.health.verdicts.findings import Jobs
from parvis.infra.postgres import Connection

SPAN = timedelta(hours=3)
WATCHED_WITHIN = timedelta(minutes=2)
INCIDENTS = 20


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """`minutes`: by resource, the last hours, the oldest first. `watched_at`: when somebody last looked at the place."""

    open: tuple[Incident, ...]
    past: tuple[Incident, ...]
    watched_at: datetime | None
    signals: dict[str, Signal]
    roles: dict[str, int]
    minutes: dict[str, list[tuple[datetime, Moment]]]
    jobs: Jobs
    database: dict[str, Any]
    version: str
    kept: tuple[dict[str, Any], ...]

    def watched(self, now: datetime) -> bool:
        """Whether somebody keeps the watch."""
        return self.watched_at is not None and now - self.watched_at < WATCHED_WITHIN


async def overview(db: Connection, *, now: datetime) -> Overview:
    """The place as the watch saw it, and as its processes measure it now."""
    incidents = await watch_queries.incidents(db, INCIDENTS)
    minutes = await watch_queries.minutes(db, now - SPAN)
    readings = await queries.readings(db, FRESH)
    _, version = await queries.server_version(db)
    roles: dict[str, set[str]] = defaultdict(set)
    for one in readings:
        roles[one.role].add(one.process)
    return Overview(
        open=_costliest([one for one in incidents if one.is_open]),
        past=tuple(one for one in incidents if not one.is_open),
        watched_at=minutes[-1][0] if minutes else await watch_queries.last_look(db),
        signals=merged(readings),
        roles={role: len(processes) for role, processes in roles.items()},
        minutes=_by_resource(minutes),
        jobs=await jobs_seen(db),
        database=await gather_queries.facts(db),
        version=version,
        kept=tuple(await watch_queries.safekeeping(db, 6)),
    )


def _costliest(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    rank = {"now": 0, "soon": 1, "note": 2}
    return tuple(sorted(incidents, key=lambda one: (rank[one.verdict.urgency], -one.blame)))


def _by_resource(minutes: Sequence[tuple[datetime, Moment]]) -> dict[str, list[tuple[datetime, Moment]]]:
    found: dict[str, list[tuple[datetime, Moment]]] = defaultdict(list)
    for at, moment in minutes:
        found[moment.resource].append((at, moment))
    return dict(found)
