"""What people are to one another."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from parvis.base.ids import AccountId


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    """What the asking account and `account_id` are to one another, as the asking one may know it."""

    account_id: AccountId
    following: bool = False
    shows_reposts: bool = False
    notifies: bool = False
    languages: list[str] | None = None
    requested: bool = False
    followed_by: bool = False
    requested_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muted_until: datetime | None = None
    note: str = ""
    endorsed: bool = False
    domain_blocking: bool = False


class Muted(msgspec.Struct, frozen=True):
    """Somebody who is muted, and until when."""

    account_id: AccountId
    expires_at: datetime | None


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody follows; `languages` None means all."""

    show_reposts: bool = True
    notify: bool = False
    languages: list[str] | None = None


class OptionsChange(msgspec.Struct, frozen=True, kw_only=True):
    """What should become different about how somebody follows; None and UNSET keep what was."""

    show_reposts: bool | None = None
    notify: bool | None = None
    languages: list[str] | UnsetType | None = UNSET

    @property
    def from_new(self) -> Options:
        """What it makes of a follow that was not there before."""
        return Options(
            show_reposts=self.show_reposts is not False,
            notify=bool(self.notify),
            languages=None if self.languages is UNSET else self.languages,
        )
