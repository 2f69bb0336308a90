"""Whose notifications are let in, and the requests of those whose are not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.notification_policy import (
    NotificationPolicy,
    NotificationRequest,
    V1NotificationPolicy,
    present_policy,
    present_request,
    present_v1_policy,
)
from parvis.api.notifications import READ, WRITE
from parvis.api.paging import Paging, statuses
from parvis.api.people import ids_in
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Invalid, NotFound
from parvis.base.pages import Page
from parvis.domain import notifications
from parvis.domain.notifications import Change, Request, Treatment

REQUESTS = "/api/v1/notifications/requests"
_TREATMENTS: dict[str, Treatment] = {"accept": "accept", "filter": "filter", "drop": "drop"}
MOST_REQUESTS = 1000


class PolicyChange(msgspec.Struct, frozen=True):
    for_not_following: str | None = None
    for_not_followers: str | None = None
    for_new_accounts: str | None = None
    for_private_mentions: str | None = None
    for_limited_accounts: str | None = None
    for_bots: str | None = None


class V1PolicyChange(msgspec.Struct, frozen=True):
    filter_not_following: bool | None = None
    filter_not_followers: bool | None = None
    filter_new_accounts: bool | None = None
    filter_private_mentions: bool | None = None
    filter_bots: bool | None = None


class OneRequest(msgspec.Struct, frozen=True):
    id: int


class ManyRequests(msgspec.Struct, frozen=True):
    id: list[str] = []


@endpoint("GET", "/api/v2/notifications/policy", user=True, scopes=READ, returns=NotificationPolicy)
async def policy(call: Call) -> NotificationPolicy:
    """What becomes of notifications from people one does not know."""
    return present_policy(*await notifications.policy_of(call.db, call.me))


@endpoint("GET", "/api/v1/notifications/policy", user=True, scopes=READ, returns=V1NotificationPolicy)
async def v1_policy(call: Call) -> V1NotificationPolicy:
    """The same for older apps."""
    return present_v1_policy(*await notifications.policy_of(call.db, call.me))


async def change_policy(call: Call[PolicyChange]) -> NotificationPolicy:
    """Another treatment of notifications from people one does not know."""
    chosen: dict[str, Treatment] = {}
    for name, value in msgspec.structs.asdict(call.params).items():
        if value is not None and value not in _TREATMENTS:
            raise Invalid(name, f"Validation failed: {name.replace('_', ' ').capitalize()} is not included in the list")
        if value is not None:
            chosen[name.removeprefix("for_")] = _TREATMENTS[value]
    await notifications.change_policy(call.db, call.me, Change(**chosen))
    return present_policy(*await notifications.policy_of(call.db, call.me))


async def change_v1_policy(call: Call[V1PolicyChange]) -> V1NotificationPolicy:
    """The same from older apps; what is dropped stays so, as long as it is not let in."""
    before, _ = await notifications.policy_of(call.db, call.me)
    chosen: dict[str, Treatment] = {}
    for parameter, kept_back in msgspec.structs.asdict(call.params).items():
        name = parameter.removeprefix("filter_")
        if kept_back is False:
            chosen[name] = "accept"
        elif kept_back and getattr(before, name) == "accept":
            chosen[name] = "filter"
    await notifications.change_policy(call.db, call.me, Change(**chosen))
    return present_v1_policy(*await notifications.policy_of(call.db, call.me))


for _verb in ("PATCH", "PUT"):
    endpoint(
        _verb,
        "/api/v2/notifications/policy",
        user=True,
        scopes=WRITE,
        params=PolicyChange,
        returns=NotificationPolicy,
    )(change_policy)
    endpoint(
        _verb,
        "/api/v1/notifications/policy",
        user=True,
        scopes=WRITE,
        params=V1PolicyChange,
        returns=V1NotificationPolicy,
    )(change_v1_policy)


@endpoint("GET", REQUESTS, user=True, scopes=READ, params=Paging, returns=list[NotificationRequest])
async def requests(call: Call[Paging]) -> Page[NotificationRequest]:
    """People whose notifications wait, the newest first."""
    page = await notifications.requests(call.db, call.me, call.params.slice(40, 80))
    return msgspec.structs.replace(page, items=await _presented(call, page.items))  # type: ignore[return-value]


@endpoint("GET", f"{REQUESTS}/merged", user=True, scopes=READ, returns=dict[str, bool])
async def requests_merged(call: Call) -> dict[str, bool]:
    """Whether accepted requests stand among the notifications: always, they do so at once."""
    return {"merged": True}


@endpoint("GET", f"{REQUESTS}/:id", user=True, scopes=READ, params=OneRequest, returns=NotificationRequest)
async def one_request(call: Call[OneRequest]) -> NotificationRequest:
    """One person whose notifications wait."""
    found = await notifications.request(call.db, call.me, call.params.id)
    return (await _presented(call, [found]))[0]


@endpoint("POST", f"{REQUESTS}/:id/accept", user=True, scopes=WRITE, params=OneRequest)
async def accept_request(call: Call[OneRequest]) -> None:
    """The person is let in, with everything that waited."""
    if not await notifications.accept_requests(call.db, call.me, [call.params.id], now=call.now):
        raise NotFound


@endpoint("POST", f"{REQUESTS}/:id/dismiss", user=True, scopes=WRITE, params=OneRequest)
async def dismiss_request(call: Call[OneRequest]) -> None:
    """What waited is gone."""
    if not await notifications.dismiss_requests(call.db, call.me, [call.params.id]):
        raise NotFound


@endpoint("POST", f"{REQUESTS}/accept", user=True, scopes=WRITE, params=ManyRequests)
async def accept_requests(call: Call[ManyRequests]) -> None:
    """Several people are let in."""
    await notifications.accept_requests(call.db, call.me, ids_in(call.params.id, MOST_REQUESTS), now=call.now)


@endpoint("POST", f"{REQUESTS}/dismiss", user=True, scopes=WRITE, params=ManyRequests)
async def dismiss_requests(call: Call[ManyRequests]) -> None:
    """What waited from several people is gone."""
    await notifications.dismiss_requests(call.db, call.me, ids_in(call.params.id, MOST_REQUESTS))


async def _presented(call: Call, found: Sequence[Request]) -> list[NotificationRequest]:
    ids = list(dict.fromkeys(one.last_post_id for one in found if one.last_post_id is not None))
    shown = await statuses(call, ids, "notifications")
    to = addresses(call.services)
    return [present_request(one, shown, to) for one in found]
