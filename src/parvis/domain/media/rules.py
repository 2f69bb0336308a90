"""What may be uploaded and said about it."""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from parvis.base.errors import Invalid, TooLarge

DESCRIPTION_CHARACTERS = 1500
MOST_UNATTACHED = 100
UNATTACHED_FOR = timedelta(days=1)

# What apps are told. The decoders look at the bytes alone, and refuse more frames than these.
ACCEPTED_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/heic", "image/heif")
MOST_FRAMES = 200


def check_size(data: bytes, most_bytes: int) -> None:
    """Raises: Invalid for nothing at all, TooLarge for too much."""
    if not data:
        raise Invalid("file", "The file is empty", "blank")
    if len(data) > most_bytes:
        raise TooLarge(f"The file is larger than {most_bytes // (1024 * 1024)} MB")


def check_description(description: str | None) -> str | None:
    """The description as it is kept; nothing but blanks is none.

    Raises: Invalid.
    """
    if description is None:
        return None
    kept = description.strip()
    if "\0" in kept:
        raise Invalid("description", "The description contains characters that cannot be stored")
    if len(kept) > DESCRIPTION_CHARACTERS:
        raise Invalid("description", f"The description is longer than {DESCRIPTION_CHARACTERS} characters", "too_long")
    return kept or None


def check_focus(focus: tuple[float, float]) -> tuple[float, float]:
    """Where the eye should fall: -1 is left or bottom, 1 is right or top.

    Raises: Invalid.
    """
    if not all(math.isfinite(part) and -1 <= part <= 1 for part in focus):
        raise Invalid("focus", "The focus must be two numbers between -1 and 1")
    return focus


def new_key(place: str) -> str:
    """A folder that nobody can guess: 128 random bits below `place`, spread over 256 folders."""
    token = secrets.token_hex(16)
    return f"{place}/{token[:2]}/{token}"


# ── video and sound ──────────────────────────────────────────────────────────────────────────────────────────────

Sort = Literal["video", "audio"]

FILM_TYPES = (
    "video/mp4", "video/quicktime", "video/webm", "video/x-matroska",
    "audio/mpeg", "audio/ogg", "audio/flac", "audio/wav", "audio/mp4",
)  # fmt: skip
MOST_FRAMES_A_SECOND = 120
MOST_FILM_PIXELS = 7680 * 4320
_RUNGS = (240, 360, 720, 1080)
_PICTURE_BRANDS = {b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}


class Film(msgspec.Struct, frozen=True, kw_only=True):
    """What an upload holds: the picture as it is seen, upright."""

    duration_ms: int | None
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    bit_rate: int = 0
    video_codec: str | None = None
    pixel_format: str = ""
    rotation: int = 0
    audio_codec: str | None = None


class Rung(msgspec.Struct, frozen=True):
    """One size to be made. `copied`: taken as it came."""

    width: int
    height: int
    copied: bool = False

    @property
    def label(self) -> str:
        return f"{min(self.width, self.height)}p"


def sort_of(head: bytes) -> Sort | None:
    """Whether the first bytes are those of a video or of sound; None: a picture, or nothing we know."""
    if head[4:8] == b"ftyp":
        if head[8:12] in _PICTURE_BRANDS:
            return None
        return "audio" if head[8:11] in (b"M4A", b"M4B") else "video"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip") or head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video"
    if head.startswith((b"ID3", b"OggS", b"fLaC")) or (head[:4] == b"RIFF" and head[8:12] == b"WAVE"):
        return "audio"
    return "audio" if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 else None


def check_film(film: Film, *, most_seconds: int) -> None:
    """Raises: Invalid with the reason when this cannot be shown."""
    if film.video_codec is None and film.audio_codec is None:
        raise Invalid("file", "This file holds neither pictures nor sound.", "film_empty")
    if film.duration_ms is not None and film.duration_ms <= 0:
        raise Invalid("file", "This file has no duration.", "film_endless")
    if film.duration_ms is not None and film.duration_ms > most_seconds * 1000:
        raise Invalid("file", f"This is longer than {most_seconds // 60} minutes.", "film_too_long")
    if film.video_codec is None:
        return
    if not min(film.width, film.height) >= 2 or film.width * film.height > MOST_FILM_PIXELS:
        raise Invalid("file", f"Pictures of {film.width} × {film.height} cannot be taken.", "film_too_large")
    if film.frame_rate > MOST_FRAMES_A_SECOND:
        raise Invalid("file", f"More than {MOST_FRAMES_A_SECOND} pictures a second cannot be taken.", "film_too_fast")


def fits(film: Film) -> bool:
    """Whether browsers play it as it is."""
    return (
        film.video_codec == "h264"
        and film.pixel_format == "yuv420p"
        and film.audio_codec in ("aac", None)
        and film.rotation == 0
        and min(film.width, film.height) <= _RUNGS[-1]
        and film.bit_rate <= 12_000_000
    )


def ladder(film: Film) -> Sequence[Rung]:
    """The sizes to be made, in this order: what can be watched soonest comes first."""
    short = min(film.width, film.height)
    sizes = [rung for rung in _RUNGS if rung <= short] or [short]
    if not fits(film):
        return [_rung(film, size) for size in sizes]
    whole = Rung(film.width, film.height, copied=True)
    return [whole, *(_rung(film, size) for size in sizes if size < short)]


def _rung(film: Film, short: int) -> Rung:
    scale = short / min(film.width, film.height)
    return Rung(max(2, round(film.width * scale / 2) * 2), max(2, round(film.height * scale / 2) * 2))
