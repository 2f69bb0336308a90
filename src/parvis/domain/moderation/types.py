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
