"""What a kit has to know of uploads: which the place shows, whether the kit has their files, and where they come back to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from parvis.base.settings import Settings
from parvis.domain import media
from parvis.infra import postgres
from parvis.infra.engines import remote_kit, returned
from parvis.infra.engines.kit import BackupFailed, files
from parvis.infra.engines.kit_media import Shown
from parvis.infra.postgres import Connection
from parvis.infra.storage import media_folder

SAMPLE = 200  # uploads of which a file must be in the kit
WITHIN_S = 600.0


def shown(settings: Settings) -> Shown:
    """What tells which of the missing files the place shows."""

    async def lost(missing: frozenset[str], here: frozenset[str]) -> frozenset[str]:
        async with _asked(settings.database_url) as db:
            return await media.lost_files(db, missing, here)

    return lost


async def looked_at(settings: Settings, place: str, before: datetime) -> float:
    """Of how many uploads of before that moment it was seen that the kit has a file of theirs, not known to be gone.

    Media in a bucket are kept safe there or nowhere. Raises: BackupFailed for an upload that has none.
    """
    if media_folder(settings) is None:
        return 0.0
    there = media.uploads_of(await remote_kit.media_names(place))
    async with _asked(settings.database_url) as db:
        wanted = await media.some_ready(db, before, SAMPLE)
    if missing := wanted - there:
        raise BackupFailed(f"{len(missing)} of {len(wanted)} media have no file in the kit, such as {min(missing)}.")
    return float(len(wanted))


async def put_back(settings: Settings, place: str, folder: Path) -> int:
    """What the folder lost is there again from the kit, where it belongs by now; how many files that were.

    The database says what ought to be there: what was removed since the last copy stays away, and what is withheld by now
    comes to where nobody reaches it. Raises: BackupFailed.
    """
    kept, gone = await remote_kit.media_kept(place)
    here = await asyncio.to_thread(files, folder)
    async with _asked(settings.database_url) as db:
        found = await media.belonging(db, kept, here, gone)
        if not found:
            return 0
        async with remote_kit.media_of(settings, place, {name: kept[name] for name in found.values()}) as source:
            try:
                return await returned.put(source, folder, found)
            finally:  # somebody may have removed or withheld some meanwhile, also of those that came before a failure
                there = await asyncio.to_thread(lambda: [name for name in found if (folder / name).is_file()])
                await settle(db, folder, there)


async def settle(db: Connection, folder: Path, names: Collection[str]) -> tuple[int, int]:
    """Of these files of the folder none can be reached that is withheld, and none is there that no row names; how many were
    moved to where they belong, and how many removed. Files whose names this place did not make up stay as they are."""
    named = await media.naming(db, media.uploads_of(names))
    moved = removed = 0
    for name in filter(media.is_ours, names):
        says = named.get(media.key_of(name))
        if says is None:
            await asyncio.to_thread(returned.remove, folder, name)
            removed += 1
        elif (target := media.place_of(name, aside=says.aside)) != name:
            await asyncio.to_thread(returned.move, folder, name, target)
            moved += 1
    return moved, removed


@asynccontextmanager
async def _asked(database_url: str) -> AsyncIterator[Connection]:
    db = await postgres.connect(database_url, size=1, application="parvis backup", statement_s=WITHIN_S)
    try:
        async with db.connection() as connection:
            yield connection
    finally:
        await db.close()
