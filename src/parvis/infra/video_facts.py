"""What is told of a video file; apart from the child that looks, so that nobody else loads what it looks with."""

from __future__ import annotations

import msgspec


class Found(msgspec.Struct, kw_only=True):
    """What a file holds, or why it is refused."""

    format: str = ""
    duration_ms: int | None = None
    video_codec: str | None = None
    pixel_format: str = ""
    width: int = 0
    height: int = 0
    rotation: int = 0
    frame_rate: float = 0.0
    bit_rate: int = 0
    audio_codec: str | None = None
    refused: str | None = None
    code: str = "film_damaged"
