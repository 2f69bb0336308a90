"""The media store: files under keys that we make up, in a folder or in any S3 service. Never a name from outside.

Keys look like paths, `posts/3f/3f0c…/original.webp`. What a file is called and what it is served as are ours to say,
so the content type follows from the key's ending and from nothing else.
"""

from __future__ import annotations

import errno
import re
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from parvis.base.errors import NotFound, Unavailable
from parvis.base.settings import BadSetting, Settings

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CHUNK_BYTES = 256 * 1024

CONTENT_TYPES: dict[str, str] = {
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
    "avif": "image/avif",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "m4a": "audio/mp4",
    "m4s": "video/mp4",
    "m3u8": "application/vnd.apple.mpegurl",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "vtt": "text/vtt",
}

_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]*(?:/[a-z0-9_-][a-z0-9._-]*)*")
_LONGEST_KEY = 200
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class StoredFile(msgspec.Struct, frozen=True):
    """A file being read: its whole size, and the wanted bytes of it in chunks."""

    size_bytes: int
    content_type: str
    modified_at: datetime
    chunks: AsyncIterator[bytes]


class Storage(Protocol):
    """What both drivers do. A put file is there entirely or not at all."""

    async def put(self, key: str, data: bytes | AsyncIterable[bytes], content_type: str) -> int:
        """The file is stored durably under `key`; answers its size in bytes."""
        ...

    async def open(self, key: str, start: int = 0, end: int | None = None) -> StoredFile:
        """The bytes from `start` up to, not including, `end` (default: to the end).

        Raises: NotFound when nothing is stored there, or the key is none of ours.
        """
        ...

    async def delete(self, key: str) -> None:
        """Nothing is stored under `key`; deleting what is not there is no error."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Nothing is stored in the folder `prefix` and below."""
        ...

    async def move_prefix(self, prefix: str, target: str) -> None:
        """What was stored in the folder `prefix` and below is in `target` instead, as far as it was there by then."""
        ...

    def url(self, key: str) -> str:
        """Where people and apps fetch it."""
        ...

    def local_path(self, key: str) -> Path | None:
        """The file on this machine, so that a web server can send it by itself; None when it lies elsewhere."""
        ...

    async def close(self) -> None: ...


async def open_storage(settings: Settings) -> Storage:
    """The media store of these settings is ready for use.

    Raises: BadSetting when PARVIS_MEDIA_URL is of no known form.
    """
    # The drivers are imported here so that a process with a folder never loads the S3 client.
    from parvis.infra.storage_directory import DirectoryStorage
    from parvis.infra.storage_s3 import S3Storage, s3_store

    place = settings.media_url
    scheme = urlsplit(place).scheme
    if scheme == "s3":
        store: ObjectStore = s3_store(place)
        folder = settings.home / "incoming"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return S3Storage(store, settings.public_origin, folder)
    root = media_folder(settings)
    if root is None:
        raise BadSetting(f"PARVIS_MEDIA_URL must be a folder, file:///folder or s3://bucket/prefix, not {place!r}.")
    return await DirectoryStorage.open_at(root, settings.public_origin)


def media_folder(settings: Settings) -> Path | None:
    """Where the files lie on this machine; None when they lie elsewhere."""
    parts = urlsplit(settings.media_url)
    if parts.scheme not in {"", "file"}:
        return None
    told = unquote(parts.path) if parts.scheme else settings.media_url
    return Path(told).expanduser().absolute() if told else settings.home / "media"


def check_room(error: OSError) -> None:
    """It was not for want of room. Raises: Unavailable, which those who send files understand, when it was."""
    if error.errno in _NO_ROOM:
        raise Unavailable("There is no room left for files", retry_after_s=300) from error


def is_key(key: str) -> bool:
    """Whether this can name a stored file: lower-case segments, none of them starting with a dot."""
    return len(key) <= _LONGEST_KEY and _KEY.fullmatch(key) is not None


def checked_key(key: str) -> str:
    """The key itself.

    Raises: NotFound when nothing can ever have been stored under it (so that probing teaches nothing).
    """
    if not is_key(key):
        raise NotFound()
    return key


def content_type_of(key: str) -> str:
    """What the file is served as, by the ending that we gave it."""
    return CONTENT_TYPES.get(key.rpartition(".")[2], "application/octet-stream")


def media_url(origin: str, key: str) -> str:
    """The address of a stored file below our own origin."""
    return f"{origin}/media/{checked_key(key)}"
