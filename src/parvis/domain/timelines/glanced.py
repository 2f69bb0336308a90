"""Listings as glances, for doors that keep fragments: the local timeline and one account's posts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.base.pages import Page, PageRequest
from parvis.domain.posts.glances import Glance, glances_from
from parvis.domain.timelines import listing_queries
from parvis.infra.postgres import Connection, Row
from parvis.infra.text import fold_tag


class Glanced(msgspec.Struct, frozen=True):
    """A page of glances; `proven` when the token that was sent along is still the viewer's."""

    page: Page[Glance]
    proven: bool


async def public_glances(
    db: Connection, viewer: AccountId | None, page: PageRequest, *, token: bytes | None, only_media: bool = False
) -> Glanced:
    """What the people of this place have published for everybody, newest first: one statement."""
    rows = await listing_queries.public_glances(db, viewer, page, token=token, only_media=only_media)
    return await _glanced(db, rows, viewer)


async def account_glances(
    db: Connection,
    viewer: AccountId | None,
    author: AccountId,
    page: PageRequest,
    *,
    token: bytes | None,
    only_media: bool = False,
    without_replies: bool = False,
    without_reposts: bool = False,
    without_direct: bool = False,
    tag: str | None = None,
) -> Glanced:
    """One account's posts, newest first, as the viewer may see them: one statement. Raises: NotFound without account."""
    rows = await listing_queries.account_glances(
        db,
        viewer,
        author,
        page,
        token=token,
        only_media=only_media,
        without_replies=without_replies,
        without_reposts=without_reposts,
        without_direct=without_direct,
        tag=fold_tag(tag) if tag else None,
    )
    if not rows[0]["known"]:
        raise NotFound
    return await _glanced(db, rows, viewer)


async def _glanced(db: Connection, rows: Sequence[Row], viewer: AccountId | None) -> Glanced:
    found = await glances_from(db, rows, viewer)
    cursors = (found[0].id, found[-1].id) if found else (None, None)
    return Glanced(Page(found, *cursors), rows[0]["proven"])
