"""Policy and requests of notifications: ours as theirs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import Addresses
from parvis.base.clock import iso_ms
from parvis.base.ids import PostId
from parvis.domain.notifications import Policy, Request, Treatment, Waiting


class PolicySummary(msgspec.Struct, frozen=True):
    pending_requests_count: int
    pending_notifications_count: int


class NotificationPolicy(msgspec.Struct, frozen=True, kw_only=True):
    for_not_following: Treatment
    for_not_followers: Treatment
    for_new_accounts: Treatment
    for_private_mentions: Treatment
    for_limited_accounts: Treatment
    for_bots: Treatment
    summary: PolicySummary


class V1NotificationPolicy(msgspec.Struct, frozen=True, kw_only=True):
    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    filter_bots: bool
    summary: PolicySummary


class NotificationRequest(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    created_at: str
    updated_at: str
    account: Account
    notifications_count: str
    last_status: msgspec.Raw | None


def present_policy(policy: Policy, waiting: Waiting) -> NotificationPolicy:
    """What becomes of notifications by kind of sender."""
    return NotificationPolicy(
        for_not_following=policy.not_following,
        for_not_followers=policy.not_followers,
        for_new_accounts=policy.new_accounts,
        for_private_mentions=policy.private_mentions,
        for_limited_accounts=policy.limited_accounts,
        for_bots=policy.bots,
        summary=_summary(waiting),
    )


def present_v1_policy(policy: Policy, waiting: Waiting) -> V1NotificationPolicy:
    """The same for older apps, which know only yes and no: what is dropped is not let in either."""
    return V1NotificationPolicy(
        filter_not_following=policy.not_following != "accept",
        filter_not_followers=policy.not_followers != "accept",
        filter_new_accounts=policy.new_accounts != "accept",
        filter_private_mentions=policy.private_mentions != "accept",
        filter_bots=policy.bots != "accept",
        summary=_summary(waiting),
    )


def present_request(one: Request, statuses: Mapping[PostId, msgspec.Raw], to: Addresses) -> NotificationRequest:
    """One person's notifications that wait."""
    return NotificationRequest(
        id=str(one.id),
        created_at=iso_ms(one.created_at),
        updated_at=iso_ms(one.updated_at),
        account=present_account(one.person, to),
        notifications_count=str(one.count),
        last_status=statuses.get(one.last_post_id) if one.last_post_id is not None else None,
    )


def _summary(waiting: Waiting) -> PolicySummary:
    return PolicySummary(waiting.requests, waiting.notifications)
