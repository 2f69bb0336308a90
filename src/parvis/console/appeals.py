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
    found = await restricting.shown(visit, await moderation.open_appeals(visit.db))
    failed = visit.params.restriction_id if isinstance(visit.params, Decision) else None
    nobody_else = any(one["mine"] for one in found) and not await _others(visit)
    return Page("console/appeals.html", {"appeals": found, "failed_id": failed, "nobody_else": nobody_else})


async def _others(visit: Visit[Viewer, Any]) -> bool:
    """Whether anybody else here could decide."""
    return any(one != visit.me for one in await accounts.staff_ids(visit.db))


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
