"""The first page of those who run the place: what is wrong, how it has been for three hours, what is being done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from parvis.base.errors import NotFound
from parvis.console import runbooks
from parvis.console.gate import MODES, REASONS
from parvis.console.routing import is_open, page
from parvis.console.sentences import words
from parvis.domain import admission, health, moderation
from parvis.domain.accounts.types import Viewer
from parvis.domain.health.verdicts.findings import Jobs
from parvis.domain.health.verdicts.verdict import Figure, Unit, figure, shown
from parvis.infra import jobs
from parvis.infra.catalogues import in_figures, later
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

WIDTH, HEIGHT = 300, 48  # of a line, in units of its own
SAFEKEEPING = 6  # of the latest backups and drills
ROWS = 12  # of the table that says the same

SECTION_S = 2  # in which each part of the page is read, or left out
EVERY_S = 10  # an open page renews itself: as often as the watch looks

T = TypeVar("T")
Minutes = Sequence[tuple[datetime, health.Moment]]

URGENCIES = {
    "now": later("People lose by it now."),
    "soon": later("People will lose by it."),
    "note": later("It is unwise."),
}
ROLES = {"web": later("Web processes"), "work": later("Job processes")}


def _use(moment: health.Moment) -> float:
    return moment.use


def _fact(name: str) -> Callable[[health.Moment], float]:
    return lambda moment: moment.facts.get(name, 0.0)


# What is drawn: a heading, the resource, what of it, and its unit.
LINES: tuple[tuple[str, str, Callable[[health.Moment], float], Any], ...] = (
    (later("Answers"), "limiter", _fact("served_per_s"), "per_s"),
    (later("Refused for load"), "limiter", _fact("refused_share"), "share"),
    (later("Failed"), "requests", _fact("failed_per_s"), "per_s"),
    (later("A request takes"), "requests", _fact("mean_s"), "s"),
    (later("Nearly all take at most"), "requests", _fact("p95_s"), "s"),
    (later("Processor"), "cpu", _use, "share"),
    (later("Memory"), "memory", _use, "share"),
    (later("Delay of web processes"), "web", _fact("mean_lag_s"), "s"),
    (later("Connections to the database"), "pool", _use, "share"),
    (later("The database answers in"), "database", _fact("response_s"), "s"),
    (later("Hashing of passwords"), "hashing", _use, "share"),
    (later("Open streams"), "streams", lambda moment: moment.used, "count"),
    (later("Oldest work that waits"), "jobs", _fact("oldest_s"), "s"),
    (later("Letters sent"), "mail", lambda moment: moment.used, "per_s"),
    (later("Disk"), "disk", _use, "share"),
    (later("The media store answers in"), "store", _fact("took_s"), "s"),
)

# The same of what the gate writes down of each minute.
AT_THE_DOOR: tuple[tuple[str, Callable[[admission.GateMinute], float]], ...] = (
    (later("People who wait at the door"), lambda minute: minute.waiting),
    (later("People let in each minute"), lambda minute: minute.admitted),
)

# What a request's time goes to.
SPENT_ON = {
    "own": later("its own computing"),
    "loop": later("the event loop"),
    "place": later("a place among the requests"),
    "client": later("what the client sends"),
    "pool": later("a connection to the database"),
    "sql": later("the database"),
    "hashing": later("hashing of passwords"),
    "storage": later("the media store"),
    "outbound": later("other servers"),
}
EVENTS = {
    "locks": later("locks"),
    "journal": later("its journal"),
    "reading": later("reading from the disk"),
    "other": later("its work"),
}
LEAST_SPENT = 0.005  # of the whole; what is less is not shown

# What a backup or a drill found, in the order in which it is shown.
FOUND: dict[str, tuple[str, Unit]] = {
    "bytes": (later("size"), "bytes"),
    "new_files": (later("new media files"), "count"),
    "copy_age_s": (later("age of the copy"), "s"),
    "account": (later("people"), "count"),
    "post": (later("posts"), "count"),
    "receipt": (later("receipts"), "count"),
    "media_looked_at": (later("media looked at"), "count"),
}


@page("GET", "/console", audience="moderator")
async def show(visit: Visit[Viewer, None]) -> Answer:
    """The whole place on one page: what is wrong first, and of the rest what can be read now.

    A page that is open asks for its sections again, and gets them alone.
    """
    db = visit.db
    seen = await health.seen_by_watch(db, now=visit.now)
    return Page(
        "console/_overview.html" if visit.swaps else "console/overview.html",
        {
            "every_s": EVERY_S,
            "verdicts": [_incident(visit, one) for one in seen.open],
            "past": [_incident(visit, one) for one in seen.past],
            "watched": seen.watched(visit.now),
            "watched_at": seen.watched_at,
            "foreseen": _foreseen(visit, seen),
            "spent": _spent(visit, seen),
            "lines": _lines(visit, seen, await _readable(_at_the_door(visit))),
            "reports": await _readable(_reports(visit)),
            "appeals": await _readable(moderation.open_appeal_count(db)),
            "gate": _gate(visit, await _readable(admission.gate_standing(db))),
            "roles": _roles(visit, await _readable(health.roles_seen(db))),
            "database": _database(visit, await _readable(health.database_seen(db))),
            "jobs": _jobs(visit, await _readable(health.jobs_seen(db))),
            "kept": _kept(visit, await _readable(health.safekeeping(db, SAFEKEEPING))),
        },
    )


async def _readable(asked: Awaitable[T]) -> T | None:
    """What was asked for; None where the answer takes too long, as while somebody holds a lock there."""
    try:
        async with asyncio.timeout(SECTION_S):
            return await asked
    except TimeoutError:
        return None


class Kind(msgspec.Struct, frozen=True):
    kind: str


@page("POST", "/console/jobs/retry", audience="owner", params=Kind)
async def retry(visit: Visit[Viewer, Kind]) -> Answer:
    """The jobs of the kind that were given up are tried again, letters among them."""
    count = await jobs.unpark_kind(visit.db, visit.params.kind)
    if not count:
        raise NotFound
    said = {"kind": visit.params.kind, "count": count}
    await moderation.log.record(
        visit.db, actor_id=visit.me, act="jobs.retry", subject="jobs", details=said, now=visit.now
    )
    return Redirect("/console", "saved")


def _incident(visit: Visit[Viewer, Any], one: health.Incident) -> dict[str, Any]:
    verdict = one.verdict
    return {
        "name": verdict.name,
        "urgency": verdict.urgency,
        "urgency_words": visit.text(URGENCIES[verdict.urgency]),
        "title": words(visit, verdict.title),
        "hurt": words(visit, verdict.hurt),
        "evidence": [(visit.text(number.label), _number(visit, number)) for number in verdict.evidence],
        "action": words(visit, verdict.action),
        "command": verdict.command,
        "gain": words(visit, verdict.gain),
        "runbook": runbooks.path_of(verdict.page) if verdict.page in runbooks.known() else "",
        "opened_at": one.opened_at,
        "closed_at": one.closed_at,
    }


def _number(visit: Visit[Viewer, Any], one: Figure) -> str:
    return in_figures(shown(one), visit.locale)


async def _at_the_door(visit: Visit[Viewer, Any]) -> list[admission.GateMinute]:
    """The minutes of the gate; without the one that goes on, of which not all have been counted."""
    minutes = await admission.gate_history(visit.db, since=visit.now - health.SPAN)
    return [one for one in minutes if one.at <= visit.now - timedelta(minutes=1)]


def _lines(
    visit: Visit[Viewer, Any], seen: health.Watched, door: Sequence[admission.GateMinute] | None
) -> list[dict[str, Any]]:
    """What can be drawn; a line of which nothing was measured, or nothing can be read, is left out."""
    drawn = []
    for heading, resource, pick, unit in LINES:
        minutes = seen.minutes.get(resource, [])
        drawn.append(_line(visit, heading, [(at, pick(moment)) for at, moment in minutes], unit))
    for heading, count in AT_THE_DOOR:
        drawn.append(_line(visit, heading, [(minute.at, float(count(minute))) for minute in door or []], "count"))
    return [one for one in drawn if one is not None]


def _line(
    visit: Visit[Viewer, Any], heading: str, values: Sequence[tuple[datetime, float]], unit: Unit
) -> dict[str, Any] | None:
    if not values:
        return None
    most = max(value for _, value in values)
    step = max(1, len(values) // ROWS)
    return {
        "heading": visit.text(heading),
        "points": points(values, most),
        "now": _number(visit, figure("", values[-1][1], unit)),
        "most": _number(visit, figure("", most, unit)),
        "rows": [(at, _number(visit, figure("", value, unit))) for at, value in values[::-step]],
    }


def points(values: Sequence[tuple[datetime, float]], most: float) -> str:
    """The points of a line through these values; where nothing was measured, it goes straight."""
    first, last = values[0][0], values[-1][0]
    span_s = max((last - first).total_seconds(), 1.0)
    top = max(most, 1e-9)
    return " ".join(
        f"{WIDTH * (at - first).total_seconds() / span_s:.1f},{HEIGHT - 2 - (HEIGHT - 4) * value / top:.1f}"
        for at, value in values
    )


def _spent(visit: Visit[Viewer, Any], seen: health.Watched) -> list[tuple[str, str, str]]:
    """What the time of a request went to in the latest minute: in words, in seconds, and of all of it."""
    latest = {resource: minutes[-1][1].signal for resource, minutes in seen.minutes.items()}
    found = health.seconds_by_wait(latest)
    whole = sum(found.values())
    return [
        (
            _spent_on(visit, name),
            _number(visit, figure("", seconds * 1000)) + " ms",
            _number(visit, figure("", seconds / whole, "share")),
        )
        for name, seconds in found.items()
        if seconds >= LEAST_SPENT * whole
    ]


def _spent_on(visit: Visit[Viewer, Any], name: str) -> str:
    what, _, event = name.partition("@")
    said = visit.text(SPENT_ON[what])
    return f"{said}: {visit.text(EVENTS.get(event, event))}" if event else said


def _foreseen(visit: Visit[Viewer, Any], seen: health.Watched) -> list[tuple[str, str]]:
    """What will happen and in what time, as the watch foresaw it when it last looked."""
    minutes = seen.minutes.get(health.FORECAST, [])
    if not minutes or not seen.watched(visit.now):
        return []
    found = health.from_facts(minutes[-1][1].facts)
    return [(words(visit, one.words), _number(visit, figure("", one.in_s, "s"))) for one in found]


def _gate(visit: Visit[Viewer, Any], standing: admission.Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    binding = standing.binding
    rate = standing.rate_per_s
    return {
        "mode": visit.text(MODES[standing.mode]),
        "rate": None if rate is None else _number(visit, figure("", rate, "per_s")),
        "reason": visit.text(REASONS[binding]) if binding in REASONS else binding or "",
        "waiting": standing.waiting,
    }


async def _reports(visit: Visit[Viewer, Any]) -> dict[str, Any]:
    """How many reports wait, since when, and whether there is a page for them."""
    count, since = await moderation.reports.open_count(visit.db, visit.me)
    return {"count": count, "since": since, "path": "/console/reports" if is_open(visit, "/console/reports") else ""}


def _roles(visit: Visit[Viewer, Any], seen: dict[str, int] | None) -> list[tuple[str, int]] | None:
    return None if seen is None else [(visit.text(words), seen.get(role, 0)) for role, words in ROLES.items()]


def _database(visit: Visit[Viewer, Any], seen: tuple[dict[str, Any], str] | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    facts, version = seen
    return {
        "version": version,
        "size": _number(visit, figure("", facts["size_bytes"], "bytes")),
        "sessions": facts["sessions"],
        "most": facts["most_sessions"],
        "journal": _number(visit, figure("", facts["wal_bytes"], "bytes")) if facts["sees_journal"] else "–",
        "up": _number(visit, figure("", facts["up_s"], "s")),
    }


def _jobs(visit: Visit[Viewer, Any], seen: Jobs | None) -> list[dict[str, Any]] | None:
    """A line a kind: what waits, what is under way, what fails, what was given up."""
    if seen is None:
        return None
    kinds = {one.kind for some in (seen.late, seen.held, seen.failing, seen.parked) for one in some}
    late, held, failing = ({one.kind: one for one in some} for some in (seen.late, seen.held, seen.failing))
    return [
        {
            "kind": kind,
            "late": late[kind].jobs if kind in late else 0,
            "oldest": _number(visit, figure("", late[kind].oldest_s, "s")) if kind in late else "",
            "held": held[kind].jobs if kind in held else 0,
            "failing": failing[kind].jobs if kind in failing else 0,
            "parked": sum(one.jobs for one in seen.parked if one.kind == kind),
        }
        for kind in sorted(kinds)
    ]


def _kept(visit: Visit[Viewer, Any], seen: Sequence[dict[str, Any]] | None) -> list[dict[str, Any]] | None:
    return None if seen is None else [_kept_one(visit, one) for one in seen]


def _kept_one(visit: Visit[Viewer, Any], one: dict[str, Any]) -> dict[str, Any]:
    took_s = (one["ended_at"] - one["began_at"]).total_seconds()
    return one | {
        "words": visit.text(later("Backup")) if one["what"] == "backup" else visit.text(later("Restore drill")),
        "took": _number(visit, figure("", took_s, "s")),
        "found": [
            (visit.text(label), _number(visit, figure("", one["facts"][name], unit)))
            for name, (label, unit) in FOUND.items()
            if name in one["facts"]
        ],
    }
