"""Notifications in groups (version 2, and the address that it had before it was finished)."""

from __future__ import annotations

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import addresses
from parvis.api.entities.notification import KIND_OF
from parvis.api.entities.notification_group import GroupedNotificationsResults, present_groups
from parvis.api.notifications import READ, WRITE, Listing, kinds
from parvis.api.paging import Paging, statuses
from parvis.api.routing import Call, endpoint
from parvis.base.errors import BadRequest, NotFound
from parvis.base.ids import AccountId
from parvis.base.pages import Page
from parvis.domain import moderation, notifications
from parvis.domain.notifications import GROUPED, Groups


class GroupListing(Listing, frozen=True):
    grouped_types: list[str] | None = None
    expand_accounts: str = "full"


class OneGroup(msgspec.Struct, frozen=True):
    group_key: str


class AccountsOfGroup(Paging, frozen=True):
    group_key: str = ""


@endpoint(
    "GET",
    "/api/v2_alpha/notifications",
    user=True,
    scopes=READ,
    params=GroupListing,
    returns=GroupedNotificationsResults,
)
@endpoint(
    "GET", "/api/v2/notifications", user=True, scopes=READ, params=GroupListing, returns=GroupedNotificationsResults
)
async def group_listing(call: Call[GroupListing]) -> Page[GroupedNotificationsResults]:
    """One's notifications, newest first, those of one kind about one thing together."""
    wanted = call.params
    if wanted.expand_accounts not in ("full", "partial_avatars"):
        raise BadRequest(f"Invalid value for 'expand_accounts': '{wanted.expand_accounts[:100]}'")
    found = await notifications.groups(
        call.db,
        call.me,
        wanted.slice(40, 80),
        kinds=kinds(wanted.types, wanted.exclude_types),
        grouped=grouped(wanted),
        from_id=AccountId(wanted.account_id) if wanted.account_id is not None else None,
        filtered=wanted.filtered,
    )
    body = await _presented(call, found, partial=wanted.expand_accounts == "partial_avatars")
    return msgspec.structs.replace(found.page, items=body)  # type: ignore[return-value]


@endpoint(
    "GET",
    "/api/v2_alpha/notifications/unread_count",
    user=True,
    scopes=READ,
    params=GroupListing,
    returns=dict[str, int],
)
@endpoint(
    "GET", "/api/v2/notifications/unread_count", user=True, scopes=READ, params=GroupListing, returns=dict[str, int]
)
async def unread_group_count(call: Call[GroupListing]) -> dict[str, int]:
    """How many groups of notifications have something newer than the marker."""
    wanted = call.params
    most = min(abs(wanted.limit or 100), 1000)
    found = kinds(wanted.types, wanted.exclude_types)
    return {
        "count": await notifications.unread_groups(call.db, call.me, kinds=found, grouped=grouped(wanted), most=most)
    }


@endpoint(
    "GET",
    "/api/v2_alpha/notifications/:group_key",
    user=True,
    scopes=READ,
    params=OneGroup,
    returns=GroupedNotificationsResults,
)
@endpoint(
    "GET",
    "/api/v2/notifications/:group_key",
    user=True,
    scopes=READ,
    params=OneGroup,
    returns=GroupedNotificationsResults,
)
async def one_group(call: Call[OneGroup]) -> GroupedNotificationsResults:
    """One group of notifications."""
    found = await notifications.group(call.db, call.me, call.params.group_key)
    body = await _presented(call, found, paged=False)
    if not body.notification_groups:
        raise NotFound
    return body


@endpoint(
    "GET",
    "/api/v2/notifications/:group_key/accounts",
    user=True,
    scopes=READ,
    params=AccountsOfGroup,
    returns=list[Account],
)
async def accounts_of_group(call: Call[AccountsOfGroup]) -> Page[Account]:
    """Everybody in one group, the latest first."""
    page = await notifications.members(call.db, call.me, call.params.group_key, call.params.slice(40, 80))
    to = addresses(call.services)
    return msgspec.structs.replace(page, items=[present_account(one.person, to) for one in page.items])  # type: ignore[return-value]


@endpoint("POST", "/api/v2_alpha/notifications/:group_key/dismiss", user=True, scopes=WRITE, params=OneGroup)
@endpoint("POST", "/api/v2/notifications/:group_key/dismiss", user=True, scopes=WRITE, params=OneGroup)
async def dismiss_group(call: Call[OneGroup]) -> None:
    """Every notification of one group is gone."""
    await notifications.dismiss_group(call.db, call.me, call.params.group_key)


@endpoint("POST", "/api/v2/notifications/clear", user=True, scopes=WRITE)
async def clear_groups(call: Call) -> None:
    """All notifications are gone."""
    await notifications.clear(call.db, call.me)


def grouped(wanted: GroupListing) -> list[str]:
    """Our kinds of the types that are wanted in groups; all that can be, when nothing is said."""
    if wanted.grouped_types is None:
        return list(GROUPED)
    return [kind for one in wanted.grouped_types if (kind := KIND_OF.get(one)) is not None]


async def _presented(
    call: Call, found: Groups, *, partial: bool = False, paged: bool = True
) -> GroupedNotificationsResults:
    ids = list(dict.fromkeys(one.post_id for one in found.page.items if one.post_id is not None))
    warned = [one.newest_id for one in found.page.items if one.kind == "moderation_warning"]
    about = await notifications.restrictions_of(call.db, call.me, warned)
    known = await moderation.restrictions(call.db, list(about.values()))
    return present_groups(
        found,
        await statuses(call, ids, "notifications"),
        addresses(call.services),
        {one: known[restriction] for one, restriction in about.items() if restriction in known},
        partial=partial,
        paged=paged,
    )
