"""Answers in words become smaller on their way out, for whoever says they can read that: zstd first, else gzip.

Forms hold tokens that are different in every page (`html.csrf`), so the length of what is sent betrays none of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import zstandard

SMALL_BYTES = 860  # what fits into one packet gains nothing
KEPT_PAGES = 48  # the pages that are given to many are packed once
_WORDS = (
    b"text/html", b"application/json", b"text/plain", b"application/xml", b"application/rss+xml", b"text/xml",
    b"application/manifest+json", b"application/jrd+json", b"application/atom+xml", b"image/svg+xml",
)  # fmt: skip

_packer = zstandard.ZstdCompressor(level=1)


def encoding_for(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The best encoding that the request accepts, or nothing."""
    accepted = encodings_for(headers)
    return next((one for one in (b"zstd", b"gzip") if one in accepted), b"") if accepted else b""


def encodings_for(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """The encodings that the request accepts."""
    for name, value in headers:
        if name == b"accept-encoding":
            return _accepted(value)
    return frozenset()


@lru_cache(256)
def _accepted(offered: bytes) -> frozenset[bytes]:
    accepted = set()
    for one in offered.lower().split(b","):
        name, _, parameter = one.strip().partition(b";")
        if parameter.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"):
            accepted.add(name.strip())
    return frozenset(accepted)


@lru_cache(KEPT_PAGES)
def packed(body: bytes, encoding: bytes) -> bytes:
    """The body in that encoding."""
    if encoding == b"zstd":
        return _packer.compress(body)
    packer = zlib.compressobj(4, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def compressing(send: Any, encoding: bytes) -> Any:
    """A `send` that packs whole answers in words; what comes in pieces, or is packed already, goes on as it is."""
    held: Any = None

    async def sending(message: Any) -> None:
        nonlocal held
        if message["type"] == "http.response.start":
            if _may_pack(message["headers"]):
                held = message
                return
        elif held is not None:
            start, held = held, None
            body = message.get("body", b"")
            if not message.get("more_body", False) and len(body) >= SMALL_BYTES:
                body = packed(bytes(body), encoding)
                message = {**message, "body": body}
                start = {**start, "headers": _headers(start["headers"], encoding, len(body))}
            await send(start)
        await send(message)

    return sending


def _may_pack(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    words = False
    for name, value in headers:
        lower = name.lower()
        if lower in (b"content-encoding", b"content-range"):
            return False
        if lower == b"etag" and not value.startswith(b"W/"):
            return False
        if lower == b"content-type":
            words = value.startswith(_WORDS)
    return words


def _headers(headers: Iterable[tuple[bytes, bytes]], encoding: bytes, length: int) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return [
        *kept,
        (b"content-length", b"%d" % length),
        (b"content-encoding", encoding),
        (b"vary", b"Accept-Encoding"),
    ]
