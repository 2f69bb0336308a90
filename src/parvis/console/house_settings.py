"""Settings that the owner changes while the place runs: what they are, who changed what when, and the way back."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.base.settings import DESCRIPTIONS, Settings, variable_of
from parvis.console.routing import ask_first, page
from parvis.domain import accounts
from parvis.domain.accounts.types import Viewer
from parvis.domain.moderation import house_settings
from parvis.infra.catalogues import later
from parvis.infra.html import brand
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

SETTINGS = "/console/settings"

# How each is called and what it does; DESCRIPTIONS says the same for those who start the processes.
WORDS: dict[str, tuple[str, str]] = {
    "name": (later("Name of this place"), later("Shown on every page, in letters and in apps.")),
    "description": (later("One sentence about it"), later("On the first page, in apps and in search engines.")),
    "contact_email": (later("Address for questions"), later("On the about page and in apps; empty: none is shown.")),
    "languages": (later("Its main languages"), later("Codes with commas between them, such as en,fr; told to apps.")),
    "post_name": (
        later("Another word for a post"),
        later("In English, such as note; empty: the usual word."),
    ),
    "accent": (
        later("Colour of links and buttons"),
        later("Such as #2a6f97, made darker or lighter where words in it would be hard to read; empty: brick."),
    ),
    "post_characters": (later("Longest post, in characters"), later("From 140 to 10,000.")),
    "free_sign_ups": (
        later("Sign-ups without a calculation"),
        later("So many from one network within half an hour cost nothing; 0: every one costs a calculation."),
    ),
}
NUMBERS = ("post_characters", "free_sign_ups")
assert WORDS.keys() == house_settings.CHANGEABLE.keys() <= DESCRIPTIONS.keys()


class Tried(msgspec.Struct, frozen=True):
    accent: str = ""


class Change(msgspec.Struct, frozen=True):
    name: str
    value: str = ""


class Name(msgspec.Struct, frozen=True):
    name: str


class One(msgspec.Struct, frozen=True):
    id: int


async def _page(visit: Visit[Viewer, Any], *, tried: str = "") -> Page:
    async with visit.connection() as db:
        kept = await house_settings.stored(db)
        history = await house_settings.history(db)
        people = await accounts.by_ids(db, sorted({one.by_id for one in history if one.by_id is not None}))
    fixed, now = house_settings.fixed(), house_settings.merged(visit.services.started_with, kept)
    tried = tried if brand.is_colour(tried) else ""
    colour = tried or now.accent
    return Page(
        "console/settings.html",
        {
            "tried": tried,
            "colour": colour,
            "themes": _themes(colour),
            "settings": [_setting(visit, name, now, changed=name in kept, fixed=name in fixed) for name in WORDS],
            "typed": (typed := visit.values.get("name", "")),
            "failed": typed if visit.errors else "",
            "history": [
                {
                    "id": one.id,
                    "words": visit.text(WORDS[one.name][0]) if one.name in WORDS else one.name,
                    "value": one.value,
                    "at": one.at,
                    "by": _handle(people, one.by_id),
                    "holds": kept.get(one.name) == one.value,
                    "possible": one.name in WORDS and one.name not in fixed,
                }
                for one in history
            ],
        },
    )


def _setting(visit: Visit[Viewer, Any], name: str, now: Settings, *, changed: bool, fixed: bool) -> dict[str, Any]:
    words, meaning = WORDS[name]
    return {
        "name": name,
        "words": visit.text(words),
        "meaning": visit.text(meaning),
        "value": str(getattr(now, name)),
        "default": str(getattr(visit.services.started_with, name)),
        "number": name in NUMBERS,
        "changed": changed and not fixed,
        "variable": variable_of(name) if fixed else "",
    }


def _themes(colour: str) -> list[dict[str, Any]]:
    """The colour as it looks in each theme; none for none."""
    if not brand.is_colour(colour):
        return []
    pairs = (("light", brand.LIGHT), ("dark", brand.DARK))
    return [{"name": name, "ground": one.soft_ground, "shades": brand.palette(colour, one)} for name, one in pairs]


def _handle(people: dict[AccountId, accounts.Account], by_id: AccountId | None) -> str | None:
    return people[by_id].handle if by_id is not None and by_id in people else None


@page("GET", SETTINGS, audience="owner", params=Tried, connects=False)
async def show(visit: Visit[Viewer, Tried]) -> Answer:
    """What can be changed while the place runs, and what was; a colour can be looked at before it is chosen."""
    return await _page(visit, tried=visit.params.accent)


@page("POST", SETTINGS, audience="owner", params=Change, again=_page, connects=False)
async def change(visit: Visit[Viewer, Change]) -> Answer:
    """The setting holds: in this process now, in the others within seconds."""
    wanted = visit.params
    return await _asked(visit, {"name": wanted.name, "value": wanted.value}) or await _changed(
        visit, wanted.name, wanted.value
    )


@page("POST", "/console/settings/default", audience="owner", params=Name, connects=False)
async def default(visit: Visit[Viewer, Name]) -> Answer:
    """The setting is what it is by itself."""
    return await _asked(visit) or await _changed(visit, visit.params.name, None)


@page("POST", "/console/settings/back", audience="owner", params=One, connects=False)
async def back(visit: Visit[Viewer, One]) -> Answer:
    """The setting is once more what it was by that change."""
    if asked := await _asked(visit):
        return asked
    async with visit.services.db.transaction() as tx:
        await house_settings.go_back(tx, visit.services.ids, visit.params.id, by_id=visit.me, now=visit.now)
    return await _obeyed(visit)


async def _asked(visit: Visit[Viewer, Any], typed: dict[str, str] | None = None) -> Redirect | None:
    """The owner who changes what the place is has just proved who they are, or is asked to."""
    async with visit.connection() as visit.db:
        return await ask_first(visit, SETTINGS, typed)


async def _changed(visit: Visit[Viewer, Any], name: str, value: str | None) -> Answer:
    if name not in WORDS:
        raise NotFound
    async with visit.services.db.transaction() as tx:
        await house_settings.change(tx, visit.services.ids, name, value, by_id=visit.me, now=visit.now)
    return await _obeyed(visit)


async def _obeyed(visit: Visit[Viewer, Any]) -> Answer:
    await house_settings.look(visit.services)
    return Redirect(SETTINGS, "saved")
