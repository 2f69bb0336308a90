"""The picture that stands for a video or for sound: what was chosen for it stays, whatever is made of it later."""

from __future__ import annotations

import secrets

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, MediaId
from parvis.domain.media import film_queries, queries, rules
from parvis.domain.media.types import Media, Picture
from parvis.infra.images import ProcessedImage
from parvis.infra.services import Services


async def read_poster(services: Services, data: bytes) -> ProcessedImage:
    """A picture that can stand for something. Raises: Invalid; TooLarge; Unavailable."""
    rules.check_size(data, services.settings.image_bytes)
    return await services.images.process(data, "attachment")


async def choose_poster(services: Services, owner: AccountId, media_id: MediaId, poster: ProcessedImage) -> Media:
    """The picture stands for the upload; one that is a picture itself stays as it is.

    No transaction is open while it is stored.
    Raises: NotFound when it is not the owner's, refused, or in a post already.
    """
    async with services.db.connection() as db:
        media = await queries.media_by_id(db, owner, media_id)
    if media is None or media.post_id is not None or media.state not in ("processing", "ready"):
        raise NotFound
    if media.kind not in ("video", "audio"):
        return media
    files = await put_pictures(services, media.key, secrets.token_hex(4), poster)
    async with services.db.transaction() as tx:
        chosen = await film_queries.with_poster(tx, owner, media_id, files=files, blurhash=poster.blurhash)
    if chosen is None:
        raise NotFound
    return chosen


async def put_pictures(services: Services, key: str, run: str, processed: ProcessedImage) -> dict[str, Picture]:
    """The smaller sizes of a picture beside the files of something else, under names of this run."""
    files: dict[str, Picture] = {}
    for file in processed.files:
        stem = file.name.partition(".")[0]
        if stem == "original":
            continue
        name = f"{run}-{file.name}"
        size = await services.storage.put(f"{key}/{name}", file.data, file.content_type)
        files[stem] = Picture(name, file.width, file.height, size, file.content_type)
    return files
