"""Keeping the materialised rows of home timelines. Everything here is idempotent and runs in the worker."""

from __future__ import annotations

from datetime import datetime

from parvis.base.ids import AccountId, PostId
from parvis.domain.timelines import row_queries
from parvis.domain.timelines.home import ACTIVE_FOR, TRUSTED_FOR
from parvis.infra.services import Services

MOST_ROWS = 800
BIG_AUTHOR = 1000  # more followers than this: merged at read instead
CHUNK = 2000


async def fan_out(services: Services, *, author: AccountId, post_id: PostId, now: datetime) -> int:
    """The post is in the rows of the author's active readers; how many rows were written. Big authors write none."""
    async with services.db.connection() as db:
        written = await row_queries.insert_entries(
            db, author, post_id, most_followers=BIG_AUTHOR, active_since=now - ACTIVE_FOR
        )
    if written is None:
        await _merge_at_read(services, author)
    return written or 0


async def _merge_at_read(services: Services, author: AccountId) -> None:
    """Nobody relies on rows of this author any more, and only then are none written."""
    async with services.db.connection() as db:
        while await row_queries.stop_relying(db, author, CHUNK):
            await row_queries.stop_writing(db, author)
        await row_queries.stop_writing(db, author)


async def backfill(services: Services, *, reader: AccountId, author: AccountId) -> None:
    """A newly followed author's posts are in the reader's rows, if the reader has rows and the author is ordinary."""
    async with services.db.transaction() as tx:
        await row_queries.start_writing(tx, reader, most_followers=BIG_AUTHOR, author=author)
    async with services.db.transaction() as tx:
        await row_queries.lock_reader(tx, reader)
        await row_queries.fill_author(tx, reader, author, most_rows=MOST_ROWS)


async def forget(services: Services, *, reader: AccountId, author: AccountId) -> None:
    """The rows of somebody no longer followed are gone."""
    async with services.db.transaction() as tx:
        await row_queries.lock_reader(tx, reader)
        await row_queries.forget_author(tx, reader, author)


async def forget_post(services: Services, *, author: AccountId, post_id: PostId) -> None:
    """A removed post is in nobody's rows."""
    async with services.db.connection() as db:
        await row_queries.forget_post(db, author, post_id)


async def visit(services: Services, *, reader: AccountId, now: datetime) -> None:
    """The reader's visit is noted and the rows are complete: made anew after a long absence, trimmed otherwise."""
    async with services.db.connection() as db:
        state = await db.fetchrow("SELECT ready, active_at FROM home_state WHERE account_id = $1", reader)
    if state is not None and state["ready"] and state["active_at"] > now - TRUSTED_FOR:
        async with services.db.transaction() as tx:
            await row_queries.lock_reader(tx, reader)
            await row_queries.touch(tx, reader, now)
            await row_queries.trim(tx, reader, most_rows=MOST_ROWS)
        return
    await rebuild(services, reader=reader, now=now)


async def rebuild(services: Services, *, reader: AccountId, now: datetime) -> None:
    """The reader's rows are made anew from what they follow."""
    async with services.db.transaction() as tx:
        await row_queries.lock_reader(tx, reader)
        await row_queries.begin_rows(tx, reader, now)
        await row_queries.start_writing(tx, reader, most_followers=BIG_AUTHOR)
    async with services.db.transaction() as tx:
        await row_queries.lock_reader(tx, reader)
        await row_queries.fill_all(tx, reader, most_rows=MOST_ROWS)
