"""The people of this place, for moderators: finding them, what is known of them, and what can be done."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parvis.console import restricting
from parvis.console.routing import page
from parvis.domain import moderation
from parvis.domain.accounts.types import Role, State, Viewer
from parvis.domain.moderation import Member
from parvis.infra.catalogues import later
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

LIMIT = 30
STANDINGS = (
    ("", later("Everybody")),
    ("reported", later("Reported")),
    ("restricted", later("Restricted")),
    ("unconfirmed", later("Address not confirmed")),
    ("staff", later("Staff")),
)
STATES = {State.LIMITED: later("Reach limited"), State.SUSPENDED: later("Account suspended")}
ROLES = {Role.MODERATOR: later("Moderator"), Role.OWNER: later("Owner")}


class Wanted(msgspec.Struct, frozen=True):
    q: str = ""
    standing: Literal["", "reported", "restricted", "unconfirmed", "staff"] = ""
    before: int | None = None


class One(msgspec.Struct, frozen=True):
    at: str


class Restricted(restricting.Restricting, frozen=True, kw_only=True):
    at: str


@page("GET", "/console/people", audience="moderator", params=Wanted)
async def listing(visit: Visit[Viewer, Wanted]) -> Answer:
    """The newest first; by handle, name or mail address."""
    wanted = visit.params
    found = await moderation.people.find(
        visit.db, visit.services, visit.me, wanted.q, standing=wanted.standing, below=wanted.before, limit=LIMIT + 1
    )
    query = {name: value for name, value in (("q", wanted.q), ("standing", wanted.standing)) if value}
    more = with_query("/console/people", query | {"before": str(found[LIMIT - 1].id)}) if len(found) > LIMIT else None
    parts = {
        "people": [_shown(visit, one) for one in found[:LIMIT]],
        "next": more,
        "q": wanted.q,
        "standing": wanted.standing,
        "standings": [(name, visit.text(words)) for name, words in STANDINGS],
    }
    return Page("console/_people.html" if visit.swaps else "console/people.html", parts)


async def _person(visit: Visit[Viewer, Any]) -> Page:
    one = await moderation.people.member(visit.db, visit.me, visit.params.at)
    return Page(
        "console/person.html",
        {
            "person": _shown(visit, one),
            "may_act": visit.viewer is not None and visit.viewer.role > one.role,
            "restrictions": await restricting.shown(visit, await moderation.standing(visit.db, one.id)),
            "reports": await moderation.reports.about(visit.db, visit.me, one.id),
            **await restricting.form_parts(visit, post=False),
        },
    )


@page("GET", "/console/people/{at:str}", audience="moderator", params=One)
async def person(visit: Visit[Viewer, One]) -> Answer:
    """What is known of somebody, and what can be done."""
    return await _person(visit)


@page(
    "POST",
    "/console/people/{at:str}/restrict",
    audience="moderator",
    params=Restricted,
    again=_person,
    connects=False,
)
async def restrict(visit: Visit[Viewer, Restricted]) -> Answer:
    """Whoever it is is restricted, and told."""
    one = await _member(visit)
    return await restricting.restrict(visit, one.id, None, return_to=_path(one))


@page("POST", "/console/people/{at:str}/confirm", audience="moderator", params=One, connects=False)
async def confirm(visit: Visit[Viewer, One]) -> Answer:
    """Their address counts as confirmed."""
    one = await _member(visit)
    await moderation.people.confirm_address(visit.services, visit.me, one.id, now=visit.now)
    return Redirect(_path(one), notice="saved")


@page("POST", "/console/people/{at:str}/reset", audience="moderator", params=One, connects=False)
async def reset(visit: Visit[Viewer, One]) -> Answer:
    """A letter with a link to a new password is on its way to them."""
    one = await _member(visit)
    await moderation.people.send_reset(visit.services, visit.me, one.id, now=visit.now)
    return Redirect(_path(one), notice="letter")


async def _member(visit: Visit[Viewer, Any]) -> Member:
    async with visit.services.db.connection() as db:
        return await moderation.people.member(db, visit.me, visit.params.at)


def _path(one: Member) -> str:
    return f"/console/people/@{one.handle}"


def _shown(visit: Visit[Viewer, Any], one: Member) -> dict[str, Any]:
    marks = [visit.text(STATES[one.state])] if one.state in STATES else []
    marks += [visit.text(later("Account frozen"))] if one.frozen else []
    marks += [visit.text(ROLES[one.role])] if one.role in ROLES else []
    return {"about": one, "marks": marks, "path": _path(one)}
