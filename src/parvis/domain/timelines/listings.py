"""Timelines that are the same for everybody but for what one may not or does not want to see."""

from __future__ import annotations

from parvis.base.ids import AccountId, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain import links
from parvis.domain.timelines import queries
from parvis.infra.postgres import Connection
from parvis.infra.text import fold_tag


async def public(
    db: Connection, viewer: AccountId | None, page: PageRequest, *, only_media: bool = False
) -> Page[PostId]:
    """What the people of this place have published for everybody, newest first."""
    return _page(await queries.public_ids(db, viewer, page, only_media=only_media))


async def tag(
    db: Connection,
    viewer: AccountId | None,
    name: str,
    page: PageRequest,
    *,
    any_of: list[str] | None = None,
    all_of: list[str] | None = None,
    none_of: list[str] | None = None,
    only_media: bool = False,
) -> Page[PostId]:
    """Public posts under a hashtag."""
    return _page(
        await queries.tag_ids(
            db,
            viewer,
            page,
            any_of=[fold_tag(t) for t in [name, *(any_of or [])][:5]],
            all_of=sorted({fold_tag(t) for t in (all_of or [])[:4]}),
            none_of=[fold_tag(t) for t in (none_of or [])[:4]],
            only_media=only_media,
        )
    )


async def link(
    db: Connection, viewer: AccountId | None, url: str, page: PageRequest, *, private: bool = False
) -> Page[PostId]:
    """Public posts that name the address, by people who let themselves be found. `private` as in `links`."""
    digest = links.hash_of(url, private=private)
    return _page(await queries.link_ids(db, viewer, page, digest) if digest else [])


async def account(
    db: Connection,
    viewer: AccountId | None,
    author: AccountId,
    page: PageRequest,
    *,
    only_media: bool = False,
    without_replies: bool = False,
    without_reposts: bool = False,
    without_direct: bool = False,
    tag: str | None = None,
) -> Page[PostId]:
    """One account's posts, newest first, as the viewer may see them."""
    return _page(
        await queries.account_ids(
            db,
            viewer,
            author,
            page,
            only_media=only_media,
            without_replies=without_replies,
            without_reposts=without_reposts,
            without_direct=without_direct,
            tag=fold_tag(tag) if tag else None,
        )
    )


def _page(ids: list[PostId]) -> Page[PostId]:
    return Page(ids, ids[0], ids[-1]) if ids else Page([])
