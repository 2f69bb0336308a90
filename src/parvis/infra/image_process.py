"""The child that decodes pictures of strangers: `python -m parvis.infra.image_process`, started by infra/images.py.

It imports and tries everything first, then gives up what it can (infra/confinement.py), then answers requests:
frames of four bytes of length and a msgpack body on standard input and output. It ends when its input ends.
Whatever kills it, kills one picture.
"""

from __future__ import annotations

import os
import re
import resource
import struct
import sys
from typing import Any

import msgspec
import pyvips
from blurhash_rs._lib import encode_rgb

from parvis.infra import heic
from parvis.infra.confinement import Confinement, confine

MEMORY_BYTES = 2 * 1024**3
CPU_SECONDS = 20
LONGEST_EDGE = 32_767
MOST_FRAMES = 200

# Every loader is blocked but these; which of them reads a file is decided by its first bytes, never by its name.
_LOADERS = ("VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadNsgif", "VipsForeignLoadWebp")
_HEIF_LOADER = "VipsForeignLoadHeif"
_AVIF_BRANDS = {b"avif", b"avis", b"mif1", b"msf1"}


class Request(msgspec.Struct):
    """One picture to be turned into our own files."""

    kind: str
    most_pixels: int
    data: bytes


class File(msgspec.Struct):
    """One of the files made from it."""

    name: str
    content_type: str
    width: int
    height: int
    data: bytes


class Answer(msgspec.Struct):
    """The files, or why there are none."""

    files: list[File] = []
    blurhash: str | None = None
    frames: int = 1
    refused: str | None = None
    reason: str = ""


# As libvips and the decoders behind it say that they got no memory.
_STARVED = re.compile(r"(out of|insufficient|not enough|cannot allocate) memory|memory allocation", re.IGNORECASE)


class Refused(Exception):
    """The picture cannot be taken; `code` for programs, the text for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def main() -> None:
    """Requests are answered until the input ends."""
    _prepare()
    _write(confine(memory_bytes=MEMORY_BYTES))
    while (frame := _read()) is not None:
        _allow_more_time()
        _write(_answer(msgspec.msgpack.decode(frame, type=Request)))


def _prepare() -> None:
    """Everything that is loaded at first use has been used: later, nothing can be loaded any more."""
    os.nice(5)
    pyvips.cache_set_max(0)
    pyvips.voperation.cache_set_max_mem(0)
    pyvips.block_untrusted_set(True)
    dot = pyvips.Image.black(32, 32, bands=3).copy(interpretation="srgb")
    samples = [dot.webpsave_buffer(), dot.pngsave_buffer(), dot.gifsave_buffer()]
    samples += [dot.jpegsave_buffer(profile="srgb"), dot.heifsave_buffer(compression="av1", effort=0), heic.sample()]
    for class_name, blocked in [("VipsForeignLoad", True), *((name, False) for name in (*_LOADERS, _HEIF_LOADER))]:
        pyvips.operation_block_set(class_name, blocked)
    for sample in samples:
        for kind in ("attachment", "avatar"):
            process(Request(kind, most_pixels=4096, data=sample))


def _allow_more_time() -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + CPU_SECONDS, hard))


def _answer(request: Request) -> Answer:
    try:
        return process(request)
    except Refused as refusal:
        return Answer(refused=refusal.code, reason=str(refusal))


def process(request: Request) -> Answer:
    """Upright, in sRGB, without metadata, no larger than needed: our own encodings and nothing of the original bytes.

    Raises: Refused.
    """
    form = _form(request.data)
    try:
        if form == "heic":
            request.data = _from_heic(request.data, request.most_pixels)
        _check_header(request.data, request.most_pixels)
        if request.kind == "attachment":
            return _attachment(request.data, form)
        if request.kind == "avatar":
            return Answer(files=_covers(request.data, [("original.webp", 400, 400), ("small.webp", 96, 96)]))
        if request.kind == "emoji":
            small = _thumbnail(request.data, 128, 128, size="down")
            return Answer(files=[_webp("original.webp", small, quality=90, effort=4)])
        return Answer(files=_covers(request.data, [("original.webp", 1500, 500), ("small.webp", 750, 250)]))
    except pyvips.Error as error:
        if _STARVED.search(str(error)):  # whether that is the picture's doing shows in a fresh process; this one ends
            raise MemoryError(str(error)) from error
        raise Refused("damaged", "This picture is damaged or incomplete.") from None


# ── before decoding ──────────────────────────────────────────────────────────────────────────────────────────────


def _form(data: bytes) -> str:
    """What the bytes claim to be by themselves."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        if heic.is_heic(data):
            return "heic"
        if data[8:12] in _AVIF_BRANDS:
            return "avif"
    raise Refused("not_a_picture", "This is no picture that can be read here: send JPEG, PNG, GIF, WebP, AVIF or HEIC.")


