"""Photographs of phones (HEIC), made into what the other decoders read. Called inside the cage alone (image_process).

The decoders beside this one read no HEVC. Its errors have no class of their own, so whoever calls catches them all.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pillow_heif
import pyvips

BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_EITHER = frozenset((b"mif1", b"msf1"))  # which of the two it is, the list behind says

pillow_heif.options.DECODE_THREADS = 1


def is_heic(data: bytes) -> bool:
    """Whether the first bytes are those of such a photograph."""
    if data[4:8] != b"ftyp" or (data[8:12] not in _EITHER and data[8:12] not in BRANDS):
        return False
    size = min(int.from_bytes(data[:4], "big"), 256)
    listed = {data[place : place + 4] for place in range(16, size, 4)}
    return data[8:12] in BRANDS or not listed.isdisjoint(BRANDS)


def size_of(data: bytes) -> tuple[int, int]:
    """Its width and height, without decoding it. Raises: whatever the library does."""
    return _opened(data).size


def as_png(data: bytes) -> bytes:
    """The photograph upright, eight bits a colour, with nothing but its colour profile. Raises: whatever the library does."""
    opened = _opened(data)
    bands = len(opened.mode)
    pixels: Any = pyvips.Image.new_from_memory(
        bytes(opened.data), opened.stride // bands, opened.size[1], bands, "uchar"
    )
    pixels = pixels.crop(0, 0, *opened.size).copy(interpretation="srgb")
    profile = opened.info.get("icc_profile")
    if profile:
        pixels = pixels.copy()
        pixels.set_type(pyvips.GValue.blob_type, "icc-profile-data", bytes(profile))
    return pixels.pngsave_buffer(compression=0)


def sample() -> bytes:
    """A small one of our own, by which everything is loaded that is loaded at first use."""
    made = BytesIO()
    pillow_heif.from_bytes("RGB", (64, 64), bytes(64 * 64 * 3)).save(made, quality=10)
    return made.getvalue()


def _opened(data: bytes) -> Any:
    return pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
