"""Pictures for tests: ordinary ones, and ones that mean harm."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import pillow_heif
import pyvips
from PIL import Image


def picture(width: int = 120, height: int = 80) -> Any:
    """Red on the left, blue on the right."""
    half = width // 2
    red = pyvips.Image.black(half, height, bands=3).linear(1, [220, 30, 30])
    blue = pyvips.Image.black(width - half, height, bands=3).linear(1, [30, 30, 220])
    return red.join(blue, "horizontal").cast("uchar").copy(interpretation="srgb")


def jpeg(width: int = 120, height: int = 80) -> bytes:
    return picture(width, height).jpegsave_buffer(Q=95)


def png(width: int = 120, height: int = 80) -> bytes:
    return picture(width, height).pngsave_buffer()


def noise_png(width: int, height: int) -> bytes:
    """A picture that takes a while."""
    return pyvips.Image.gaussnoise(width, height, sigma=60).cast("uchar").pngsave_buffer(compression=0)


def photograph_with_secrets() -> bytes:
    """Lying on its side, as phones store them, with the place where it was taken and a serial number."""
    image = picture().copy()
    for field, value in {
        "exif-ifd0-Orientation": "6",
        "exif-ifd0-Make": "SecretCamera",
        "exif-ifd2-BodySerialNumber": "SN-424242",
        "exif-ifd3-GPSLatitudeRef": "N",
        "exif-ifd3-GPSLatitude": "48/1 51/1 24/1",
    }.items():
        image.set_type(pyvips.GValue.gstr_type, field, value)
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    image.set_type(pyvips.GValue.blob_type, "xmp-data", b"<x:xmpmeta>SecretPlace</x:xmpmeta>")
    return image.jpegsave_buffer(Q=95, keep="all")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    chunks = [(b"IHDR", header), (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose header claims another size."""
    data = bytearray(jpeg())
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_claiming(width: int, height: int) -> bytes:
    """A GIF whose frame claims a size and holds one dot."""
    return _gif(width, height, frames=1)


def gif_of_frames(frames: int) -> bytes:
    """An animation of single dots."""
    return _gif(1, 1, frames=frames)


def _gif(width: int, height: int, *, frames: int) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    dot = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    control = b"\x21\xf9\x04\x00\x05\x00\x00\x00"
    return screen + (control + dot) * frames + b"\x3b"


def heic(width: int = 120, height: int = 80, *, turned: bool = False) -> bytes:
    """As phones take photographs, with a camera that tells its name; `turned`: it was held upright."""
    pixels = Image.frombytes("RGB", (width, height), bytes(picture(width, height).write_to_memory()))
    told = Image.Exif()
    told[0x010F] = "SecretCamera"
    if turned:
        told[0x0112] = 6
    pillow_heif.register_heif_opener()
    made = BytesIO()
    pixels.save(made, format="HEIF", quality=95, exif=told.tobytes())
    return made.getvalue()


def opened(data: bytes) -> Any:
    """The picture, decoded."""
    return pyvips.Image.new_from_buffer(data, "")
