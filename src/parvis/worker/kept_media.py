"""What a kit has to know of uploads: which the place shows, and whether the kit has their files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from parvis.base.settings import Settings
from parvis.domain import media
from parvis.infra import postgres
from parvis.infra.engines import remote_kit
from parvis.infra.engines.kit import BackupFailed
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


@asynccontextmanager
async def _asked(database_url: str) -> AsyncIterator[Connection]:
    db = await postgres.connect(database_url, size=1, application="parvis backup", statement_s=WITHIN_S)
    try:
        async with db.connection() as connection:
            yield connection
    finally:
        await db.close()
