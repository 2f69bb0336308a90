"""The home timeline: rows for ordinary authors, merged at read for big ones, a plain query where there are no rows.

All three give the same ids, because one condition (`queries.belongs`) decides for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from parvis.base.ids import AccountId, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain.posts.glances import Glance, glances_from
from parvis.domain.timelines import near_queries, queries
from parvis.infra.postgres import Connection, Row

ACTIVE_FOR = timedelta(days=14)
# Rows are trusted a day less than they are written, so that a late fan-out cannot leave a gap.
TRUSTED_FOR = timedelta(days=13)
SEEN_EVERY = timedelta(hours=1)


class Home(msgspec.Struct, frozen=True):
    """A page of the home timeline; `stale` when the reader's rows should be made or their visit noted."""

    page: Page[PostId]
    stale: bool


class HomeGlances(msgspec.Struct, frozen=True):
    """A page of glances; `proven` when the token that was sent along is still good."""

    page: Page[Glance]
    stale: bool
    proven: bool


async def home(db: Connection, reader: AccountId, page: PageRequest, *, now: datetime, use_rows: bool = True) -> Home:
    """The reader's page: one query, two where it reaches below the kept rows."""
    row = await queries.home_ids(db, reader, page, use_rows=use_rows, active_since=now - TRUSTED_FOR)
    ids, floor = list(row["ids"]), row["floor_id"]
    if floor and not page.forwards and len(ids) < page.limit:
        row_below = await queries.home_ids(db, reader, page, use_rows=False, active_since=now)
        ids = list(row_below["ids"])
    elif floor and not page.forwards and ids and ids[-1] <= floor:
        ids = list((await queries.home_ids(db, reader, page, use_rows=False, active_since=now))["ids"])
    if page.forwards:
        ids.reverse()
    stale = row["active_at"] is None or row["active_at"] < now - SEEN_EVERY
    return Home(_page(ids), stale)


async def home_glances(
    db: Connection, reader: AccountId, page: PageRequest, *, now: datetime, token: bytes | None, use_rows: bool = True
) -> HomeGlances:
    """The reader's page as glances, and whether the token is still the reader's: one statement for most pages."""
    if not page.forwards:
        rows = await near_queries.near_glances(
            db, reader, page, use_rows=use_rows, active_since=now - TRUSTED_FOR, token=token
        )
        ids = [row["id"] for row in rows if row["id"] is not None]
        if near_queries.is_complete(ids, page.limit, rows[0]["horizon"]):
            return await _glanced(db, rows, reader, now)
    rows = await queries.home_glances(db, reader, page, use_rows=use_rows, active_since=now - TRUSTED_FOR, token=token)
    floor = rows[0]["floor_id"]
    ids = [row["id"] for row in rows if row["id"] is not None]
    if floor and not page.forwards and (len(ids) < page.limit or ids[-1] <= floor):  # below the kept rows
        rows = await queries.home_glances(db, reader, page, use_rows=False, active_since=now, token=token)
    return await _glanced(db, rows, reader, now)


async def _glanced(db: Connection, rows: Sequence[Row], reader: AccountId, now: datetime) -> HomeGlances:
    head = rows[0]
    found = await glances_from(db, rows, reader)
    cursors = (found[0].id, found[-1].id) if found else (None, None)
    stale = head["active_at"] is None or head["active_at"] < now - SEEN_EVERY
    return HomeGlances(Page(found, *cursors), stale, head["proven"])


def _page(ids: list[int]) -> Page[PostId]:
    if not ids:
        return Page([])
    return Page([PostId(i) for i in ids], ids[0], ids[-1])


async def wants(db: Connection, post_id: PostId, readers: list[AccountId]) -> set[AccountId]:
    """Those of the readers who have this post in their home, so that a live stream shows what a reload would."""
    return await queries.readers_wanting(db, post_id, readers) if readers else set()
