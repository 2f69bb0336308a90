"""Media uploads: an image is processed within the request and answers 200."""

from __future__ import annotations

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.media import MediaAttachment, present_media
from parvis.api.parameters import Upload
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Invalid
from parvis.base.ids import MediaId
from parvis.domain import media
from parvis.infra.rate_limits import UPLOADS

SCOPES = ("write:media",)
# The largest picture that a setting may allow by default, and the rest of the form around it.
BODY_BYTES = 18 * 1024 * 1024


class NewMedia(msgspec.Struct, frozen=True):
    file: Upload | None = None
    thumbnail: Upload | None = None
    description: str | None = None
    focus: str | None = None


class OneMedia(msgspec.Struct, frozen=True):
    id: int


class MediaChange(msgspec.Struct, frozen=True):
    id: int
    description: str | msgspec.UnsetType = msgspec.UNSET
    focus: str | None = None


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


async def upload(call: Call[NewMedia]) -> MediaAttachment:
    """The picture is stored and can be attached."""
    if call.params.file is None:
        raise Invalid("file", "Validation failed: File can't be blank", "blank")
    stored = await media.upload_image(
        call.services,
        call.me,
        data=call.params.file.data,
        description=call.params.description,
        focus=focus_of(call.params.focus) or (0.0, 0.0),
        now=call.now,
    )
    return _presented(call, stored)


@endpoint(
    "POST", "/api/v2/media", bulkhead="media", user=True, scopes=SCOPES, params=NewMedia, returns=MediaAttachment,
    connects=False, limit=UPLOADS, body_bytes=BODY_BYTES,
)  # fmt: skip
async def upload_v2(call: Call[NewMedia]) -> MediaAttachment:
    """Upload a picture."""
    return await upload(call)


@endpoint(
    "POST", "/api/v1/media", bulkhead="media", user=True, scopes=SCOPES, params=NewMedia, returns=MediaAttachment,
    connects=False, limit=UPLOADS, body_bytes=BODY_BYTES,
)  # fmt: skip
async def upload_v1(call: Call[NewMedia]) -> MediaAttachment:
    """Upload a picture (the older route)."""
    return await upload(call)


@endpoint("GET", "/api/v1/media/:id", user=True, scopes=SCOPES, params=OneMedia, returns=MediaAttachment)
async def read(call: Call[OneMedia]) -> MediaAttachment:
    """An upload of one's own that is not attached yet."""
    return _presented(call, await media.unattached(call.db, call.me, MediaId(call.params.id)))


@endpoint("PUT", "/api/v1/media/:id", user=True, scopes=SCOPES, params=MediaChange, returns=MediaAttachment)
async def change(call: Call[MediaChange]) -> MediaAttachment:
    """Describe an upload, or set its focus, before it is attached."""
    changed = await media.describe(
        call.db,
        call.me,
        MediaId(call.params.id),
        description=call.params.description,
        focus=focus_of(call.params.focus),
    )
    return _presented(call, changed)


@endpoint("DELETE", "/api/v1/media/:id", user=True, scopes=SCOPES, params=OneMedia)
async def delete(call: Call[OneMedia]) -> None:
    """Remove an upload that is not attached."""
    await media.discard(call.db, call.me, MediaId(call.params.id))


def _presented(call: Call, item: media.Media) -> MediaAttachment:
    return present_media(item, item.files, addresses(call.services).media)
