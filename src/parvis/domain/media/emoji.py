"""Emoji of this place: added and taken out by those who run it, known to every process some seconds later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import asyncpg
import structlog

from parvis.base.errors import Invalid, NotFound
from parvis.domain.media import emoji_queries as queries
from parvis.domain.media import rules
from parvis.infra import emoji
from parvis.infra.emoji import Emoji
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

MOST = 2_000
LOOK_EVERY_S = 15.0
_DATABASE_TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

log = structlog.get_logger(__name__)


Also = Callable[[Connection], Awaitable[None]]  # what else happens in the transaction, or nothing does


async def add(
    services: Services,
    *,
    shortcode: str,
    data: bytes,
    category: str | None,
    listed: bool = True,
    also: Also | None = None,
    now: datetime,
) -> Emoji:
    """The picture stands for `:shortcode:`; one that did so before is replaced.

    Raises: Invalid for a shortcode that cannot be one, no picture, or one emoji too many; TooLarge; Unavailable.
    """
    if not emoji.SHORTCODE.fullmatch(shortcode):
        raise Invalid("shortcode", "A shortcode has 2 to 30 letters without accents, digits and underscores", "invalid")
    rules.check_size(data, services.settings.image_bytes)
    processed = await services.images.process(data, "emoji")
    key = f"{rules.new_key('emoji')}/{processed.files[0].name}"
    await services.storage.put(key, processed.files[0].data, processed.files[0].content_type)
    new = Emoji(shortcode, key, category or None, listed)
    try:
        async with services.db.transaction() as tx:
            if await queries.others(tx, shortcode) >= MOST:
                raise Invalid("shortcode", f"There cannot be more than {MOST} emoji", "too_many")
            replaced = await queries.stored(tx, new, now)
            if also is not None:
                await also(tx)
    except BaseException:
        await services.storage.delete_prefix(key.rpartition("/")[0])  # nobody else knows its key
        raise
    if replaced is not None:
        await services.storage.delete_prefix(replaced.rpartition("/")[0])
    return new


async def remove(services: Services, shortcode: str, *, also: Also | None = None) -> None:
    """Nothing stands for the shortcode any more. Raises: NotFound."""
    async with services.db.transaction() as tx:
        key = await queries.deleted(tx, shortcode)
        if key is None:
            raise NotFound
        if also is not None:
            await also(tx)
    await services.storage.delete_prefix(key.rpartition("/")[0])


async def disable(tx: Connection, shortcode: str, *, now: datetime) -> None:
    """Its picture is shown nowhere, and kept. Raises: NotFound."""
    if not await queries.disabled(tx, shortcode, now):
        raise NotFound


async def enable(tx: Connection, shortcode: str) -> None:
    """Its picture is shown again. Raises: NotFound."""
    if not await queries.disabled(tx, shortcode, None):
        raise NotFound


async def current(db: Connection) -> list[Emoji]:
    """Every emoji that is shown, by its shortcode."""
    return await queries.every(db)


async def resting(db: Connection) -> list[Emoji]:
    """Those that are kept and shown nowhere."""
    return await queries.resting(db)


async def look(services: Services) -> bool:
    """This process knows the emoji that there are; whether they were others before."""
    async with services.db.connection() as db:
        return emoji.keep(await queries.every(db), f"{services.settings.public_origin}/media")


async def keep_looking(services: Services, changed: Callable[[], None]) -> None:
    """This process knows of every change within some seconds, until this is cancelled."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            if await look(services):
                changed()
        except _DATABASE_TROUBLE as error:
            log.debug("emoji.wait_for_database", error=repr(error))
