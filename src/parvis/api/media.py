"""Media uploads: an image is processed within the request and answers 200, video and sound later: 202, then 206."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.media import MediaAttachment, present_media
from parvis.api.routing import Call, Reply, endpoint
from parvis.base.errors import Invalid, TooLarge
from parvis.base.ids import MediaId
from parvis.domain import media
from parvis.infra.images import ProcessedImage
from parvis.infra.rate_limits import UPLOADS
from parvis.infra.streamed import Streamed

SCOPES = ("write:media",)
# The largest video that a setting may allow, and the rest of the form around it. It is never held in memory.
BODY_BYTES = 1026 * 1024 * 1024
POSTER_BYTES = 66 * 1024 * 1024


class NewMedia(msgspec.Struct, frozen=True):
    file: Streamed | None = None
    thumbnail: Streamed | None = None
    description: str | None = None
    focus: str | None = None


class OneMedia(msgspec.Struct, frozen=True):
    id: int


class MediaChange(msgspec.Struct, frozen=True):
    id: int
    description: str | msgspec.UnsetType = msgspec.UNSET
    focus: str | None = None
    thumbnail: Streamed | None = None


def focus_of(text: str | None) -> tuple[float, float] | None:
    """`"0.5,-0.2"` as two numbers from -1 to 1. Raises: Invalid."""
    if not text:
        return None
    try:
        x, y = (max(-1.0, min(1.0, float(part))) for part in text.split(","))
    except ValueError:
        raise Invalid("focus", "Validation failed: Focus must be two numbers, like 0.5,-0.2") from None
    if x != x or y != y:
        raise Invalid("focus", "Validation failed: Focus must be two numbers, like 0.5,-0.2")
    return x, y


async def upload(call: Call[NewMedia]) -> Reply:
    """A picture is stored and can be attached (200); video and sound are stored and will be soon (202)."""
    file = call.params.file
    if file is None:
        raise Invalid("file", "Validation failed: File can't be blank", "blank")
    said, focus = call.params.description, focus_of(call.params.focus) or (0.0, 0.0)
    sort = media.sort_of(file.head)
    if sort is not None:
        poster = await _poster(call, call.params.thumbnail)
        stored = await media.upload_film(
            call.services, call.me, sort=sort, chunks=file.chunks(), size_bytes=file.size_bytes, description=said,
            focus=focus, now=call.now,
        )  # fmt: skip
        if poster is not None:
            stored = await media.choose_poster(call.services, call.me, stored.id, poster)
        return Reply(_presented(call, stored), status=202)
    most = call.services.settings.image_bytes
    if file.size_bytes > most:
        raise TooLarge(f"The file is larger than {most // (1024 * 1024)} MB")
    data = await file.whole()
    stored = await media.upload_image(call.services, call.me, data=data, description=said, focus=focus, now=call.now)
    return Reply(_presented(call, stored), status=200 if stored.ready else 202)


async def _poster(call: Call[Any], thumbnail: Streamed | None) -> ProcessedImage | None:
    """The picture that was sent along, to stand for a video or sound. Raises: Invalid; TooLarge."""
    if thumbnail is None:
        return None
    most = call.services.settings.image_bytes
    if thumbnail.size_bytes > most:
        raise TooLarge(f"The file is larger than {most // (1024 * 1024)} MB")
    return await media.read_poster(call.services, await thumbnail.whole())


@endpoint(
    "POST", "/api/v2/media", bulkhead="media", user=True, scopes=SCOPES, params=NewMedia, returns=MediaAttachment,
    connects=False, limit=UPLOADS, body_bytes=BODY_BYTES, answers=(200, 202),
)  # fmt: skip
async def upload_v2(call: Call[NewMedia]) -> Reply:
    """Upload a picture, a video or sound."""
    return await upload(call)


@endpoint(
    "POST", "/api/v1/media", bulkhead="media", user=True, scopes=SCOPES, params=NewMedia, returns=MediaAttachment,
    connects=False, limit=UPLOADS, body_bytes=BODY_BYTES, answers=(200, 202),
)  # fmt: skip
async def upload_v1(call: Call[NewMedia]) -> Reply:
    """Upload a picture (the older route)."""
    return await upload(call)


@endpoint(
    "GET", "/api/v1/media/:id", user=True, scopes=SCOPES, params=OneMedia, returns=MediaAttachment, answers=(200, 206)
)
async def read(call: Call[OneMedia]) -> Reply:
    """An upload of one's own that is not attached yet: 206 until it can be."""
    found = await media.unattached(call.db, call.me, MediaId(call.params.id))
    return Reply(_presented(call, found), status=200 if found.ready else 206)


@endpoint(
    "PUT", "/api/v1/media/:id", bulkhead="media", user=True, scopes=SCOPES, params=MediaChange, returns=MediaAttachment,
    connects=False, body_bytes=POSTER_BYTES,
)  # fmt: skip
@endpoint(
    "PATCH", "/api/v1/media/:id", bulkhead="media", user=True, scopes=SCOPES, params=MediaChange, returns=MediaAttachment,
    connects=False, body_bytes=POSTER_BYTES,
)  # fmt: skip
async def change(call: Call[MediaChange]) -> MediaAttachment:
    """Describe an upload, set its focus, or choose the picture that stands for it, before it is attached."""
    media_id, focus = MediaId(call.params.id), focus_of(call.params.focus)
    poster = await _poster(call, call.params.thumbnail)
    async with call.services.db.transaction() as tx:
        changed = await media.describe(tx, call.me, media_id, description=call.params.description, focus=focus)
    if poster is not None:
        changed = await media.choose_poster(call.services, call.me, media_id, poster)
    return _presented(call, changed)


@endpoint("DELETE", "/api/v1/media/:id", user=True, scopes=SCOPES, params=OneMedia)
async def delete(call: Call[OneMedia]) -> None:
    """Remove an upload that is not attached."""
    await media.discard(call.db, call.me, MediaId(call.params.id))


def _presented(call: Call, item: media.Media) -> MediaAttachment:
    return present_media(item, item.files, addresses(call.services).media)
