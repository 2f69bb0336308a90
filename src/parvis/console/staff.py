"""Who runs the place, for its owner: roles given and taken, after a fresh proof of who sits before the screen."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.console.routing import ask_first, page
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Role, Viewer
from parvis.infra.catalogues import later
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

STAFF = "/console/staff"
ROLES: dict[str, tuple[Role, str, str]] = {
    "moderator": (
        Role.MODERATOR,
        later("Moderator"),
        later("Sees reports, people and the log, and acts upon members; changes nothing of the place itself."),
    ),
    "owner": (
        Role.OWNER,
        later("Owner"),
        later("May do everything, and makes moderators and other owners. No owner can take it away from another."),
    ),
    "member": (Role.MEMBER, later("Member"), later("Runs nothing here.")),
}


class Suggested(msgspec.Struct, frozen=True):
    """What was asked for before a proof was wanted."""

    handle: str = ""
    role: str = ""


class Appointment(msgspec.Struct, frozen=True):
    handle: str
    role: Literal["member", "moderator", "owner"]


async def _page(visit: Visit[Viewer, Any]) -> Page:
    people = await moderation.staff.current(visit.db)
    assert visit.viewer is not None
    return Page(
        "console/staff.html",
        {
            "staff": [
                {
                    "account": one,
                    "role": visit.text(next(words for role, words, _ in ROLES.values() if role == one.role)),
                    "own": one.id == visit.me,
                    "below": moderation.staff.may_act_upon(visit.viewer.role, one.role or Role.MEMBER),
                }
                for one in people
            ],
            "owners": sum(one.role == Role.OWNER for one in people),
            "roles": [(name, visit.text(words), visit.text(meaning)) for name, (_, words, meaning) in ROLES.items()],
            "handle": visit.values.get("handle", ""),
            "role": visit.values.get("role", "moderator"),
        },
    )


@page("GET", STAFF, audience="owner", params=Suggested)
async def show(visit: Visit[Viewer, Suggested]) -> Answer:
    """Owners and moderators, and what each of them may do."""
    return await _page(visit)


@page("POST", STAFF, audience="owner", params=Appointment, again=_page)
async def give(visit: Visit[Viewer, Appointment]) -> Answer:
    """Somebody has another role, if this session has just been proved to be the owner's."""
    wanted = visit.params
    if asked := await ask_first(visit, with_query(STAFF, {"handle": wanted.handle, "role": wanted.role})):
        return asked
    try:
        target = await accounts.by_handle(visit.db, wanted.handle, domain=visit.settings.domain)
    except NotFound:
        raise Invalid("handle", "Nobody of that name is known here", "unknown") from None
    await moderation.staff.give_role(visit.db, visit.me, target, role=ROLES[wanted.role][0], now=visit.now)
    return Redirect("/home" if target.id == visit.me else STAFF, "saved")
