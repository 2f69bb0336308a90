"""What may be uploaded and said about it."""

from __future__ import annotations

import math
import secrets
from datetime import timedelta

from parvis.base.errors import Invalid, TooLarge

DESCRIPTION_CHARACTERS = 1500
MOST_UNATTACHED = 100
UNATTACHED_FOR = timedelta(days=1)

# What apps are told. The decoders look at the bytes alone, and refuse more frames than these.
ACCEPTED_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")
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
