"""Changing what an account says about itself, and how it likes things."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import AccountChanged
from parvis.base.ids import AccountId
from parvis.domain.accounts import rules
from parvis.domain.accounts.queries import people
from parvis.domain.accounts.types import Field, ProfileChange
from parvis.infra import events
from parvis.infra import text as texts
from parvis.infra.postgres import Connection


async def update_profile(tx: Connection, account_id: AccountId, *, change: ProfileChange, now: datetime) -> None:
    """What the change names is different, the rest is as it was; everybody who shows the account hears of it.

    Raises: Invalid for what cannot be accepted; NotFound when the account is not there.
    """
    values = _checked(change)
    known = await people.profile_changed(tx, account_id, values)
    known = await people.preferences_changed(tx, account_id, values) and known
    if not known:
        raise NotFound
    await events.record(tx, AccountChanged(account_id))


def check_profile(change: ProfileChange) -> None:
    """The change can be made; for doors that store pictures first. Raises: Invalid."""
    _checked(change)


def _checked(change: ProfileChange) -> dict[str, Any]:
    given = {n: v for n, v in msgspec.structs.asdict(change).items() if v is not UNSET}
    if "display_name" in given:
        given["display_name"] = rules.check_name(given["display_name"])
    if "note" in given:
        given["note"] = rules.check_note(given["note"])
        given["note_html"] = html_of(given["note"])
    if "fields" in given:
        given["fields"] = [_with_html(one) for one in rules.check_fields(given["fields"])]
    for name in ("avatar_description", "header_description"):
        if name in given:
            given[name] = rules.check_description(name, given[name])
    if "default_visibility" in given and given["default_visibility"] not in (0, 1, 2, 3):
        raise Invalid("default_visibility", "Visibility is not one of the four", "inclusion")
    if "default_language" in given:
        given["default_language"] = rules.check_language(given["default_language"])
    if "default_quote_policy" in given and given["default_quote_policy"] not in (0, 1, 2):
        raise Invalid("default_quote_policy", "Quote policy is not one of the three", "inclusion")
    if "default_reply_policy" in given and given["default_reply_policy"] not in (0, 1, 2, 3):
        raise Invalid("default_reply_policy", "Reply policy is not one of the four", "inclusion")
    if "attribution_domains" in given:
        given["attribution_domains"] = rules.check_domains(given["attribution_domains"])
    if "locale" in given and given["locale"] not in rules.LOCALES:
        raise Invalid("locale", "Language is not one of those that exist here", "inclusion")
    if "theme" in given and given["theme"] not in rules.THEMES:
        raise Invalid("theme", "Theme must be auto, light or dark", "inclusion")
    return given


def html_of(text: str) -> str:
    """A biography or a field's value as HTML; a handle becomes a link to that profile."""
    return texts.render(text, mention_path=lambda one: None if one.domain else f"/@{one.value.lower()}")


def _with_html(one: Field) -> Field:
    return msgspec.structs.replace(one, html=field_html(one.value))


def field_html(value: str) -> str:
    """The value of one line of a profile as HTML: no paragraph, and links vouch for their target (`rel="me"`)."""
    markup = html_of(value).removeprefix("<p>").removesuffix("</p>")
    return markup.replace('rel="nofollow noopener"', 'rel="nofollow noopener me"')