def _header(data: bytes) -> Any:
    return pyvips.Image.new_from_buffer(data, "", access="sequential")


def _check_header(data: bytes, most_pixels: int) -> None:
    """The size is known and bearable. Decoders have no limit of their own: 300 kB can hold 2,500 megapixels."""
    header = _header(data)
    _check_pixels(header.width, header.height, most_pixels)
    if header.get_typeof("n-pages") and header.get("n-pages") > MOST_FRAMES:
        raise Refused("too_many_frames", f"This animation has more than {MOST_FRAMES} frames.")


def _check_pixels(width: int, height: int, most_pixels: int) -> None:
    if width * height > most_pixels or max(width, height) > LONGEST_EDGE:
        most = most_pixels // 1_000_000
        raise Refused(
            "too_many_pixels", f"This picture has {width} × {height} pixels; at most {most} million can be taken."
        )


def _from_heic(data: bytes, most_pixels: int) -> bytes:
    try:
        _check_pixels(*heic.size_of(data), most_pixels)
        return heic.as_png(data)
    except (ValueError, RuntimeError, OSError, SyntaxError):
        raise Refused("damaged", "This picture is damaged or incomplete.") from None


def _frames(data: bytes) -> int:
    header = _header(data)
    return header.get("n-pages") if header.get_typeof("n-pages") else 1


# ── decoding and encoding ────────────────────────────────────────────────────────────────────────────────────────


def _attachment(data: bytes, form: str) -> Answer:
    large = _thumbnail(data, 3840, 3840, size="down")
    small = large.thumbnail_image(640, height=640, size="down").copy_memory()
    # Sharper colour edges for drawings and screenshots, which come as PNG; photographs do not show the difference.
    original = _webp("original.webp", large, quality=85, effort=2, smart_subsample=form == "png")
    return Answer(
        files=[original, _webp("small.webp", small, quality=80, effort=4), _jpeg("preview.jpg", small)],
        blurhash=_blurhash(small),
        frames=_frames(data) if form in ("gif", "webp") else 1,
    )


def _covers(data: bytes, wanted: list[tuple[str, int, int]]) -> list[File]:
    _, width, height = wanted[0]
    image = _thumbnail(data, width, height, crop="centre")
    files = [_webp(wanted[0][0], image, quality=85, effort=4)]
    for name, width, height in wanted[1:]:
        smaller = image.thumbnail_image(width, height=height, crop="centre")
        files.append(_webp(name, smaller, quality=82, effort=4))
    return files


def _thumbnail(data: bytes, width: int, height: int, **options: Any) -> Any:
    """Decoded once, turned upright, in sRGB with eight bits, the first frame only, in memory."""
    header = _header(data)
    if header.get_typeof("icc-profile-data") or header.interpretation == "cmyk":
        options["output_profile"] = "srgb"  # asked for without need, it costs a second of a large photograph
    # As a loader's option: the argument of the same name has no effect on buffers.
    image: Any = pyvips.Image.thumbnail_buffer(
        data, width, height=height, option_string="[fail_on=truncated]", **options
    )
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    image = image.cast("uchar").copy_memory()
    if image.hasalpha() and image[image.bands - 1].min() == 255:
        return image.extract_band(0, n=image.bands - 1)
    return image


def _webp(name: str, image: Any, *, quality: int, effort: int, smart_subsample: bool = False) -> File:
    data = image.webpsave_buffer(Q=quality, effort=effort, smart_subsample=smart_subsample, keep="none")
    return File(name, "image/webp", image.width, image.height, data)


def _jpeg(name: str, image: Any) -> File:
    data = _opaque(image).jpegsave_buffer(Q=82, optimize_coding=True, interlace=True, keep="none")
    return File(name, "image/jpeg", image.width, image.height, data)


def _blurhash(image: Any) -> str:
    tiny = _opaque(image.thumbnail_image(64, height=64, size="down"))
    across, down = (4, 3) if tiny.width >= tiny.height else (3, 4)
    return encode_rgb(bytes(tiny.write_to_memory()), tiny.width, tiny.height, across, down)


def _opaque(image: Any) -> Any:
    return image.flatten(background=[255, 255, 255]) if image.hasalpha() else image


# ── frames ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _read() -> bytes | None:
    head = _read_exactly(4)
    return None if head is None else _read_exactly(struct.unpack(">I", head)[0])


def _read_exactly(size: int) -> bytes | None:
    parts: list[bytes] = []
    while size:
        part = os.read(0, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(message: Answer | Confinement) -> None:
    body = msgspec.msgpack.encode(message)
    view = memoryview(struct.pack(">I", len(body)) + body)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(0)
