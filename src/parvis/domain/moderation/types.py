"""Rules, announcements, reports, restrictions and appeals as they cross room borders."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.domain.accounts import Role, State
from parvis.domain.posts import PostAsItWas

Category = Literal["spam", "legal", "violation", "other"]
Outcome = Literal["restricted", "no_fault"]
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


class Waiting(msgspec.Struct, frozen=True):
    """What somebody of the staff can decide: reports, and appeals against what others decided; 100 stands for more."""

    reports: int
    appeals: int


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
    evidence: Evidence | None = None
    decided_by_id: AccountId | None = None
    outcome: Outcome | None = None
    answer: str | None = None


AccountKind = Literal["freeze", "limit", "suspend"]
PostKind = Literal["withhold", "warn_media"]
Kind = AccountKind | PostKind
ACCOUNT_KINDS: tuple[AccountKind, ...] = ("freeze", "limit", "suspend")
POST_KINDS: tuple[PostKind, ...] = ("withhold", "warn_media")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a moderator wants: which rule was broken, by what, and in their own words why that is so.

    `post_id`: the post that is restricted; without one it is the account. `report_id`: the report that this decides, whose
    posts become evidence.
    """

    kind: Kind
    account_id: AccountId
    post_id: PostId | None = None
    rule_id: int
    reason: str
    report_id: int | None = None


class Person(msgspec.Struct, frozen=True):
    """Somebody by value: what their profile said at one moment."""

    handle: str
    display_name: str
    note: str
    fields: list[tuple[str, str]]


class Evidence(msgspec.Struct, frozen=True):
    """What was there when somebody was restricted or reported, whatever becomes of it."""

    person: Person | None = None
    posts: list[PostAsItWas] = []


class Appeal(msgspec.Struct, frozen=True):
    """What whoever is restricted says to it, and what somebody else made of it."""

    restriction_id: int
    account_id: AccountId
    text: str
    made_at: datetime
    decided_at: datetime | None
    decided_by_id: AccountId | None
    lifts: bool | None
    answer: str | None


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """An act that lowers somebody's reach, with its reasons; in force until it is lifted."""

    id: int
    account_id: AccountId
    post_id: PostId | None
    kind: Kind
    rule_id: int
    rule_text: str
    reason: str
    moderator_id: AccountId
    report_id: int | None
    evidence: Evidence | None
    appeal_until: datetime
    made_at: datetime
    lifted_at: datetime | None
    lifted_by_id: AccountId | None
    lifted_why: str | None
    appeal: Appeal | None = None

    def may_be_appealed(self, now: datetime) -> bool:
        """Whether whoever is restricted can still appeal, which is once."""
        return self.appeal is None and self.lifted_at is None and now <= self.appeal_until


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an account here; `email` and what follows only staff sees."""

    id: AccountId
    handle: str
    display_name: str
    note: str
    state: State
    frozen: bool
    role: Role
    created_at: datetime
    email: str
    confirmed_at: datetime | None
    last_seen_at: datetime | None
    open_reports: int
    in_force: int

    @property
    def name(self) -> str:
        return self.display_name or self.handle


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
