"""The emoji of this place: added, let rest, deleted. Every process knows of it some seconds later."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.console.routing import ask_first, page
from parvis.domain import media, moderation
from parvis.domain.accounts.types import Viewer
from parvis.infra.html.forms import Upload
from parvis.infra.html.visit import Answer, Page, Redirect, Visit
from parvis.infra.postgres import Connection
from parvis.infra.rate_limits import UPLOADS

EMOJI = "/console/emoji"
FORM_BYTES = 3 * 1024 * 1024


class New(msgspec.Struct, frozen=True):
    shortcode: str = ""
    category: str = ""
    listed: bool = False
    file: Upload | None = None


class Order(msgspec.Struct, frozen=True):
    shortcode: str
    act: Literal["disable", "enable", "delete"]


async def _page(visit: Visit[Viewer, Any]) -> Page:
    async with visit.connection() as db:
        every = [(one, False) for one in await media.emoji.current(db)]
        every += [(one, True) for one in await media.emoji.resting(db)]
    groups: dict[str, list[dict[str, Any]]] = {}
    for one, rests in sorted(every, key=lambda pair: ((pair[0].category or "").casefold(), pair[0].shortcode)):
        groups.setdefault(one.category or "", []).append({"emoji": one, "rests": rests})
    categories = [name for name in groups if name]
    return Page("console/emoji.html", {"groups": groups.items(), "categories": categories, "count": len(every)})


@page("GET", EMOJI, audience="owner")
async def show(visit: Visit[Viewer, Any]) -> Answer:
    """Every emoji by its category, and a form for another."""
    return await _page(visit)


@page(
    "POST",
    EMOJI,
    audience="owner",
    params=New,
    again=_page,
    connects=False,
    limit=UPLOADS,
    body_bytes=FORM_BYTES,
)
async def add(visit: Visit[Viewer, New]) -> Answer:
    """The picture stands for its word; one that did so before is replaced."""
    wanted = visit.params
    shortcode = wanted.shortcode.strip().strip(":")
    if wanted.file is None:
        raise Invalid("file", "Choose a file", "blank")
    await media.emoji.add(
        visit.services,
        shortcode=shortcode,
        data=wanted.file.data,
        category=wanted.category.strip()[:60] or None,
        listed=wanted.listed,
        also=_noted(visit, "emoji.add", shortcode),
        now=visit.now,
    )
    return Redirect(EMOJI, "saved")


@page("POST", "/console/emoji/act", audience="owner", params=Order, connects=False)
async def act(visit: Visit[Viewer, Order]) -> Answer:
    """It rests, is shown again, or is gone with its picture: that only by an owner who has just proved who they are."""
    shortcode = visit.params.shortcode
    if visit.params.act == "delete":
        async with visit.connection() as visit.db:
            asked = await ask_first(visit, EMOJI)
        if asked is not None:
            return asked
        with suppress(NotFound):  # it is gone already
            await media.emoji.remove(visit.services, shortcode, also=_noted(visit, "emoji.remove", shortcode))
        return Redirect(EMOJI, "deleted")
    async with visit.services.db.transaction() as tx:
        if visit.params.act == "disable":
            await media.emoji.disable(tx, shortcode, now=visit.now)
        else:
            await media.emoji.enable(tx, shortcode)
        await _noted(visit, f"emoji.{visit.params.act}", shortcode)(tx)
    return Redirect(EMOJI, "saved")


def _noted(visit: Visit[Viewer, Any], act: str, shortcode: str) -> media.emoji.Also:
    async def note(tx: Connection) -> None:
        await moderation.log.record(tx, actor_id=visit.me, act=act, subject=f"emoji:{shortcode}", now=visit.now)

    return note
