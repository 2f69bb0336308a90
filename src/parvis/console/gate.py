"""The gate, for the owner: how it stands, why, how it stood, and what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from parvis.base.errors import Invalid
from parvis.base.ids import AccountId
from parvis.console.routing import ask_first, page
from parvis.console.sentences import words
from parvis.domain import accounts, admission, health, moderation
from parvis.domain.accounts.types import Viewer
from parvis.domain.admission import GateMinute, Standing
from parvis.domain.health.types import Signal
from parvis.infra.catalogues import in_figures, later
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

CHANGES = 30
HISTORY = timedelta(hours=6)
WIDTH, HEIGHT = 600, 120  # of the chart, in units of its own
ROWS = 12  # of the table that says the same

MODES = {
    "auto": later("As many as the server can bear"),
    "open": later("Open to everybody"),
    "cap": later("At most so many"),
    "pause": later("Closed for now"),
}
RESOURCES = {
    "cpu": later("Processor"),
    "memory": later("Memory"),
    "web": later("Web processes"),
    "pool": later("Connections to the database"),
    "database": later("Database"),
    "hashing": later("Hashing of passwords"),
    "streams": later("Open streams"),
    "disk": later("Disk"),
    "mail": later("Mail"),
    "jobs": later("Work that waits"),
    "work": later("Job processes"),
    "pool_of_workers": later("Connections of job processes"),
    "hashing_of_workers": later("Hashing in job processes"),
    "shedding": later("Writing is being refused"),
}
REASONS = RESOURCES | {
    "unmeasured": later("Nothing has been measured yet"),
    "open": later("The owner opened it"),
    "cap": later("The owner set a limit"),
    "pause": later("The owner closed it"),
}
LEVELS = (
    later("Nothing is left out."),
    later("Trends and suggestions pause, films wait, pages for strangers may be a minute old."),
    later("The same, while more is refused."),
    later("Strangers get what the cache has, and nothing else."),
    later("Only writing and signing up; reading from the cache."),
    later("The database is gone: public pages from the cache, sign-ups are kept."),
)


class Order(msgspec.Struct, frozen=True):
    """What the owner says: `cap` is a rate a second, `message` what those who wait will read."""

    mode: Literal["auto", "open", "cap", "pause"]
    cap: str = ""
    message: str = ""


async def _page(visit: Visit[Viewer, Any]) -> Page:
    standing = await admission.gate_standing(visit.db)
    changes = await admission.gate_changes(visit.db, limit=CHANGES)
    minutes = await admission.gate_history(visit.db, since=visit.now - HISTORY)
    signals = await health.headroom(visit.db)
    wrong = await health.first_open(visit.db)
    people = await accounts.by_ids(visit.db, sorted({AccountId(one.by_id) for one in changes if one.by_id}))
    shown = {
        "standing": standing,
        "mode": visit.text(MODES[standing.mode]),
        "rate": _number(visit, standing.rate_per_s),
        "cap": _number(visit, standing.cap_per_s),
        "reason": _reason(visit, standing.binding),
        "kept": None if standing.published.within_range is None else round(100 * standing.published.within_range),
        "wrong": None if wrong is None else _wrong(visit, wrong),
        "resources": _resources(visit, standing),
        "level": (level := _level(visit, signals)),
        "level_words": visit.text(LEVELS[level]),
        "chart": _chart(minutes),
        "rows": _rows(visit, minutes),
        "most": _number(visit, max((one.rate_per_s for one in minutes), default=0.0)),
        "changes": [
            {
                "at": one.at,
                "mode": visit.text(MODES[one.mode]) if one.mode in MODES else one.mode,
                "rate": _number(visit, one.rate_per_s),
                "reason": _reason(visit, one.binding),
                "message": one.message,
                "by": people[AccountId(one.by_id)].handle if one.by_id is not None and one.by_id in people else None,
            }
            for one in changes
        ],
    }
    return Page("console/gate.html", shown)


@page("GET", "/console/gate", audience="owner")
async def show(visit: Visit[Viewer, None]) -> Answer:
    """How the door stands and stood."""
    return await _page(visit)


@page("POST", "/console/gate", audience="owner", params=Order, again=_page)
async def tell(visit: Visit[Viewer, Order]) -> Answer:
    """The door obeys somebody who has just proved who they are; who said so is recorded."""
    order = visit.params
    if asked := await ask_first(visit, "/console/gate", {"cap": order.cap, "message": order.message}):
        return asked
    await admission.command_gate(
        visit.db,
        order.mode,
        cap_per_s=_rate(order.cap) if order.mode == "cap" else None,
        message=order.message,
        by_id=visit.me,
        now=visit.now,
    )
    await moderation.log.record(
        visit.db,
        actor_id=visit.me,
        act="gate.command",
        subject="gate",
        details={"mode": order.mode, "cap": order.cap, "message": order.message},
        now=visit.now,
    )
    return Redirect("/console/gate", "saved")


def _rate(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise Invalid("cap", "Use a number") from None


def _number(visit: Visit[Viewer, Any], value: float | None) -> str | None:
    if value is None:
        return None
    return in_figures(f"{value:.2f}", visit.locale)


def _reason(visit: Visit[Viewer, Any], binding: str | None) -> str:
    return visit.text(REASONS[binding]) if binding in REASONS else binding or ""


def _wrong(visit: Visit[Viewer, Any], one: health.Incident) -> dict[str, Any]:
    """What is most wrong with the place, and what to do: a narrow door is seldom its own cause."""
    verdict = one.verdict
    return {
        "title": words(visit, verdict.title),
        "action": words(visit, verdict.action),
        "command": verdict.command,
        "opened_at": one.opened_at,
    }


def _resources(visit: Visit[Viewer, Any], standing: Standing) -> list[dict[str, Any]]:
    """What the last decision went by, the fullest first."""
    measured = sorted(standing.remembered.measured.items(), key=lambda one: -one[1]["use"])
    return [
        {
            "name": _reason(visit, name),
            "use": round(100 * values["use"]),
            "allows": _number(visit, None if (rate := values.get("allows_per_s")) is None else max(0.0, rate)),
            "binds": name == standing.binding,
        }
        for name, values in measured
        if name != "shedding"
    ]


def _level(visit: Visit[Viewer, Any], signals: dict[str, Signal]) -> int:
    """The worst of all web processes; of this one at least."""
    seen = signals.get("shedding")
    own = visit.request.app.state.overload.level if hasattr(visit.request.app.state, "overload") else 0
    return max(own, 0 if seen is None else int(seen.facts.get("level", 0)))


def _rows(visit: Visit[Viewer, Any], minutes: Sequence[GateMinute]) -> list[tuple[datetime, str | None]]:
    """The line as a table, the newest first: so many rows, at equal distances."""
    step = max(1, -(-len(minutes) // ROWS))
    return [(one.at, _number(visit, one.rate_per_s)) for one in minutes[::-1][::step]]


def _chart(minutes: Sequence[GateMinute]) -> str:
    """The rate over the last hours as the points of a line; empty with too little to draw."""
    if len(minutes) < 2:
        return ""
    most = max(max(one.rate_per_s for one in minutes), 1e-9)
    first, last = minutes[0].at, minutes[-1].at
    span_s = max((last - first).total_seconds(), 1.0)
    return " ".join(
        f"{WIDTH * (one.at - first).total_seconds() / span_s:.1f},{HEIGHT - (HEIGHT - 4) * one.rate_per_s / most:.1f}"
        for one in minutes
    )
