"""Forgetting pictures: files first, then their rows, so that whatever stops half-way is taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain.media import queries, rules, sources
from parvis.domain.media.aside import aside_key, files_locked
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services

_BATCH = 100


async def purge_unattached(services: Services, *, now: datetime) -> int:
    """Pictures that no post took within a day are gone; answers how many. May run twice at a time."""
    purged = 0
    while True:
        async with services.db.transaction() as tx:
            rows = await queries.condemned(tx, now - rules.UNATTACHED_FOR, _BATCH, now)
        await _remove(services, rows)
        purged += len(rows)
        if len(rows) < _BATCH:
            return purged


async def discard(tx: Connection, owner: AccountId, media_id: MediaId) -> None:
    """The owner's upload cannot be attached or seen any more, and the next sweep removes its files.

    Raises: NotFound, also for one in a post: that goes with its post.
    """
    if not await queries.discarded(tx, owner, media_id):
        raise NotFound


async def purge_of_post(
    services: Services, author: AccountId, post_id: PostId, *, within_s: float | None = None
) -> None:
    """A removed post's pictures are gone from the store. Only for posts that are gone already.

    Raises: FilesBusy, as `files_locked` does.
    """
    async with services.db.connection() as db:
        rows = await queries.media_of_post(db, author, post_id)
    await _remove(services, rows, within_s=within_s)


async def purge_of_account(services: Services, owner: AccountId) -> None:
    """Nothing that the account ever uploaded is in the store. Only for accounts that are closed already."""
    while True:
        async with services.db.connection() as db:
            rows = await queries.media_of_account(db, owner, _BATCH)
        await _remove(services, rows)
        if len(rows) < _BATCH:
            return


async def _remove(services: Services, rows: Sequence[Row], *, within_s: float | None = None) -> None:
    for row in rows:
        async with files_locked(services, AccountId(row["account_id"]), within_s=within_s):
            await services.storage.delete_prefix(row["key"])
            await services.storage.delete_prefix(aside_key(row["key"]))
        if row["source_key"] is not None:
            await sources.forget(services, row["source_key"])
    if rows:
        async with services.db.transaction() as tx:
            await queries.delete_media(tx, [(row["account_id"], row["id"]) for row in rows])
