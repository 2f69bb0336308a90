"""Captions of one's own videos, in any number of languages; posts that show the video have them at once."""

from __future__ import annotations

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.media import Captions, present_captions
from parvis.api.parameters import Upload
from parvis.api.routing import Call, endpoint
from parvis.base.errors import Invalid
from parvis.base.ids import MediaId
from parvis.domain import media, posts

SCOPES = ("write:media",)


class OneVideo(msgspec.Struct, frozen=True):
    id: int


class NewCaptions(msgspec.Struct, frozen=True):
    id: int
    language: str
    file: Upload | None = None
    text: str | None = None


class OldCaptions(msgspec.Struct, frozen=True):
    id: int
    language: str


def _presented(call: Call, video: media.Media) -> list[Captions]:
    return present_captions(video.files, f"{addresses(call.services).media}/{video.key}")


@endpoint("GET", "/api/parvis/v1/media/:id/captions", user=True, scopes=SCOPES, params=OneVideo, returns=list[Captions])
async def listed(call: Call[OneVideo]) -> list[Captions]:
    """The captions of a video of one's own, posted or not."""
    return _presented(call, await media.own_video(call.db, call.me, MediaId(call.params.id)))


@endpoint(
    "PUT", "/api/parvis/v1/media/:id/captions/:language", user=True, scopes=SCOPES, params=NewCaptions,
    returns=list[Captions], connects=False,
)  # fmt: skip
async def put(call: Call[NewCaptions]) -> list[Captions]:
    """The video has these captions in that language: WebVTT or SRT, as `file` or as `text`."""
    file, text = call.params.file, call.params.text
    data = file.data if file is not None else (text or "").encode()
    if not data:
        raise Invalid("captions", "Validation failed: Captions can't be blank", "blank")
    video = await media.caption(
        call.services, call.me, MediaId(call.params.id), language=call.params.language, data=data,
        follow=posts.follow_media,
    )  # fmt: skip
    return _presented(call, video)


@endpoint(
    "DELETE", "/api/parvis/v1/media/:id/captions/:language", user=True, scopes=SCOPES, params=OldCaptions,
    returns=list[Captions], connects=False,
)  # fmt: skip
async def delete(call: Call[OldCaptions]) -> list[Captions]:
    """The video has no captions in that language."""
    video = await media.uncaption(
        call.services, call.me, MediaId(call.params.id), language=call.params.language, follow=posts.follow_media
    )
    return _presented(call, video)
