"""Groups of notifications: ours as theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.account_warning import AccountWarning, present_warning
from parvis.api.entities.addresses import Addresses
from parvis.api.entities.notification import TYPES
from parvis.api.entities.status import Status
from parvis.base.clock import iso_ms
from parvis.base.ids import AccountId, NotificationId, PostId
from parvis.domain.accounts.types import Account as Person
from parvis.domain.moderation import Restriction
from parvis.domain.notifications import Group, Groups


class PartialAccountWithAvatar(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    acct: str
    url: str
    avatar: str
    avatar_static: str
    avatar_description: str
    locked: bool
    bot: bool


class NotificationGroup(msgspec.Struct, frozen=True, kw_only=True):
    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: int
    page_min_id: str | UnsetType = UNSET
    page_max_id: str | UnsetType = UNSET
    latest_page_notification_at: str | UnsetType = UNSET
    sample_account_ids: list[str]
    status_id: str | UnsetType = UNSET
    moderation_warning: AccountWarning | UnsetType = UNSET


class GroupedNotificationsResults(msgspec.Struct, frozen=True, kw_only=True):
    accounts: list[Account]
    partial_accounts: list[PartialAccountWithAvatar] | UnsetType = UNSET
    statuses: list[Status | msgspec.Raw]
    notification_groups: list[NotificationGroup]


def present_groups(
    found: Groups,
    statuses: Mapping[PostId, msgspec.Raw],
    to: Addresses,
    restrictions: Mapping[NotificationId, Restriction],
    *,
    partial: bool = False,
    paged: bool = True,
) -> GroupedNotificationsResults:
    """Groups whose posts are in sight, each person and post once. `partial`: in full only the first of each group."""
    shown = [one for one in found.page.items if one.post_id is None or one.post_id in statuses]
    shown = [one for one in shown if one.kind != "moderation_warning" or one.newest_id in restrictions]
    wanted = list(dict.fromkeys(one.samples[0] for one in shown)) if partial else _everybody(shown)
    rest = [i for i in _everybody(shown) if i not in set(wanted)]
    return GroupedNotificationsResults(
        accounts=[present_account(found.people[i], to) for i in wanted],
        partial_accounts=[_partial(found.people[i], to) for i in rest] if partial else UNSET,
        statuses=[statuses[i] for i in dict.fromkeys(one.post_id for one in shown if one.post_id is not None)],
        notification_groups=[_present(one, paged, _warning(one, found, to, restrictions)) for one in shown],
    )


def _everybody(shown: Sequence[Group]) -> list[AccountId]:
    return list(dict.fromkeys(i for one in shown for i in one.samples))


def _warning(
    one: Group, found: Groups, to: Addresses, restrictions: Mapping[NotificationId, Restriction]
) -> AccountWarning | UnsetType:
    about = restrictions.get(one.newest_id)
    return UNSET if about is None else present_warning(about, found.people[one.samples[0]], to)


def _present(one: Group, paged: bool, warning: AccountWarning | UnsetType) -> NotificationGroup:
    return NotificationGroup(
        group_key=one.key,
        notifications_count=one.count,
        type=TYPES[one.kind],
        most_recent_notification_id=one.newest_id,
        page_min_id=str(one.oldest_id) if paged else UNSET,
        page_max_id=str(one.newest_id) if paged else UNSET,
        latest_page_notification_at=iso_ms(one.newest_at) if paged else UNSET,
        sample_account_ids=[str(i) for i in one.samples],
        status_id=UNSET if one.post_id is None else str(one.post_id),
        moderation_warning=warning,
    )


def _partial(person: Person, to: Addresses) -> PartialAccountWithAvatar:
    avatar = to.picture(person.avatar_key, "avatars")
    return PartialAccountWithAvatar(
        id=str(person.id),
        acct=person.acct,
        url=to.profile(person.acct),
        avatar=avatar,
        avatar_static=avatar,
        avatar_description=person.avatar_description,
        locked=person.locked,
        bot=person.bot,
    )
