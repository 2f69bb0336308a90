"""Posts for later: looked at, moved, taken back."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import Invalid
from parvis.domain.posts import scheduled
from parvis.domain.posts.scheduled import BARRED, Scheduled
from parvis.infra.catalogues import later
from parvis.infra.html.problems import message_of
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web import writing
from parvis.web.routing import Call, page
from parvis.web.slices import Slice, older


class OneScheduled(Slice, frozen=True):
    scheduled_id: int = 0


class Taken(msgspec.Struct, frozen=True):
    scheduled_id: int


@page("GET", "/scheduled", audience="session", params=Slice)
async def listing(call: Call[Any]) -> Answer:
    """One's posts for later."""
    found = await scheduled.of(call.db, call.me, call.params.request())
    problems = {one.id: _why(call, one) for one in found.items if one.problem}
    return Page(
        "web/posts/scheduled.html",
        {"planned": found.items, "problems": problems, "next": older(call, found, path="/scheduled")},
    )


def _why(call: Call[Any], one: Scheduled) -> str:
    """Why it could not be published: a field of it, its author's standing, or that what it answers, quotes or shows is
    gone."""
    if one.wrong is not None:
        return message_of(call, one.wrong)
    if one.problem == BARRED:
        return call.text(BARRED)
    return call.text(later("What you sent cannot be accepted."))


@page("POST", "/scheduled/{scheduled_id:str}/move", audience="session", params=OneScheduled, again=listing)
async def move(call: Call[OneScheduled]) -> Answer:
    """It will be published at another time."""
    due_at = writing.moment_of(call.values)
    if due_at is None:
        raise Invalid("scheduled_at", "Scheduled at can't be blank", "invalid")
    await scheduled.reschedule(call.db, call.me, call.params.scheduled_id, due_at=due_at, now=call.now)
    return Redirect("/scheduled", notice="saved")


@page("POST", "/scheduled/{scheduled_id:str}/cancel", audience="session", params=Taken, waiting=True)
async def cancel(call: Call[Taken]) -> Answer:
    """It will not be published."""
    await scheduled.cancel(call.db, call.me, call.params.scheduled_id, now=call.now)
    return Redirect("/scheduled", notice="removed")
