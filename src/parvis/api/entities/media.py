"""MediaAttachment: a picture, a video or sound as clients know it."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from parvis.domain import media
from parvis.domain.posts.types import Picture


class Attached(Protocol):
    """What a stored picture has in common before and after it is attached to a post."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def blurhash(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...
    @property
    def focus_x(self) -> float: ...
    @property
    def focus_y(self) -> float: ...


class Processing(msgspec.Struct, frozen=True):
    """For the owner alone: how far an upload is, and what is being made."""

    percent: int
    doing: str | None


class Captions(msgspec.Struct, frozen=True):
    """What is said, as text in one language (WebVTT)."""

    language: str
    url: str


class MediaAttachment(msgspec.Struct, frozen=True):
    id: str
    type: str
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: dict[str, Any]
    description: str | None
    blurhash: str | None
    processing: Processing | msgspec.UnsetType = msgspec.UNSET
    captions: list[Captions] | msgspec.UnsetType = msgspec.UNSET


def present_media(item: Attached, files: dict[str, Picture], media_url: str) -> MediaAttachment:
    """The attachment with its addresses; `media_url` is where the store is reached."""
    original = files.get("original")
    base = f"{media_url}/{item.key}"
    focus = {"x": float(item.focus_x), "y": float(item.focus_y)}
    if original is None:
        return _unfinished(item, {"focus": focus})
    small = files.get("small", original)
    meta: dict[str, Any] = {"original": _size(original), "small": _size(small), "focus": focus}
    if item.kind != "image":
        meta |= _film(original)
    processing = _processing(item)
    return MediaAttachment(
        id=str(item.id),
        type=item.kind,
        url=f"{base}/{original.name}",
        preview_url=f"{base}/{small.name}",
        remote_url=None,
        preview_remote_url=None,
        text_url=None,
        meta=meta,
        description=item.description,
        blurhash=item.blurhash,
        processing=processing,
        captions=present_captions(files, base) or msgspec.UNSET,
    )


def present_captions(files: dict[str, Picture], base: str) -> list[Captions]:
    """The captions of a video whose files lie at `base`."""
    return [Captions(one, f"{base}/{files[f'captions-{one}'].name}") for one in media.languages_of(files)]


def _unfinished(item: Attached, meta: dict[str, Any]) -> MediaAttachment:
    """An upload of which nothing can be shown yet: null addresses tell apps to wait."""
    return MediaAttachment(
        str(item.id), item.kind, None, None, None, None, None, meta, item.description, None, _processing(item)
    )


def _processing(item: Attached) -> Processing | msgspec.UnsetType:
    if getattr(item, "source_key", None) is None:
        return msgspec.UNSET
    return Processing(getattr(item, "percent", 0), getattr(item, "doing", None))


def _film(original: Picture) -> dict[str, Any]:
    """Facts of video and sound in the types that apps expect: a frame rate is a string, a length in words too."""
    seconds = original.duration_ms / 1000
    whole = int(seconds)
    length = f"{whole // 3600}:{whole // 60 % 60:02}:{seconds % 60:05.2f}"
    facts: dict[str, Any] = {"duration": seconds, "bitrate": original.bit_rate}
    if not original.width:
        return {"length": length, "duration": seconds, "original": facts}
    fps = int(original.frame_rate.partition("/")[0] or 30)
    facts = {"width": original.width, "height": original.height, "frame_rate": original.frame_rate or "30/1"} | facts
    return {"length": length, "duration": seconds, "fps": fps, **_size(original), "original": facts}


def _size(picture: Picture) -> dict[str, Any]:
    return {
        "width": picture.width,
        "height": picture.height,
        "size": f"{picture.width}x{picture.height}",
        "aspect": round(picture.width / max(picture.height, 1), 6),
    }
