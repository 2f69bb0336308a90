"""What those who run the place say to everybody."""

from __future__ import annotations

from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from parvis.domain.moderation import announcements
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.infra.postgres import Database
from parvis.web.routing import Call, page

FRESH_FOR_S = 15.0
OFFERED = ("👍", "❤️", "🎉", "😄", "🤔")


class OneAnnouncement(msgspec.Struct, frozen=True):
    announcement_id: int


class OneReaction(msgspec.Struct, frozen=True):
    announcement_id: int
    name: str = ""


# Whether anything is announced, and when this process looked last, by database: home pages need not ask each time.
_known: WeakKeyDictionary[Database, tuple[float, bool]] = WeakKeyDictionary()


async def any_now(call: Call[Any]) -> bool:
    """Whether there is something that one has perhaps not read; at most a quarter of a minute old."""
    known = _known.get(call.services.db)
    if known is None or monotonic() - known[0] > FRESH_FOR_S:
        found = await announcements.current(call.db, call.me, with_dismissed=True, now=call.now)
        known = _known[call.services.db] = (monotonic(), bool(found))
    return known[1]


@page("GET", "/announcements", audience="session")
async def listing(call: Call[None]) -> Answer:
    """What is announced now; for htmx, on the home page, only what one has not read."""
    found = await announcements.current(call.db, call.me, with_dismissed=not call.swaps, now=call.now)
    context = {"announcements": found, "offered": OFFERED}
    return Page("web/_announcements.html" if call.swaps else "web/announcements.html", context)


@page("POST", "/announcements/{announcement_id:str}/dismiss", audience="session", params=OneAnnouncement, waiting=True)
async def dismiss(call: Call[OneAnnouncement]) -> Answer:
    """One has read it."""
    await announcements.dismiss(call.db, call.me, call.params.announcement_id, now=call.now)
    if call.swaps:
        return Page("web/_announcements.html", {"announcements": [], "offered": OFFERED})
    return Redirect("/announcements")


@page("POST", "/announcements/{announcement_id:str}/react", audience="session", params=OneReaction, waiting=True)
async def react(call: Call[OneReaction]) -> Answer:
    """One's emoji stands under it, or does not when it stood there."""
    which, name = call.params.announcement_id, call.params.name
    found = await announcements.current(call.db, call.me, with_dismissed=True, now=call.now)
    mine = any(one.id == which and any(r.mine and r.name == name for r in one.reactions) for one in found)
    act = announcements.unreact if mine else announcements.react
    await act(call.db, call.me, which, name, now=call.now)
    return Redirect("/announcements")
