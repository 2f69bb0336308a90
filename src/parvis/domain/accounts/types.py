"""Who someone is, as other rooms see it."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from parvis.base.ids import AccountId, AppId


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
    frozen: bool = False
    default_visibility: int = 0
    default_sensitive: bool = False
    default_language: str | None = None
    default_quote_policy: int = 0
    default_reply_policy: int = 0

    @property
    def barred(self) -> bool:
        """Whether they may do nothing but read why, and appeal: frozen or suspended."""
        return self.frozen or self.state >= State.SUSPENDED


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
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True

    @property
    def acct(self) -> str:
        """`alice` for a local account, `remi@elsewhere.example` for a remote one."""
        return self.handle if self.domain is None else f"{self.handle}@{self.domain}"

    @property
    def name(self) -> str:
        """What to call them: the display name, or the handle when there is none."""
        return self.display_name or self.handle


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be made. Without `password_hash` nobody can sign in until a password is set."""

    handle: str
    email: str
    password_hash: str | None = None
    locale: str = "en"
    role: Role = Role.MEMBER
    confirmed: bool = False
    display_name: str = ""
    bot: bool = False


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What should become different about an account and its preferences; what is UNSET stays."""

    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    fields: list[Field] | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    avatar_key: str | UnsetType | None = UNSET
    header_key: str | UnsetType | None = UNSET
    avatar_description: str | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    default_visibility: int | UnsetType = UNSET
    default_sensitive: bool | UnsetType = UNSET
    default_language: str | UnsetType | None = UNSET
    default_quote_policy: int | UnsetType = UNSET
    default_reply_policy: int | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    theme: str | UnsetType = UNSET


class Login(msgspec.Struct, frozen=True):
    """What only the person themself may see of their account: address, preferences."""

    account_id: AccountId
    email: str
    confirmed_at: datetime | None
    role: Role
    locale: str
    theme: str
    default_visibility: int
    default_sensitive: bool
    default_language: str | None
    default_quote_policy: int
    default_reply_policy: int
    attribution_domains: list[str]
    has_password: bool


class SessionTicket(msgspec.Struct, frozen=True):
    """A fresh session: `token` goes into the cookie and is stored nowhere. `barred`: of somebody frozen or suspended."""

    token: str
    account_id: AccountId
    session_id: int
    expires_at: datetime
    barred: bool = False


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser, as its owner sees it in the list."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    address: str


class App(msgspec.Struct, frozen=True):
    """A registered client program."""

    id: AppId
    client_id: str
    name: str
    website: str | None
    redirect_uris: list[str]
    scopes: list[str]
    created_at: datetime


class AuthorizedApp(msgspec.Struct, frozen=True):
    """A program that holds a token of somebody, as that somebody sees it in the list."""

    token_id: int
    name: str
    website: str | None
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None


class Authorization(msgspec.Struct, frozen=True):
    """A checked request of an app to act for somebody; what the consent page shows and `grant_code` grants."""

    app: App
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str | None = None


class Grant(msgspec.Struct, frozen=True):
    """A token just made."""

    token: str
    scopes: tuple[str, ...]
    created_at: datetime
    account_id: AccountId | None = None


class Totals(msgspec.Struct, frozen=True):
    """How many there are."""

    accounts: int
    posts: int
    active_month: int
