"""Rules, announcements and reports as they cross room borders."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from parvis.base.ids import AccountId, PostId

Category = Literal["spam", "legal", "violation", "other"]
CATEGORIES: tuple[Category, ...] = ("spam", "legal", "violation", "other")


class HouseRule(msgspec.Struct, frozen=True):
    """One rule of the place; `hint` explains it."""

    id: int
    text: str
    hint: str


class RuleVersion(msgspec.Struct, frozen=True):
    """A rule as it held from one moment to another; versions of one rule share `first_id`."""

    rule: HouseRule
    first_id: int
    created_at: datetime
    removed_at: datetime | None


class Reaction(msgspec.Struct, frozen=True):
    """An emoji under an announcement, how many chose it, and whether the viewer did."""

    name: str
    count: int
    mine: bool


class Announcement(msgspec.Struct, frozen=True):
    """What those who run the place say to everybody, as one viewer meets it."""

    id: int
    html: str
    starts_at: datetime | None
    ends_at: datetime | None
    published_at: datetime
    updated_at: datetime
    dismissed: bool
    reactions: list[Reaction]


class Notice(msgspec.Struct, frozen=True):
    """An announcement as those who run the place see it, whether or not it is told now."""

    id: int
    text: str
    html: str
    starts_at: datetime | None
    ends_at: datetime | None
    published_at: datetime


class Report(msgspec.Struct, frozen=True):
    """What somebody told the moderators about somebody else."""

    id: int
    account_id: AccountId
    target_id: AccountId
    post_ids: list[PostId]
    rule_ids: list[int]
    category: Category
    comment: str
    created_at: datetime
    decided_at: datetime | None


class Act(msgspec.Struct, frozen=True):
    """One line of the log: who did what to whom, or was refused it. `details` is JSON, in ASCII."""

    id: int
    at: datetime
    actor_id: AccountId | None
    act: str
    subject: str
    details: str
    refused: bool
    seal: bytes


class SettingChange(msgspec.Struct, frozen=True):
    """Somebody gave a setting a value; None: the one that it has by itself."""

    id: int
    name: str
    value: str | None
    by_id: AccountId | None
    at: datetime
