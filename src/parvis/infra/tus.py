"""The words of tus 1.0 (https://tus.io/protocols/resumable-upload), as both doors speak it: headers in, headers out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from parvis.base.errors import BadRequest, Invalid

log = structlog.get_logger(__name__)

VERSION = "1.0.0"
CHECKSUM_MISMATCH = 460
CHECKSUMS = ("sha1", "sha256", "md5")
OFFERED = {
    "Tus-Resumable": VERSION,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,checksum,expiration,termination",
    "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
}
# The headers of requests, each with its schema: of all, of one that begins an upload, of one that brings a part.
SPOKEN: dict[str, dict[str, Any]] = {"Tus-Resumable": {"const": VERSION}}
ANNOUNCED: dict[str, dict[str, Any]] = {
    "Upload-Length": {"type": "integer", "minimum": 0},
    "Upload-Metadata": {"type": "string"},
}
PART: dict[str, dict[str, Any]] = {
    "Upload-Offset": {"type": "integer", "minimum": 0},
    "Upload-Checksum": {"type": "string"},
}
_MOST_METADATA = 8192
_BODY_TYPE = "application/offset+octet-stream"


def refused(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """The answer to those who speak another version, or send a body of another kind."""
    if request.headers.get("tus-resumable") != VERSION:
        return _no(412, f"Resumable uploads are spoken in version {VERSION} here.", OFFERED)
    if request.method == "PATCH" and request.headers.get("content-type", "").partition(";")[0] != _BODY_TYPE:
        return _no(415, f"The parts of an upload are sent as {_BODY_TYPE}.")
    return None


def answer(status: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    """An answer without a body."""
    return Response(
        b"", status_code=status, headers={"Tus-Resumable": VERSION, "Cache-Control": "no-store"} | (headers or {})
    )


def _no(status: int, why: str, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A refusal, in words that every client of the API can read."""
    refusal = answer(status, (headers or {}) | {"Content-Type": "application/json; charset=utf-8"})
    refusal.content = msgspec.json.encode({"error": why})
    return refusal


def standing(*, received: int, size: int, expires_at: datetime, media_id: int | None) -> dict[str, str]:
    """How far an upload is."""
    headers = {"Upload-Offset": str(received), "Upload-Length": str(size)}
    headers["Upload-Expires"] = format_datetime(expires_at, usegmt=True)
    if media_id is not None:
        headers["Parvis-Media-Id"] = str(media_id)
    return headers


def length_of(request: Request[Any, Any, Any]) -> int:
    """The size that is announced. Raises: BadRequest."""
    return _number(request, "upload-length")


def offset_of(request: Request[Any, Any, Any]) -> int:
    """Where the bytes belong. Raises: BadRequest."""
    return _number(request, "upload-offset")


def metadata_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """What is said of the file, by name. Raises: BadRequest."""
    text = request.headers.get("upload-metadata", "")
    if len(text) > _MOST_METADATA:
        raise BadRequest("Upload-Metadata is too long")
    found: dict[str, str] = {}
    for pair in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = pair.partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode()
        except ValueError:  # no base64, no ASCII or no UTF-8
            raise BadRequest("Upload-Metadata cannot be read") from None
    return found


def checksum_of(request: Request[Any, Any, Any]) -> tuple[str, bytes] | None:
    """The kind and value of the body's checksum. Raises: BadRequest for a kind that we do not know."""
    text = request.headers.get("upload-checksum")
    if text is None:
        return None
    kind, _, value = text.strip().partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except ValueError:  # no base64, or no ASCII
        raise BadRequest("Upload-Checksum cannot be read") from None
    if kind not in CHECKSUMS or len(digest) != hashlib.new(kind, usedforsecurity=False).digest_size:
        raise BadRequest("Upload-Checksum cannot be read")
    return kind, digest


async def body_of(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """What comes of the body: a connection that is cut ends it, and what came before counts."""
    try:
        async for chunk in request.stream():
            yield chunk
    except HTTPException as cut:
        if cut.status_code == 413:
            raise
        log.info("tus.cut", reason=str(cut.detail))


def status_of(problem: Invalid) -> int:
    """The status that tus has for it, or 422."""
    return CHECKSUM_MISMATCH if (problem.field, problem.code) == ("checksum", "mismatch") else 422


def _number(request: Request[Any, Any, Any], name: str) -> int:
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest(f"{name.title()} must be a number")
    return int(text)
