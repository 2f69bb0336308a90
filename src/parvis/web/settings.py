"""Settings: profile, account, appearance, and who else may act for one."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from parvis.domain import accounts, media
from parvis.domain.accounts import Field, ProfileChange
from parvis.infra.catalogues import LOCALE_NAMES
from parvis.infra.html.forms import Upload
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.rate_limits import MAILS, SIGN_INS, UPLOADS
from parvis.web import writing
from parvis.web.prove import ask_first
from parvis.web.routing import Call, page

FORM_BYTES = 36 * 1024 * 1024
FIELDS = 4


class Profile(msgspec.Struct, frozen=True):
    display_name: str = ""
    note: str = ""
    avatar: Upload | None = None
    header: Upload | None = None
    remove_avatar: bool = False
    remove_header: bool = False
    locked: bool = False
    bot: bool = False
    discoverable: bool = False
    indexable: bool = False
    hide_collections: bool = False


class Appearance(msgspec.Struct, frozen=True):
    theme: str = "auto"
    locale: str = "en"


class Passwords(msgspec.Struct, frozen=True):
    current_password: str = ""
    password: str = ""


class Habits(msgspec.Struct, frozen=True):
    default_visibility: int = 0
    default_language: str | None = None
    default_sensitive: bool = False
    default_reply_policy: int | None = None
    default_quote_policy: int | None = None


class OneSession(msgspec.Struct, frozen=True):
    session_id: int


class OneToken(msgspec.Struct, frozen=True):
    token_id: int


@page("GET", "/settings", audience="session")
async def settings(call: Call[None]) -> Answer:
    """On to the first of its pages."""
    return Redirect("/settings/profile")


# ── profile ──


@page("GET", "/settings/profile", audience="session")
async def profile_form(call: Call[Any]) -> Answer:
    """What others see of one."""
    account = await accounts.by_id(call.db, call.me)
    return Page("web/settings/profile.html", {"section": "profile", "account": account})


@page(
    "POST",
    "/settings/profile",
    audience="session",
    params=Profile,
    again=profile_form,
    waiting=True,
    connects=False,
    limit=UPLOADS,
    body_bytes=FORM_BYTES,
)
async def profile(call: Call[Profile]) -> Answer:
    """The profile is as the form says; pictures that were replaced are gone."""
    wanted = call.params
    async with call.services.db.connection() as db:
        before = await accounts.by_id(db, call.me)
    avatar_key = await _portrait(call, wanted.avatar, wanted.remove_avatar, media.store_avatar)
    header_key = await _portrait(call, wanted.header, wanted.remove_header, media.store_header)
    change = ProfileChange(
        display_name=wanted.display_name,
        note=wanted.note,
        fields=_fields(call.values),
        locked=wanted.locked,
        bot=wanted.bot,
        discoverable=wanted.discoverable,
        indexable=wanted.indexable,
        hide_collections=wanted.hide_collections,
        avatar_key=avatar_key,
        header_key=header_key,
    )
    async with call.services.db.transaction() as tx:
        await accounts.update_profile(tx, call.me, change=change, now=call.now)
    for old, new in ((before.avatar_key, avatar_key), (before.header_key, header_key)):
        if old and new is not UNSET:
            await media.discard_portrait(call.services, old)
    return Redirect("/settings/profile", notice="saved")


async def _portrait(call: Call[Profile], file: Upload | None, remove: bool, store: Any) -> Any:
    """The key of a new picture, None for one that is to go, UNSET for one that stays."""
    if file is not None:
        return await store(call.services, file.data)
    return None if remove else UNSET


def _fields(values: dict[str, str]) -> list[Field]:
    pairs = [(values.get(f"field_name_{n}", ""), values.get(f"field_value_{n}", "")) for n in range(FIELDS)]
    return [Field(name=name, value=value) for name, value in pairs if name.strip() or value.strip()]


# ── account ──


@page("GET", "/settings/account", audience="session")
async def account_form(call: Call[Any]) -> Answer:
    """Address, password, habits of writing."""
    return Page(
        "web/settings/account.html",
        {
            "section": "account",
            "login": await accounts.login_of(call.db, call.me),
            "visibilities": writing.visibilities(call.text),
            "languages": writing.languages(call.locale),
            "reply_policies": writing.reply_policies(call.text),
            "quote_policies": writing.quote_policies(call.text),
        },
    )


@page(
    "POST",
    "/settings/account/password",
    audience="session",
    bulkhead="hashing",
    params=Passwords,
    again=account_form,
    waiting=True,
    connects=False,
    limit=SIGN_INS,
)
async def password(call: Call[Passwords]) -> Answer:
    """The new password holds; everybody else who was signed in is out. With a second factor, a fresh proof comes first."""
    assert call.viewer is not None
    async with call.services.db.connection() as db:
        call.db = db
        if await accounts.has_factor(db, call.me) and (asked := await ask_first(call, "/settings/account")):
            return asked
    await accounts.change_password(
        call.services,
        call.me,
        current=call.params.current_password,
        password=call.params.password,
        keep_session_id=call.viewer.session_id,
        now=call.now,
    )
    return Redirect("/settings/account", notice="password")


@page("POST", "/settings/account/writing", audience="session", params=Habits, again=account_form, waiting=True)
async def habits(call: Call[Habits]) -> Answer:
    """New posts begin like this."""
    wanted = call.params
    change = ProfileChange(
        default_visibility=wanted.default_visibility,
        default_language=wanted.default_language or None,
        default_sensitive=wanted.default_sensitive,
        default_reply_policy=UNSET if wanted.default_reply_policy is None else wanted.default_reply_policy,
        default_quote_policy=UNSET if wanted.default_quote_policy is None else wanted.default_quote_policy,
    )
    await accounts.update_profile(call.db, call.me, change=change, now=call.now)
    return Redirect("/settings/account", notice="saved")


@page("POST", "/settings/account/confirmation", audience="session", waiting=True, limit=MAILS)
async def confirmation(call: Call[None]) -> Answer:
    """Another letter to confirm the address is on its way."""
    await accounts.resend_confirmation(call.db, call.me)
    return Redirect("/settings/account", notice="letter")


# ── appearance ──


@page("GET", "/settings/appearance", audience="session")
async def appearance_form(call: Call[Any]) -> Answer:
    """Light or dark, and in which language."""
    return Page("web/settings/appearance.html", {"section": "appearance", "locales": list(LOCALE_NAMES.items())})


@page("POST", "/settings/appearance", audience="session", params=Appearance, again=appearance_form, waiting=True)
async def appearance(call: Call[Appearance]) -> Answer:
    """Pages look and speak like this from now on."""
    change = ProfileChange(theme=call.params.theme, locale=call.params.locale)
    await accounts.update_profile(call.db, call.me, change=change, now=call.now)
    return Redirect("/settings/appearance", notice="saved")


# ── access ──


@page("GET", "/settings/access", audience="session")
async def access(call: Call[None]) -> Answer:
    """Browsers that are signed in, apps that act for one."""
    return Page(
        "web/settings/access.html",
        {
            "section": "access",
            "sessions": await accounts.sessions_of(call.db, call.me, now=call.now),
            "apps": await accounts.authorized_apps(call.db, call.me),
        },
    )


@page("POST", "/settings/access/sessions/{session_id:str}/end", audience="session", params=OneSession, waiting=True)
async def end_session(call: Call[OneSession]) -> Answer:
    """That browser is signed out."""
    await accounts.end_session(call.db, call.me, call.params.session_id)
    return Redirect("/settings/access", notice="ended")


@page("POST", "/settings/access/apps/{token_id:str}/end", audience="session", params=OneToken, waiting=True)
async def end_token(call: Call[OneToken]) -> Answer:
    """That app no longer acts for one."""
    await accounts.end_token(call.db, call.me, call.params.token_id)
    return Redirect("/settings/access", notice="ended")
