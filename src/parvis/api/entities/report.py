"""Report: what its author may know of it."""

from __future__ import annotations

from typing import Literal

import msgspec

from parvis.api.entities.account import Account, present_account
from parvis.api.entities.addresses import Addresses
from parvis.base.clock import iso_ms
from parvis.domain import moderation
from parvis.domain.accounts.types import Account as Person


class Report(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    action_taken: bool
    action_taken_at: str | None
    category: Literal["spam", "legal", "violation", "other"]
    comment: str
    forwarded: bool = False
    created_at: str
    status_ids: list[str]
    collection_ids: None = None
    rule_ids: list[str] | None
    target_account: Account


def present_report(one: moderation.Report, target: Person, to: Addresses) -> Report:
    """A report as its author reads it."""
    return Report(
        id=str(one.id),
        action_taken=one.decided_at is not None,
        action_taken_at=iso_ms(one.decided_at) if one.decided_at else None,
        category=one.category,
        comment=one.comment,
        created_at=iso_ms(one.created_at),
        status_ids=[str(i) for i in one.post_ids],
        rule_ids=[str(i) for i in one.rule_ids] or None,
        target_account=present_account(target, to),
    )
