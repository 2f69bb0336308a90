"""Notification: ours as theirs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.account_warning import AccountWarning, present_warning
from parvis.api.entities.addresses import Addresses
from parvis.api.entities.status import Status
from parvis.base.clock import iso_ms
from parvis.base.ids import PostId
from parvis.domain.moderation import Restriction
from parvis.domain.notifications.types import Notification as OurNotification

TYPES: dict[str, str] = {
    "mention": "mention",
    "post": "status",
    "repost": "reblog",
    "follow": "follow",
    "follow_request": "follow_request",
    "favourite": "favourite",
    "edit": "update",
    "poll": "poll",
    "quote": "quote",
    "quoted_edit": "quoted_update",
    "moderation_warning": "moderation_warning",
}
KIND_OF = {theirs: ours for ours, theirs in TYPES.items()}


class Notification(msgspec.Struct, frozen=True):
    id: str
    type: str
    group_key: str
    created_at: str
    account: Account
    status: Status | msgspec.Raw | UnsetType = UNSET
    filtered: bool | UnsetType = UNSET
    moderation_warning: AccountWarning | UnsetType = UNSET


def present_notification(
    one: OurNotification,
    statuses: Mapping[PostId, Status | msgspec.Raw],
    to: Addresses,
    restrictions: Mapping[int, Restriction],
) -> Notification | None:
    """The notification, or None when what it is about has gone out of sight meanwhile."""
    status = statuses.get(one.post_id) if one.post_id is not None else None
    if one.post_id is not None and status is None:
        return None
    about = None if one.restriction_id is None else restrictions.get(one.restriction_id)
    if one.kind == "moderation_warning" and about is None:
        return None
    return Notification(
        id=str(one.id),
        type=TYPES[one.kind],
        group_key=one.group_key,
        created_at=iso_ms(one.created_at),
        account=present_account(one.person, to),
        status=UNSET if status is None else status,
        filtered=True if one.filtered else UNSET,
        moderation_warning=UNSET if about is None else present_warning(about, one.person, to),
    )
