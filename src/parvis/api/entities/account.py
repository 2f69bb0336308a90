"""Account: the one place where our account becomes theirs. Every key is always there, as strict decoders demand."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.addresses import Addresses
from parvis.api.entities.emoji import CustomEmoji, emojis_in
from parvis.base.clock import iso_midnight, iso_ms
from parvis.domain.accounts.types import Account as Person
from parvis.domain.accounts.types import Field as Line
from parvis.domain.accounts.types import Login, Role, State
from parvis.infra.text import with_origin


class Field(msgspec.Struct, frozen=True):
    name: str
    value: str
    verified_at: str | None


class AccountRole(msgspec.Struct, frozen=True):
    id: str
    name: str
    color: str


class CredentialRole(msgspec.Struct, frozen=True):
    id: str
    name: str
    color: str
    permissions: str
    highlighted: bool
    collection_limit: int = 0


class FeatureApproval(msgspec.Struct, frozen=True):
    automatic: list[str] = []
    manual: list[str] = []
    current_user: Literal["automatic", "manual", "denied", "unknown", "missing"] = "denied"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    username: str
    acct: str
    url: str
    uri: str
    display_name: str
    note: str
    avatar: str
    avatar_static: str
    avatar_description: str
    header: str
    header_static: str
    header_description: str
    locked: bool
    fields: list[Field]
    emojis: list[CustomEmoji] = []
    bot: bool
    group: bool = False
    discoverable: bool
    indexable: bool
    noindex: bool | UnsetType = UNSET
    suspended: bool | UnsetType = UNSET
    limited: bool | UnsetType = UNSET
    created_at: str
    last_status_at: str | None
    statuses_count: int
    followers_count: int
    following_count: int
    hide_collections: bool
    show_media: bool
    show_media_replies: bool
    show_featured: bool
    roles: list[AccountRole] | UnsetType = UNSET
    feature_approval: FeatureApproval = FeatureApproval()


class AccountSource(msgspec.Struct, frozen=True, kw_only=True):
    attribution_domains: list[str]
    note: str
    fields: list[Field]
    privacy: Literal["public", "unlisted", "private", "direct"]
    sensitive: bool
    language: str | None
    follow_requests_count: int
    hide_collections: bool
    discoverable: bool
    indexable: bool
    quote_policy: Literal["public", "followers", "nobody"]


class CredentialAccount(Account, frozen=True, kw_only=True):
    source: AccountSource
    role: CredentialRole


class MutedAccount(Account, frozen=True, kw_only=True):
    mute_expires_at: str | None


class FamiliarFollowers(msgspec.Struct, frozen=True):
    id: str
    accounts: list[Account]


_ROLES = {Role.MODERATOR: AccountRole("2", "Moderator", ""), Role.OWNER: AccountRole("3", "Owner", "")}


def present_account(person: Person, to: Addresses) -> Account:
    """The account as everybody sees it."""
    return Account(**_common(person, to))


def present_credential_account(
    person: Person, login: Login, to: Addresses, *, privacy: str, quote_policy: str, requests_count: int
) -> CredentialAccount:
    """The account as its owner sees it, with texts as written and preferences."""
    source = AccountSource(
        attribution_domains=login.attribution_domains,
        note=person.note,
        fields=[Field(line.name, line.value, _moment(line)) for line in person.fields],
        privacy=privacy,  # type: ignore[arg-type]
        sensitive=login.default_sensitive,
        language=login.default_language,
        follow_requests_count=requests_count,
        hide_collections=person.hide_collections,
        discoverable=person.discoverable,
        indexable=person.indexable,
        quote_policy=quote_policy,  # type: ignore[arg-type]
    )
    return CredentialAccount(**_common(person, to), source=source, role=present_role(login.role))


def present_muted_account(person: Person, to: Addresses, *, expires_at: str | None) -> MutedAccount:
    """Somebody who is muted, and until when."""
    return MutedAccount(**_common(person, to), mute_expires_at=expires_at)


def present_role(role: Role) -> CredentialRole:
    """The role. Apps can administer nothing here, so that none has permissions."""
    shown = _ROLES.get(role)
    name = shown.name if shown else ""
    return CredentialRole(id=str(role + 1), name=name, color="", permissions="0", highlighted=shown is not None)


def _common(person: Person, to: Addresses) -> dict[str, Any]:
    avatar = to.picture(person.avatar_key, "avatars")
    header = to.picture(person.header_key, "headers")
    profile = to.profile(person.acct)
    local = person.domain is None
    role = _ROLES.get(person.role) if person.role is not None else None
    return {
        "id": str(person.id),
        "username": person.handle,
        "acct": person.acct,
        "url": profile,
        "uri": profile,
        "display_name": person.display_name,
        "note": with_origin(person.note_html, to.origin),
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": person.avatar_description,
        "header": header,
        "header_static": header,
        "header_description": person.header_description,
        "locked": person.locked,
        "fields": [Field(f.name, with_origin(f.html, to.origin), _moment(f)) for f in person.fields],
        "emojis": emojis_in(
            person.display_name, person.note_html, *(text for f in person.fields for text in (f.name, f.html))
        ),
        "bot": person.bot,
        "discoverable": person.discoverable,
        "indexable": person.indexable,
        "noindex": not person.indexable if local else UNSET,
        "suspended": True if person.state == State.SUSPENDED else UNSET,
        "limited": True if person.state == State.LIMITED else UNSET,
        "created_at": iso_midnight(person.created_at),
        "last_status_at": person.last_post_on.isoformat() if person.last_post_on else None,
        "statuses_count": person.posts_count,
        "followers_count": person.followers_count,
        "following_count": person.following_count,
        "hide_collections": person.hide_collections,
        "show_media": person.show_media,
        "show_media_replies": person.show_media_replies,
        "show_featured": person.show_featured,
        "roles": ([role] if role else []) if local else UNSET,
    }


def _moment(line: Line) -> str | None:
    return iso_ms(line.verified_at) if line.verified_at else None
