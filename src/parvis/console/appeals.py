"""Appeals, for moderators: whoever restricted cannot decide about them; somebody else does, with a reason."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from parvis.console import restricting
from parvis.console.routing import page
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Viewer
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

HERE = "/console/appeals"


class Decision(msgspec.Struct, frozen=True):
    restriction_id: int
    decision: Literal["lift", "uphold", ""] = ""
    answer: str = ""


@page("GET", HERE, audience="moderator")
async def listing(visit: Visit[Viewer, Any]) -> Answer:
    """Those that nobody has decided, the one that waits longest first."""
    found = await moderation.open_appeals(visit.db)
    judges = await moderation.judges(visit.db, [one.id for one in found])
    people = await accounts.by_ids(visit.db, sorted({one for some in judges.values() for one in some}))
    failed = visit.params.restriction_id if isinstance(visit.params, Decision) else None
    appeals = [
        one
        | {
            "may": visit.me in judges[one["about"].id],
            "judges": ", ".join(restricting.handle(people, judge) for judge in judges[one["about"].id]),
        }
        for one in await restricting.shown(visit, found)
    ]
    return Page("console/appeals.html", {"appeals": appeals, "failed_id": failed})


@page(
    "POST",
    HERE + "/{restriction_id:str}/decide",
    audience="moderator",
    params=Decision,
    again=listing,
    connects=False,
)
async def decide(visit: Visit[Viewer, Decision]) -> Answer:
    """It stays or is lifted, and whoever appealed is told why."""
    wanted = visit.params
    await moderation.decide_appeal(
        visit.services,
        visit.me,
        wanted.restriction_id,
        lifts=wanted.decision == "lift",
        answer=wanted.answer if wanted.decision else "",
        now=visit.now,
    )
    return Redirect(HERE, notice="saved")
