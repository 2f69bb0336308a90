"""Changing one's own account: texts, preferences, pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.accounts import credential_account, credentials_of
from parvis.api.entities.account import CredentialAccount
from parvis.api.entities.addresses import addresses
from parvis.api.entities.profile import Profile, present_profile
from parvis.api.entities.status import BY_NAME, QUOTE_POLICIES
from parvis.api.entities.tag import present_featured_tag
from parvis.api.parameters import Upload
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Invalid
from parvis.domain import accounts, media, posts
from parvis.domain.accounts.types import Field as Line
from parvis.domain.accounts.types import ProfileChange
from parvis.infra.rate_limits import UPLOADS
from parvis.infra.services import Services

WRITE = ("write:accounts",)
# Two pictures of the largest size, and the rest of the form around them.
BODY_BYTES = 34 * 1024 * 1024


class FieldAttributes(msgspec.Struct, frozen=True):
    name: str = ""
    value: str = ""


class SourceChange(msgspec.Struct, frozen=True):
    privacy: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType = UNSET
    quote_policy: str | UnsetType = UNSET


class ProfileForm(msgspec.Struct, frozen=True):
    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    avatar: Upload | str | None = None
    header: Upload | str | None = None
    avatar_description: str | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    fields_attributes: list[FieldAttributes] | UnsetType = UNSET
    source: SourceChange = SourceChange()


Which = Literal["avatar", "header"]
_STORE: dict[Which, Callable[[Services, bytes], Awaitable[str]]] = {
    "avatar": media.store_avatar,
    "header": media.store_header,
}


def change_of(form: ProfileForm) -> ProfileChange:
    """The form in our words, without the pictures. Raises: Invalid for a word that we do not know."""
    source = form.source
    if source.privacy is not UNSET and source.privacy not in BY_NAME:
        raise Invalid("source[privacy]", "Validation failed: Privacy is not included in the list", "inclusion")
    if source.quote_policy is not UNSET and source.quote_policy not in QUOTE_POLICIES:
        raise Invalid(
            "source[quote_policy]", "Validation failed: Quote policy is not included in the list", "inclusion"
        )
    fields = form.fields_attributes
    return ProfileChange(
        display_name=form.display_name,
        note=form.note,
        fields=UNSET if fields is UNSET else [Line(one.name, one.value) for one in fields],
        locked=form.locked,
        bot=form.bot,
        discoverable=form.discoverable,
        indexable=form.indexable,
        hide_collections=form.hide_collections,
        show_media=form.show_media,
        show_media_replies=form.show_media_replies,
        show_featured=form.show_featured,
        attribution_domains=form.attribution_domains,
        avatar_description=form.avatar_description,
        header_description=form.header_description,
        default_visibility=UNSET if source.privacy is UNSET else int(BY_NAME[source.privacy]),
        default_sensitive=source.sensitive,
        default_language=source.language,
        default_quote_policy=UNSET if source.quote_policy is UNSET else int(QUOTE_POLICIES[source.quote_policy]),
    )


async def stored_pictures(call: Call[ProfileForm]) -> dict[Which, str]:
    """Keys of the pictures that came with the form. Raises: Invalid for what is no picture."""
    stored: dict[Which, str] = {}
    try:
        given_pictures: dict[Which, Upload | str | None] = {"avatar": call.params.avatar, "header": call.params.header}
        for which, given in given_pictures.items():
            if isinstance(given, Upload):
                stored[which] = await _STORE[which](call.services, given.data)
            elif given:
                raise Invalid(which, f"Validation failed: {which.capitalize()} must be an uploaded file", "invalid")
    except Exception:
        await discard(call.services, stored.values())
        raise
    return stored


async def discard(services: Services, keys: Any) -> None:
    """Those pictures are gone from the store."""
    for key in keys:
        if key:
            await media.discard_portrait(services, key)


async def change(call: Call[ProfileForm]) -> None:
    """The caller's account is as the form says; pictures that were replaced are gone."""
    wanted = change_of(call.params)
    accounts.check_profile(wanted)
    stored = await stored_pictures(call)
    keys = {f"{which}_key": key for which, key in stored.items()}
    try:
        async with call.services.db.transaction() as tx:
            before = await accounts.by_id(tx, call.me)
            await accounts.update_profile(tx, call.me, change=msgspec.structs.replace(wanted, **keys), now=call.now)
    except Exception:
        await discard(call.services, stored.values())
        raise
    await discard(call.services, [getattr(before, name) for name in keys])


@endpoint(
    "PATCH",
    "/api/v1/accounts/update_credentials",
    user=True,
    scopes=WRITE,
    params=ProfileForm,
    returns=CredentialAccount,
    connects=False,
    limit=UPLOADS,
    body_bytes=BODY_BYTES,
)
@endpoint(
    "PUT",
    "/api/v1/accounts/update_credentials",
    user=True,
    scopes=WRITE,
    params=ProfileForm,
    returns=CredentialAccount,
    connects=False,
    limit=UPLOADS,
    body_bytes=BODY_BYTES,
)
async def update_credentials(call: Call[ProfileForm]) -> CredentialAccount:
    """Change one's own account."""
    await change(call)
    async with call.services.db.connection() as call.db:
        return await credential_account(call)


@endpoint("GET", "/api/v1/profile", user=True, scopes=("profile", "read:accounts"), returns=Profile)
async def read_profile(call: Call) -> Profile:
    """One's own profile as written and as shown."""
    return await presented_profile(call)


async def presented_profile(call: Call) -> Profile:
    """The caller's profile: two queries."""
    person = await accounts.by_id(call.db, call.me)
    login = await accounts.login_of(call.db, call.me)
    to = addresses(call.services)
    featured = [present_featured_tag(one, to) for one in await posts.featured_tags.featured(call.db, call.me)]
    return present_profile(person, login.attribution_domains, featured, to)


@endpoint(
    "PATCH",
    "/api/v1/profile",
    user=True,
    scopes=WRITE,
    params=ProfileForm,
    returns=Profile,
    connects=False,
    limit=UPLOADS,
    body_bytes=BODY_BYTES,
)
@endpoint(
    "PUT",
    "/api/v1/profile",
    user=True,
    scopes=WRITE,
    params=ProfileForm,
    returns=Profile,
    connects=False,
    limit=UPLOADS,
    body_bytes=BODY_BYTES,
)
async def update_profile(call: Call[ProfileForm]) -> Profile:
    """Change one's own profile."""
    await change(call)
    async with call.services.db.connection() as call.db:
        return await presented_profile(call)


async def without(call: Call, which: Which) -> CredentialAccount:
    """The caller has the neutral picture again."""
    async with call.services.db.transaction() as tx:
        before = await accounts.by_id(tx, call.me)
        gone = ProfileChange(avatar_key=None) if which == "avatar" else ProfileChange(header_key=None)
        await accounts.update_profile(tx, call.me, change=gone, now=call.now)
    await discard(call.services, [getattr(before, f"{which}_key")])
    async with call.services.db.connection() as call.db:
        return await credentials_of(call, call.me)


@endpoint("DELETE", "/api/v1/profile/avatar", user=True, scopes=WRITE, returns=CredentialAccount, connects=False)
async def delete_avatar(call: Call) -> CredentialAccount:
    """Take one's avatar away."""
    return await without(call, "avatar")


@endpoint("DELETE", "/api/v1/profile/header", user=True, scopes=WRITE, returns=CredentialAccount, connects=False)
async def delete_header(call: Call) -> CredentialAccount:
    """Take one's header away."""
    return await without(call, "header")
