"""Who someone is, as other rooms see it."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec

from parvis.base.ids import AccountId


class Role(IntEnum):
    MEMBER = 0
    MODERATOR = 1
    OWNER = 2


class State(IntEnum):
    ACTIVE = 0
    LIMITED = 1
    SUSPENDED = 2
    DELETED = 3


class Viewer(msgspec.Struct, frozen=True):
    """Who is asking: an account behind a session (browser) or a token (app), or an app alone (`account_id` None)."""

    account_id: AccountId | None
    handle: str = ""
    role: Role = Role.MEMBER
    confirmed: bool = True
    state: State = State.ACTIVE
    locale: str = "en"
    theme: str = "auto"
    display_name: str = ""
    avatar_key: str | None = None
    session_id: int | None = None
    token_id: int | None = None
    app_id: int | None = None
    app_name: str | None = None
    app_website: str | None = None
    scopes: frozenset[str] = frozenset()


class Field(msgspec.Struct, frozen=True):
    """One line of a profile's table: a name and a value as written, with its HTML."""

    name: str
    value: str
    html: str = ""
    verified_at: datetime | None = None


class Account(msgspec.Struct, frozen=True):
    """An account with its counts, as anybody may see it."""

    id: AccountId
    handle: str
    domain: str | None
    display_name: str
    note: str
    note_html: str
    fields: list[Field]
    avatar_key: str | None
    header_key: str | None
    avatar_description: str
    header_description: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    hide_collections: bool
    state: State
    version: int
    created_at: datetime
    posts_count: int = 0
    followers_count: int = 0
    following_count: int = 0
    last_post_on: Any = None
    role: Role | None = None

    @property
    def acct(self) -> str:
        """`alice` for a local account, `remi@elsewhere.example` for a remote one."""
        return self.handle if self.domain is None else f"{self.handle}@{self.domain}"

    @property
    def name(self) -> str:
        """What to call them: the display name, or the handle when there is none."""
        return self.display_name or self.handle
