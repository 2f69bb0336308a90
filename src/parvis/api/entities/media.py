"""MediaAttachment: a picture as clients know it."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

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


def present_media(item: Attached, files: dict[str, Picture], media_url: str) -> MediaAttachment:
    """The attachment with its addresses; `media_url` is where the store is reached."""
    original = files["original"]
    small = files.get("small", original)
    base = f"{media_url}/{item.key}"
    return MediaAttachment(
        id=str(item.id),
        type=item.kind,
        url=f"{base}/{original.name}",
        preview_url=f"{base}/{small.name}",
        remote_url=None,
        preview_remote_url=None,
        text_url=None,
        meta={
            "original": _size(original),
            "small": _size(small),
            "focus": {"x": float(item.focus_x), "y": float(item.focus_y)},
        },
        description=item.description,
        blurhash=item.blurhash,
    )


def _size(picture: Picture) -> dict[str, Any]:
    return {
        "width": picture.width,
        "height": picture.height,
        "size": f"{picture.width}x{picture.height}",
        "aspect": round(picture.width / max(picture.height, 1), 6),
    }
