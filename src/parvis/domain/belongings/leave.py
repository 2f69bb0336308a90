"""Leaving for good: the door is shut at once, and a job erases what was there, taking it up again wherever it was stopped."""

from __future__ import annotations

import contextlib
from datetime import datetime

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts, media, posts, relationships
from parvis.domain.belongings import archive, erase_queries, queries
from parvis.infra import jobs
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

ERASE_JOB = "belongings.erase"
_AT_ONCE = 50


async def leave(tx: Connection, account_id: AccountId) -> None:
    """The account is gone for everybody, signed out everywhere, and its address is free; its handle never is again.

    Raises: Forbidden for the last owner of this place; NotFound for an account that is gone already.
    """
    await accounts.close(tx, account_id)
    await jobs.enqueue(tx, ERASE_JOB, {"account_id": account_id}, priority=5)


async def erase(services: Services, account_id: AccountId, *, now: datetime) -> None:
    """Nothing is left of the account but its handle. Every step looks for what is still there, so none is done in vain."""
    async with services.db.connection() as db:
        if not await erase_queries.is_closed(db, account_id):
            return
    await _erase_posts(services, account_id, now)
    await _part_from_everybody(services, account_id)
    await _erase_marks(services, account_id)
    async with services.db.connection() as db:
        archives, portraits = await queries.archives(db, account_id), await erase_queries.portraits(db, account_id)
    for one in archives:
        await archive.forget(services, account_id, one.id, one.key)
    await media.purge_of_account(services, account_id)
    for key in portraits:
        await media.discard_portrait(services, key)
    async with services.db.transaction() as tx:
        await erase_queries.rows_deleted(tx, account_id)
        await erase_queries.profile_blanked(tx, account_id)


async def _erase_posts(services: Services, account_id: AccountId, now: datetime) -> None:
    while True:
        async with services.db.transaction() as tx:
            ids = await erase_queries.post_ids(tx, account_id, _AT_ONCE)
            for post_id in ids:
                with contextlib.suppress(NotFound):  # a repost whose original has just gone, by its own author or by us
                    await posts.remove(tx, account_id, post_id, now=now)
        await jobs.wake(services)
        if len(ids) < _AT_ONCE:
            return


async def _part_from_everybody(services: Services, account_id: AccountId) -> None:
    while True:
        async with services.db.transaction() as tx:
            others = await erase_queries.tied_to(tx, account_id, _AT_ONCE)
            for other in others:
                await relationships.part(tx, account_id, other)
        if len(others) < _AT_ONCE:
            return


async def _erase_marks(services: Services, account_id: AccountId) -> None:
    """Favourites of the account count no more."""
    while True:
        async with services.db.transaction() as tx:
            if await erase_queries.favourites_taken_back(tx, account_id, _AT_ONCE) < _AT_ONCE:
                return
