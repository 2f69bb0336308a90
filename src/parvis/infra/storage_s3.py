"""The media store as an S3 bucket: Amazon's, SeaweedFS, MinIO, Garage, R2 …

Address and keys come from the usual variables AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_REGION, so that they are never part of a URL that may be printed. The bucket needs no public access: files are
served through our own address. (docs/media.md, "Where files lie")
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import ObjectStore, S3Store

from parvis.base.errors import NotFound, Unavailable
from parvis.infra import tracing, waits
from parvis.infra.storage import CHUNK_BYTES, StoredFile, check_room, checked_key, content_type_of, media_url

_PARTS_AT_ONCE = 1  # of 5 MiB; the client holds about four of them of each file
_FILES_AT_ONCE = 2  # of a process
_LIST_CHUNK = 1000  # as many as S3 deletes in one request


def s3_store(url: str, *, within_s: int = 60, retries: int = 3) -> ObjectStore:
    """A client of the bucket and prefix of `s3://bucket/prefix`, which gives each request so long and so many goes."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
    return S3Store.from_url(
        url,
        client_options={
            "allow_http": endpoint.startswith("http://"),  # only where the operator wrote it so
            "connect_timeout": f"{min(5, within_s)}s",
            "timeout": f"{within_s}s",
        },
        retry_config={"max_retries": retries},
    )


class S3Storage:
    """One bucket. Atomic by nature: an object appears when its upload is complete.

    What comes in chunks, from people with slow lines, is gathered in a file of `folder` first. So few files are on
    their way to the bucket at once, however many people send, and memory stays what it is.
    """

    def __init__(self, store: ObjectStore, origin: str, folder: Path) -> None:
        self._store = store
        self._origin = origin
        self._folder = folder
        self._places = asyncio.Semaphore(_FILES_AT_ONCE)

    async def put(self, key: str, data: bytes | AsyncIterable[bytes], content_type: str) -> int:
        if not isinstance(data, bytes):
            async with _gathered(data, self._folder) as (file, size), self._places:
                await self._put(key, file, content_type)
            return size
        await self._put(key, data, content_type)
        return len(data)

    async def _put(self, key: str, data: bytes | IO[bytes], content_type: str) -> None:
        attributes: Any = {
            "Content-Type": content_type,
            # Keys are random and never reused, so what lies under one never changes.
            "Cache-Control": "public, max-age=31536000, immutable",
        }
        with _problems(), waits.on(waits.STORAGE), tracing.span("store a file"):
            await obstore.put_async(
                self._store, checked_key(key), data, attributes=attributes, max_concurrency=_PARTS_AT_ONCE
            )

    async def open(self, key: str, start: int = 0, end: int | None = None) -> StoredFile:
        path = checked_key(key)
        with _problems(), waits.on(waits.STORAGE), tracing.span("open a stored file"):
            meta = await obstore.head_async(self._store, path)
            size = meta["size"]
            stop = size if end is None else min(end, size)
            wanted = None
            if start < stop:
                options: Any = {"range": (start, stop)} if (start, stop) != (0, size) else None
                wanted = await obstore.get_async(self._store, path, options=options)
        return StoredFile(
            size_bytes=size,
            content_type=content_type_of(key),
            modified_at=meta["last_modified"],
            chunks=_read(wanted),
        )

    async def delete(self, key: str) -> None:
        with _problems(missing_is_fine=True):
            await obstore.delete_async(self._store, checked_key(key))

    async def delete_prefix(self, prefix: str) -> None:
        with _problems(missing_is_fine=True):
            async for found in obstore.list(self._store, checked_key(prefix), chunk_size=_LIST_CHUNK):
                await obstore.delete_async(self._store, [meta["path"] for meta in found])

    async def move_prefix(self, prefix: str, target: str) -> None:
        there = checked_key(target)
        with _problems(missing_is_fine=True):
            async for found in obstore.list(self._store, checked_key(prefix), chunk_size=_LIST_CHUNK):
                for path in (meta["path"] for meta in found):
                    with _problems(missing_is_fine=True):  # one that is gone meanwhile keeps no other
                        await obstore.copy_async(self._store, path, there + path[len(prefix) :])
                        await obstore.delete_async(self._store, path)

    def url(self, key: str) -> str:
        return media_url(self._origin, key)

    def local_path(self, key: str) -> Path | None:
        return None

    async def close(self) -> None:
        """The client closes its connections when it is let go of."""


@asynccontextmanager
async def _gathered(chunks: AsyncIterable[bytes], folder: Path) -> AsyncIterator[tuple[IO[bytes], int]]:
    """All of it in a file without a name, to be read from its beginning, and its size; gone afterwards, or by a crash."""
    file = await asyncio.to_thread(tempfile.TemporaryFile, dir=folder)
    size = 0
    try:
        try:
            async for chunk in chunks:
                size += await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(file.seek, 0)
        except OSError as error:
            check_room(error)
            raise
        yield file, size
    finally:
        file.close()


async def _read(result: Any) -> AsyncIterator[bytes]:
    if result is None:
        return
    with _problems():
        async for chunk in result.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)


@contextmanager
def _problems(*, missing_is_fine: bool = False) -> Iterator[None]:
    """What the client library raises, as the problems that doors know."""
    try:
        yield
    except (NotFoundError, FileNotFoundError):
        if not missing_is_fine:
            raise NotFound() from None
    except BaseError as error:
        raise Unavailable("The media store does not answer") from error
