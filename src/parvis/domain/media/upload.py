"""Uploading a picture."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import TooMany, Unavailable
from parvis.base.ids import AccountId, MediaId, id_at
from parvis.domain.media import queries, rules
from parvis.domain.media.types import Media, Picture
from parvis.infra.images import ProcessedImage
from parvis.infra.services import Services


async def upload_image(
    services: Services,
    owner: AccountId,
    *,
    data: bytes,
    description: str | None = None,
    focus: tuple[float, float] = (0.0, 0.0),
    now: datetime,
) -> Media:
    """The picture is stored in our own encoding and waits for a post, for a day.

    No transaction is open while it is decoded and stored. The row comes before the files, so that files which a crash
    leaves behind are found and removed with it.
    Raises: Invalid when it is no picture we take; TooLarge; TooMany when a hundred wait already; Unavailable.
    """
    rules.check_size(data, services.settings.image_bytes)
    description = rules.check_description(description)
    focus = rules.check_focus(focus)
    await check_quota(services, owner, now)
    processed = await services.images.process(data, "attachment")
    media_id, key = MediaId(services.ids.next()), rules.new_key("posts")
    size_bytes = sum(len(file.data) for file in processed.files)
    async with services.db.transaction() as tx:
        await queries.new_media(
            tx, media_id, owner, key=key, description=description, focus=focus, size_bytes=size_bytes, now=now
        )
    files = await _store(services, key, processed)
    async with services.db.transaction() as tx:
        media = await queries.ready_media(tx, media_id, owner, files, processed.blurhash)
    if media is None:  # storing took a day, and the row was swept away
        raise Unavailable("The picture could not be stored")
    return media


async def check_quota(services: Services, owner: AccountId, now: datetime) -> None:
    """Raises: TooMany when a hundred uploads wait for a post already."""
    async with services.db.connection() as db:
        waiting = await queries.unattached_count(db, owner, id_at(now - rules.UNATTACHED_FOR))
    if waiting >= rules.MOST_UNATTACHED:
        raise TooMany(3600, f"{waiting} of your pictures wait for a post; post some of them first")


async def _store(services: Services, key: str, processed: ProcessedImage) -> dict[str, Picture]:
    files: dict[str, Picture] = {}
    for file in processed.files:
        size_bytes = await services.storage.put(f"{key}/{file.name}", file.data, file.content_type)
        stem = file.name.partition(".")[0]
        files[stem] = Picture(file.name, file.width, file.height, size_bytes, file.content_type)
    return files
