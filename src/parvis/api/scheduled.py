"""Posts for later: looked at, moved, taken back. They are made where posts are."""

from __future__ import annotations

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.scheduled import ScheduledStatus, present_scheduled
from parvis.api.paging import Paging
from parvis.api.routing import Call, endpoint
from parvis.api.statuses import READ, WRITE, moment_of
from parvis.base.errors import Invalid
from parvis.base.pages import Page
from parvis.domain.posts import scheduled


class OneScheduled(msgspec.Struct, frozen=True):
    id: int


class NewTime(msgspec.Struct, frozen=True):
    id: int
    scheduled_at: str | None = None


@endpoint("GET", "/api/v1/scheduled_statuses", user=True, scopes=READ, params=Paging, returns=list[ScheduledStatus])
async def listing(call: Call[Paging]) -> Page[ScheduledStatus]:
    """One's posts for later."""
    page = await scheduled.of(call.db, call.me, call.params.slice())
    to = addresses(call.services)
    return msgspec.structs.replace(page, items=[present_scheduled(one, to) for one in page.items])  # type: ignore[return-value]


@endpoint("GET", "/api/v1/scheduled_statuses/:id", user=True, scopes=READ, params=OneScheduled, returns=ScheduledStatus)
async def read(call: Call[OneScheduled]) -> ScheduledStatus:
    """One post for later."""
    return present_scheduled(await scheduled.one(call.db, call.me, call.params.id), addresses(call.services))


@endpoint("PUT", "/api/v1/scheduled_statuses/:id", user=True, scopes=WRITE, params=NewTime, returns=ScheduledStatus)
@endpoint("PATCH", "/api/v1/scheduled_statuses/:id", user=True, scopes=WRITE, params=NewTime, returns=ScheduledStatus)
async def move(call: Call[NewTime]) -> ScheduledStatus:
    """Publish it at another time."""
    due_at = moment_of(call.params.scheduled_at)
    if due_at is None:
        raise Invalid("scheduled_at", "Validation failed: Scheduled at can't be blank", "blank")
    moved = await scheduled.reschedule(call.db, call.me, call.params.id, due_at=due_at, now=call.now)
    return present_scheduled(moved, addresses(call.services))


@endpoint("DELETE", "/api/v1/scheduled_statuses/:id", user=True, scopes=WRITE, params=OneScheduled)
async def cancel(call: Call[OneScheduled]) -> None:
    """Do not publish it."""
    await scheduled.cancel(call.db, call.me, call.params.id, now=call.now)
