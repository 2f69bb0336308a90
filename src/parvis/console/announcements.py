"""What is said to everybody: written, planned, changed, ended, deleted."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.console.routing import ask_first, page
from parvis.domain import moderation
from parvis.domain.accounts.types import Viewer
from parvis.infra.catalogues import later
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

ANNOUNCEMENTS = "/console/announcements"
STATES = {"now": later("Shown now"), "later": later("Planned"), "over": later("Over")}


class Written(msgspec.Struct, frozen=True):
    """`starts_at` and `ends_at` as a browser writes a moment, in UTC; empty: at once, and until it is ended."""

    text: str = ""
    starts_at: str = ""
    ends_at: str = ""


class Changed(msgspec.Struct, frozen=True):
    id: int
    text: str = ""
    starts_at: str = ""
    ends_at: str = ""


class One(msgspec.Struct, frozen=True):
    id: int


async def _page(visit: Visit[Viewer, Any]) -> Page:
    found = await moderation.announcements.every(visit.db)
    shown = [(one, _state(one, visit.now)) for one in found]
    return Page(
        "console/announcements.html",
        {
            "announcements": [
                {
                    "one": one,
                    "state": state,
                    "words": visit.text(STATES[state]),
                    "starts": _typed(one.starts_at),
                    "ends": _typed(one.ends_at),
                }
                for one, state in shown
            ],
            "failed": visit.values.get("id", "") if visit.errors else "",
            "most": moderation.announcements.LONGEST_TEXT,
        },
    )


def _typed(moment: datetime | None) -> str:
    """As a browser writes it."""
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _state(one: moderation.Notice, now: datetime) -> str:
    if one.ends_at is not None and one.ends_at <= now:
        return "over"
    return "later" if one.starts_at is not None and one.starts_at > now else "now"


@page("GET", ANNOUNCEMENTS, audience="owner")
async def show(visit: Visit[Viewer, Any]) -> Answer:
    """What is announced, was and will be; and a form for something new."""
    return await _page(visit)


@page("POST", ANNOUNCEMENTS, audience="owner", params=Written, again=_page)
async def announce(visit: Visit[Viewer, Written]) -> Answer:
    """Everybody is told, now or from then on."""
    wanted = visit.params
    starts_at, ends_at = _moment("starts_at", wanted.starts_at), _moment("ends_at", wanted.ends_at)
    if ends_at is not None and ends_at <= visit.now:
        raise Invalid("ends_at", "It must end after it starts", "invalid")
    said: dict[str, Any] = {"text": wanted.text, "starts_at": starts_at, "ends_at": ends_at, "now": visit.now}
    if await moderation.announcements.was_just_said(visit.db, **said):
        return Redirect(ANNOUNCEMENTS, "saved")
    made = await moderation.announcements.announce(visit.db, visit.services.ids, **said)
    noted = {"text": wanted.text[:200], "starts_at": wanted.starts_at, "ends_at": wanted.ends_at}
    await _noted(visit, "announcement.add", made, noted)
    return Redirect(ANNOUNCEMENTS, "saved")


@page("POST", "/console/announcements/change", audience="owner", params=Changed, again=_page)
async def change(visit: Visit[Viewer, Changed]) -> Answer:
    """It says something else from now on, or begins or ends at another time; the log has what it was."""
    wanted = visit.params
    starts_at, ends_at = _moment("starts_at", wanted.starts_at), _moment("ends_at", wanted.ends_at)
    before = await moderation.announcements.change(
        visit.db, wanted.id, text=wanted.text, starts_at=starts_at, ends_at=ends_at, now=visit.now
    )
    began = before.starts_at is None or before.starts_at <= visit.now  # then it stays so, whatever was sent
    said = {
        "before": before.text[:200],
        "before_starts_at": _typed(before.starts_at),
        "before_ends_at": _typed(before.ends_at),
        "text": wanted.text[:200],
        "starts_at": _typed(before.starts_at) if began else wanted.starts_at,
        "ends_at": wanted.ends_at,
    }
    await _noted(visit, "announcement.change", wanted.id, said)
    return Redirect(ANNOUNCEMENTS, "saved")


@page("POST", "/console/announcements/end", audience="owner", params=One)
async def end(visit: Visit[Viewer, One]) -> Answer:
    """Nobody is told any more; that they were stays known."""
    with suppress(NotFound):  # it is over already
        await moderation.announcements.end(visit.db, visit.params.id, now=visit.now)
        await _noted(visit, "announcement.end", visit.params.id, {})
    return Redirect(ANNOUNCEMENTS, "saved")


@page("POST", "/console/announcements/delete", audience="owner", params=One)
async def delete(visit: Visit[Viewer, One]) -> Answer:
    """It is gone, with what people answered to it, if the owner has just proved who they are."""
    if asked := await ask_first(visit, ANNOUNCEMENTS):
        return asked
    with suppress(NotFound):  # it is gone already
        await moderation.announcements.withdraw(visit.db, visit.params.id)
        await _noted(visit, "announcement.remove", visit.params.id, {})
    return Redirect(ANNOUNCEMENTS, "deleted")


def _moment(field: str, text: str) -> datetime | None:
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(field, "This is no time", "no_time") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


async def _noted(visit: Visit[Viewer, Any], act: str, announcement_id: int, details: dict[str, str]) -> None:
    await moderation.log.record(
        visit.db,
        actor_id=visit.me,
        act=act,
        subject=f"announcement:{announcement_id}",
        details=details,
        now=visit.now,
    )
