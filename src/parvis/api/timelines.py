"""Timelines: home, local, hashtag, account."""

from __future__ import annotations

import msgspec

from parvis.api.entities.status import Status
from parvis.api.paging import Paging, page_of_glances, page_of_statuses
from parvis.api.routing import Call, endpoint
from parvis.base.ids import AccountId
from parvis.base.pages import Page
from parvis.domain import accounts, posts, timelines
from parvis.infra.background import in_background
from parvis.infra.changes import PUBLIC
from parvis.infra.doors import READING, SHARED_S


class Public(Paging, frozen=True):
    local: bool = False
    remote: bool = False
    only_media: bool = False


class Tagged(Paging, frozen=True):
    hashtag: str = ""
    any: list[str] = []
    all: list[str] = []
    none: list[str] = []
    local: bool = False
    remote: bool = False
    only_media: bool = False


class OfAccount(Paging, frozen=True):
    id: int = 0
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    exclude_direct: bool = False
    pinned: bool = False
    tagged: str | None = None


@endpoint(
    "GET",
    "/api/v1/timelines/home",
    user=True,
    scopes=("read:statuses",),
    params=Paging,
    returns=list[Status],
    remembered=True,
)
async def home(call: Call[Paging]) -> Page[msgspec.Raw]:
    """What those one follows have published, newest first."""
    found = await timelines.home_glances(call.db, call.me, call.params.slice(), now=call.now, token=call.token)
    if found.stale:
        in_background(timelines.visit(call.services, reader=call.me, now=call.now))
    await call.remember(followed=True)
    return await page_of_glances(call, found.page, found.proven, "home")


@endpoint(
    "GET",
    "/api/v1/timelines/public",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=("read:statuses",),
    params=Public,
    returns=list[Status],
    remembered=True,
)
async def public(call: Call[Public]) -> Page[msgspec.Raw]:
    """What the people of this place have published for everybody."""
    if call.params.remote and not call.params.local:
        return Page([])
    found = await timelines.public_glances(
        call.db, call.viewer_id, call.params.slice(), token=call.token, only_media=call.params.only_media
    )
    await call.remember(PUBLIC)
    return await page_of_glances(call, found.page, found.proven, "public")


@endpoint(
    "GET",
    "/api/v1/timelines/tag/:hashtag",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=("read:statuses",),
    params=Tagged,
    returns=list[Status],
)
async def tag(call: Call[Tagged]) -> Page[msgspec.Raw]:
    """Public posts under a hashtag."""
    wanted = call.params
    if wanted.remote and not wanted.local:
        return Page([])
    page = await timelines.tag(
        call.db,
        call.viewer_id,
        wanted.hashtag,
        wanted.slice(),
        any_of=wanted.any,
        all_of=wanted.all,
        none_of=wanted.none,
        only_media=wanted.only_media,
    )
    return await page_of_statuses(call, page, "public")


@endpoint(
    "GET",
    "/api/v1/accounts/:id/statuses",
    urgency=READING,
    shared_s=SHARED_S,
    scopes=("read:statuses",),
    params=OfAccount,
    returns=list[Status],
    remembered=True,
)
async def of_account(call: Call[OfAccount]) -> Page[msgspec.Raw]:
    """One account's posts as the caller may see them."""
    wanted = call.params
    author = AccountId(wanted.id)
    if wanted.pinned:
        await accounts.by_id(call.db, author)
        await call.remember(author)
        pinned = await posts.pinned(call.db, author, viewer_id=call.viewer_id)
        return await page_of_statuses(call, Page(pinned), "account")
    found = await timelines.account_glances(
        call.db,
        call.viewer_id,
        author,
        wanted.slice(),
        token=call.token,
        only_media=wanted.only_media,
        without_replies=wanted.exclude_replies,
        without_reposts=wanted.exclude_reblogs,
        without_direct=wanted.exclude_direct,
        tag=wanted.tagged,
    )
    await call.remember(author)
    return await page_of_glances(call, found.page, found.proven, "account")
