"""Our own files: style, script, icons, pictures. Each has its content's hash in its address and is kept for a year."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path

import msgspec

from parvis.base.errors import NotFound

FOLDER = Path(__file__).parent.parent.parent / "static"

_TYPES = {
    "css": "text/css",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
    "png": "image/png",
    "ico": "image/x-icon",
    "webp": "image/webp",
}
STYLE = "parvis.css"


class Asset(msgspec.Struct, frozen=True):
    """One file as it is sent."""

    content: bytes
    compressed: bytes | None
    content_type: str
    version: str


@cache
def asset(name: str) -> Asset:
    """The file of that name below `static/`; the style is all of `static/css/` in the order of its names.

    Raises: NotFound.
    """
    if name == STYLE:
        content = b"\n".join(path.read_bytes() for path in sorted((FOLDER / "css").glob("*.css")))
    else:
        content = _file(name).read_bytes()
    kind = _TYPES[name.rpartition(".")[2]]
    compressed = gzip.compress(content, 9, mtime=0) if not kind.startswith("image/") or "svg" in kind else None
    return Asset(content, compressed, kind, hashlib.sha256(content).hexdigest()[:12])


@cache
def _names() -> dict[str, Path]:
    found = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file()}
    return {name: path for name, path in found.items() if name.rpartition(".")[2] in _TYPES}


def _file(name: str) -> Path:
    path = _names().get(name)
    if path is None:
        raise NotFound
    return path


def has_asset(name: str) -> bool:
    """Whether there is such a file (htmx comes with the build)."""
    return name in _names()


def asset_path(name: str) -> str:
    """The address of that file, which changes when the file does."""
    return f"/static/{name}?v={asset(name).version}"
