"""Uploading a picture."""

from __future__ import annotations

import shutil
from datetime import datetime

from parvis.base.errors import TooMany, Unavailable
from parvis.base.ids import AccountId, MediaId, id_at
from parvis.domain.media import queries, rules, sources
from parvis.domain.media.types import Media, Picture
from parvis.domain.media.waiting import enqueue
from parvis.infra import jobs
from parvis.infra.images import ProcessedImage
from parvis.infra.services import Services

LEAST_FREE = 0.1


async def upload_image(
    services: Services,
    owner: AccountId,
    *,
    data: bytes,
    description: str | None = None,
    focus: tuple[float, float] = (0.0, 0.0),
    animated: bool = True,
    now: datetime,
) -> Media:
    """The picture is stored in our own encoding and waits for a post, for a day.

    An animation becomes a silent video and is `processing` until then; with `animated=False`, its first picture.

    No transaction is open while it is decoded and stored. The row comes before the files, so that files which a crash
    leaves behind are found and removed with it.
    Raises: Invalid when it is no picture we take; TooLarge; TooMany when a hundred wait already; Unavailable.
    """
    rules.check_size(data, services.settings.image_bytes)
    description = rules.check_description(description)
    focus = rules.check_focus(focus)
    await check_quota(services, owner, now)
    processed = await services.images.process(data, "attachment")
    if animated and processed.frames > 1:
        return await _store_animation(services, owner, data, description, focus, now)
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


async def _store_animation(
    services: Services,
    owner: AccountId,
    data: bytes,
    description: str | None,
    focus: tuple[float, float],
    now: datetime,
) -> Media:
    media_id, source = MediaId(services.ids.next()), rules.new_key("originals")
    async with services.db.transaction() as tx:
        await queries.new_media(
            tx, media_id, owner, key=rules.new_key("posts"), description=description, focus=focus,
            size_bytes=len(data), now=now, kind="gifv", source_key=source,
        )  # fmt: skip
    await services.storage.put(source, data, sources.OPAQUE)
    async with services.db.transaction() as tx:
        await enqueue(tx, owner, media_id)
        media = await queries.media_by_id(tx, owner, media_id)
    await jobs.wake(services)
    if media is None:
        raise Unavailable("The picture could not be stored")
    return media


async def check_quota(services: Services, owner: AccountId, now: datetime) -> None:
    """Raises: TooMany when a hundred uploads wait for a post already; Unavailable when the disk is nearly full."""
    _check_room(services)
    async with services.db.connection() as db:
        waiting = await queries.unattached_count(db, owner, id_at(now - rules.UNATTACHED_FOR))
    if waiting >= rules.MOST_UNATTACHED:
        raise TooMany(3600, f"{waiting} of your pictures wait for a post; post some of them first")


def _check_room(services: Services) -> None:
    """Raises: Unavailable while less than a tenth is free, so that there is always room for what people write.

    With a store elsewhere it is the disk of our own folder that counts: everything passes through it on its way.
    """
    place = services.storage.local_path("posts")
    usage = shutil.disk_usage(services.settings.home if place is None else place.parent)
    if usage.free < LEAST_FREE * usage.total:
        raise Unavailable("There is no room left for files", retry_after_s=300)


async def _store(services: Services, key: str, processed: ProcessedImage) -> dict[str, Picture]:
    files: dict[str, Picture] = {}
    for file in processed.files:
        size_bytes = await services.storage.put(f"{key}/{file.name}", file.data, file.content_type)
        stem = file.name.partition(".")[0]
        files[stem] = Picture(file.name, file.width, file.height, size_bytes, file.content_type)
    return files
