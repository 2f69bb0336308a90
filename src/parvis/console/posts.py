"""Posts, for moderators: finding them by words or address, withholding them, marking them as sensitive."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import PostId
from parvis.console import restricting
from parvis.console.routing import page
from parvis.domain import accounts, moderation, search
from parvis.domain.accounts.types import Viewer
from parvis.domain.posts import PostAsItWas
from parvis.infra.html.paths import with_query
from parvis.infra.html.visit import Answer, Page, Redirect, Visit

LIMIT = 30
HERE = "/console/posts"


class Wanted(msgspec.Struct, frozen=True):
    q: str = ""
    before: int | None = None


class One(msgspec.Struct, frozen=True):
    post_id: int


class Restricted(restricting.Restricting, frozen=True, kw_only=True):
    post_id: int


@page("GET", HERE, audience="moderator", params=Wanted)
async def listing(visit: Visit[Viewer, Wanted]) -> Answer:
    """Posts with these words, as far as their authors let them be found, the newest first; an address leads to its post."""
    words = visit.params.q.strip()
    post_id = moderation.evidence.id_in(words)
    if post_id is not None:
        with suppress(NotFound):  # then it is no address, but a number or `24/7`
            await moderation.evidence.post(visit.db, post_id)
            return Redirect(f"/console/posts/{post_id}")
    ids = await search.posts(
        visit.db, words, domain=visit.settings.domain, viewer_id=visit.me, below=visit.params.before, limit=LIMIT + 1
    )
    more = with_query(HERE, {"q": words, "before": str(ids[LIMIT - 1])}) if len(ids) > LIMIT else None
    found = await moderation.evidence.several(visit.db, ids[:LIMIT])
    return Page("console/posts.html", {"q": words, "posts": await shown(visit, found), "next": more})


async def _post(visit: Visit[Viewer, Any]) -> Page:
    one = await moderation.evidence.post(visit.db, PostId(visit.params.post_id))
    found = [found for found in await moderation.standing(visit.db, one.account_id) if found.post_id == one.id]
    people = await accounts.by_ids(visit.db, [one.account_id])
    author = await accounts.login_of(visit.db, one.account_id) if one.account_id in people else None
    return Page(
        "console/post.html",
        {
            "post": (await shown(visit, [one]))[0],
            "may_act": author is not None and visit.viewer is not None and visit.viewer.role > author.role,
            "restrictions": await restricting.shown(visit, found),
            **await restricting.form_parts(visit, post=True),
        },
    )


@page("GET", "/console/posts/{post_id:str}", audience="moderator", params=One)
async def post(visit: Visit[Viewer, One]) -> Answer:
    """What it says, and what can be done."""
    return await _post(visit)


@page(
    "POST",
    "/console/posts/{post_id:str}/restrict",
    audience="moderator",
    params=Restricted,
    again=_post,
    connects=False,
)
async def restrict(visit: Visit[Viewer, Restricted]) -> Answer:
    """The post is withheld or marked, and its author is told."""
    post_id = PostId(visit.params.post_id)
    async with visit.services.db.connection() as db:
        one = await moderation.evidence.post(db, post_id)
    return await restricting.restrict(visit, one.account_id, post_id, return_to=f"/console/posts/{post_id}")


async def shown(visit: Visit[Viewer, Any], found: Sequence[PostAsItWas]) -> list[dict[str, Any]]:
    """The posts with their authors and what they are under."""
    people = await accounts.by_ids(visit.db, sorted({one.account_id for one in found}))
    under = await restricting.shown(visit, await moderation.on_posts(visit.db, [one.id for one in found]))
    return [
        {
            "about": one,
            "author": people[one.account_id],
            "marks": [each["name"] for each in under if each["about"].post_id == one.id],
        }
        for one in found
        if one.account_id in people
    ]


def reachable(found: Sequence[PostAsItWas], post_id: int | None) -> PostAsItWas | None:
    """That post among these, none for none. Raises: NotFound for one that is not among them."""
    if post_id is None:
        return None
    one = next((each for each in found if each.id == post_id), None)
    if one is None:
        raise NotFound
    return one
