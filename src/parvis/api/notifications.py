"""Notifications and markers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.notification import KIND_OF, Notification, present_notification
from parvis.api.paging import Paging, statuses
from parvis.api.routing import Call, endpoint
from parvis.base.clock import iso_ms
from parvis.base.errors import BadRequest, NotFound
from parvis.base.ids import AccountId, NotificationId
from parvis.base.pages import Page
from parvis.domain import moderation, notifications
from parvis.domain.notifications import KINDS

READ = ("read:notifications",)
WRITE = ("write:notifications",)


class Listing(Paging, frozen=True):
    types: list[str] = []
    exclude_types: list[str] = []
    account_id: int | None = None
    include_filtered: bool = False

    @property
    def filtered(self) -> bool:
        """Whether those that wait in requests are wanted: when one looks at a single person, they are."""
        return self.include_filtered or self.account_id is not None


class OneNotification(msgspec.Struct, frozen=True):
    id: int


class Timelines(msgspec.Struct, frozen=True):
    timeline: list[str] = []


class Mark(msgspec.Struct, frozen=True):
    last_read_id: int


class Marks(msgspec.Struct, frozen=True):
    home: Mark | None = None
    notifications: Mark | None = None


class Marker(msgspec.Struct, frozen=True):
    last_read_id: str
    version: int
    updated_at: str


def kinds(types: Sequence[str], without: Sequence[str]) -> list[str]:
    """Our kinds for their types; types we do not know match nothing."""
    wanted = {KIND_OF.get(t) for t in types} if types else set(KINDS)
    return [k for k in KINDS if k in wanted and k not in {KIND_OF.get(t) for t in without}]


async def presented(call: Call, found: Sequence[notifications.Notification]) -> list[Notification]:
    """The notifications with their posts: one query however many."""
    ids = list({n.post_id for n in found if n.post_id is not None})
    shown = await statuses(call, ids, "notifications")
    to = addresses(call.services)
    about = await moderation.restrictions(call.db, [n.restriction_id for n in found if n.restriction_id is not None])
    return [p for n in found if (p := present_notification(n, shown, to, about)) is not None]


@endpoint(
    "GET",
    "/api/v1/notifications",
    user=True,
    scopes=READ,
    params=Listing,
    returns=list[Notification],
    remembered=True,
)
async def listing(call: Call[Listing]) -> Page[Notification]:
    """One's notifications, newest first."""
    wanted = call.params
    page = await notifications.of(
        call.db,
        call.me,
        wanted.slice(40, 80),
        kinds=kinds(wanted.types, wanted.exclude_types),
        from_id=AccountId(wanted.account_id) if wanted.account_id is not None else None,
        filtered=wanted.filtered,
    )
    await call.remember(*(one.person.id for one in page.items))
    return msgspec.structs.replace(page, items=await presented(call, page.items))  # type: ignore[return-value]


@endpoint("GET", "/api/v1/notifications/unread_count", user=True, scopes=READ, params=Listing, returns=dict[str, int])
async def unread_count(call: Call[Listing]) -> dict[str, int]:
    """How many notifications are newer than the marker."""
    wanted = call.params
    most = min(abs(wanted.limit or 100), 1000)
    count = await notifications.unread_count(
        call.db, call.me, kinds=kinds(wanted.types, wanted.exclude_types), most=most
    )
    return {"count": count}


@endpoint("GET", "/api/v1/notifications/:id", user=True, scopes=READ, params=OneNotification, returns=Notification)
async def one(call: Call[OneNotification]) -> Notification:
    """One notification."""
    found = await notifications.one(call.db, call.me, NotificationId(call.params.id))
    shown = await presented(call, [found])
    if not shown:
        raise NotFound
    return shown[0]


@endpoint("POST", "/api/v1/notifications/clear", user=True, scopes=WRITE)
async def clear(call: Call) -> None:
    """All notifications are gone."""
    await notifications.clear(call.db, call.me)


@endpoint("POST", "/api/v1/notifications/dismiss", user=True, scopes=WRITE, params=OneNotification)
@endpoint("POST", "/api/v1/notifications/:id/dismiss", user=True, scopes=WRITE, params=OneNotification)
async def dismiss(call: Call[OneNotification]) -> None:
    """One notification is gone."""
    await notifications.dismiss(call.db, call.me, NotificationId(call.params.id))


@endpoint("GET", "/api/v1/markers", user=True, scopes=("read:statuses",), params=Timelines, returns=dict[str, Marker])
async def markers(call: Call[Timelines]) -> dict[str, Marker]:
    """How far one has read; only timelines that were ever marked."""
    found = await notifications.markers(call.db, call.me)
    return {t: _marker(found[t]) for t in call.params.timeline if t in found}


@endpoint("POST", "/api/v1/markers", user=True, scopes=("write:statuses",), params=Marks, returns=dict[str, Marker])
async def mark(call: Call[Marks]) -> dict[str, Marker]:
    """How far one has read is saved."""
    if call.params.home is None and call.params.notifications is None:
        raise BadRequest("Neither home nor notifications is marked")
    saved: dict[str, Marker] = {}
    if call.params.home is not None:
        last = call.params.home.last_read_id
        saved["home"] = _marker(await notifications.mark(call.db, call.me, "home", last, now=call.now))
    if call.params.notifications is not None:
        last = call.params.notifications.last_read_id
        saved["notifications"] = _marker(
            await notifications.mark(call.db, call.me, "notifications", last, now=call.now)
        )
    return saved


def _marker(one: notifications.Marker) -> Marker:
    return Marker(str(one.last_read_id), one.version, iso_ms(one.updated_at))
