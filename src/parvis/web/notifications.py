"""What a person should hear about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from litestar import Response

from parvis.base.ids import NotificationId, PostId
from parvis.domain import notifications, posts
from parvis.domain.accounts.types import Account
from parvis.domain.notifications import KINDS, Notification
from parvis.domain.posts import PostView
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Redirect
from parvis.web.routing import Call, page
from parvis.web.sifting import sift
from parvis.web.slices import LIMIT, Slice

ONLY: dict[str, Sequence[str]] = {
    "mentions": ("mention", "quote"),
    "favourites": ("favourite",),
    "reposts": ("repost",),
    "follows": ("follow", "follow_request"),
    "polls": ("poll",),
    "others": ("post", "edit", "quoted_edit", "moderation_warning"),
}


class Listing(Slice, frozen=True):
    only: str = ""


class Read(msgspec.Struct, frozen=True):
    last: int


class Note(msgspec.Struct, frozen=True):
    """One or several notifications with whom and what they are about: those who like the same post stand together."""

    id: NotificationId
    kind: str
    people: list[Account]
    post: PostView | None
    created_at: datetime


@page("GET", "/notifications", audience="session", params=Listing)
async def listing(call: Call[Listing]) -> Answer:
    """Replies, mentions, favourites, reposts and new followers, newest first."""
    only = call.params.only if call.params.only in ONLY else ""
    kinds = ONLY.get(only, KINDS)
    found = await notifications.of(call.db, call.me, call.params.request(), kinds=kinds)
    ids = list(dict.fromkeys(one.post_id for one in found.items if one.post_id is not None))
    seen, folded = await sift(call, await posts.views(call.db, ids, viewer_id=call.me), "notifications")
    shown = {one.id: one for one in seen}
    query = {"only": only} if only else {}
    full = len(found.items) >= LIMIT
    parts = {
        "notes": gathered(found.items, shown),
        "next": with_query("/notifications", {**query, "before": str(found.last_cursor)}) if full else None,
        "only": only,
        "folded": folded,
    }
    return Page("web/_notes.html" if call.swaps else "web/notifications.html", parts)


def gathered(found: Sequence[Notification], shown: Mapping[PostId, PostView]) -> list[Note]:
    """Notifications newest first; favourites and reposts of one post become one line, where the newest of them is."""
    notes: list[Note] = []
    lines: dict[tuple[str, PostId], Note] = {}
    for one in found:
        post = shown.get(one.post_id) if one.post_id is not None else None
        if one.post_id is not None and post is None:
            continue  # out of sight by now
        line = lines.get((one.kind, one.post_id)) if one.post_id is not None else None
        if line is not None:
            line.people.append(one.person)
            continue
        note = Note(one.id, one.kind, [one.person], post, one.created_at)
        notes.append(note)
        if one.post_id is not None and one.kind in ("favourite", "repost"):
            lines[one.kind, one.post_id] = note
    return notes


@page("POST", "/notifications/clear", audience="session", waiting=True)
async def clear(call: Call[None]) -> Answer:
    """There are none."""
    await notifications.clear(call.db, call.me)
    return Redirect("/notifications", notice="cleared")


@page("POST", "/notifications/read", audience="session", params=Read, waiting=True)
async def read(call: Call[Read]) -> Answer:
    """They count as read up to that one (for app.js, which shows how many are not)."""
    await notifications.mark(call.db, call.me, "notifications", call.params.last, now=call.now)
    return Response(b"", status_code=204)
