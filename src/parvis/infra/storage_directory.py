"""The media store as a folder of this machine (or a file system that several machines share)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterable, AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from parvis.base.errors import NotFound
from parvis.infra import tracing, waits
from parvis.infra.storage import CHUNK_BYTES, StoredFile, check_room, checked_key, content_type_of, media_url

FILE_MODE = 0o640
FOLDER_MODE = 0o750
_INCOMING = ".incoming"  # starts with a dot, so no key reaches it
_TRIES = 3
_FORGOTTEN_AFTER_S = 24 * 3600


class DirectoryStorage:
    """Files are written aside, synced, and moved to their place: readers never see half a file."""

    def __init__(self, root: Path, origin: str) -> None:
        self.root = root
        self._origin = origin

    @classmethod
    async def open_at(cls, root: Path, origin: str) -> DirectoryStorage:
        """The folder exists, and holds no remains of uploads that a crash cut short."""
        return cls(await asyncio.to_thread(_prepared, root), origin)

    async def put(self, key: str, data: bytes | AsyncIterable[bytes], content_type: str) -> int:
        target = self.root / checked_key(key)
        part = self.root / _INCOMING / secrets.token_hex(16)
        try:
            with waits.on(waits.STORAGE), tracing.span("store a file"):
                if isinstance(data, bytes):
                    return await asyncio.to_thread(_write_whole, part, target, data)
                return await _write_chunks(part, target, data)
        except OSError as error:
            check_room(error)
            raise

    async def open(self, key: str, start: int = 0, end: int | None = None) -> StoredFile:
        with waits.on(waits.STORAGE), tracing.span("open a stored file"):
            file, size, modified = await asyncio.to_thread(_open, self.root / checked_key(key))
        stop = size if end is None else min(end, size)
        return StoredFile(
            size_bytes=size,
            content_type=content_type_of(key),
            modified_at=datetime.fromtimestamp(modified, UTC),
            chunks=_read(file, start, stop),
        )

    async def delete(self, key: str) -> None:
        await asyncio.to_thread((self.root / checked_key(key)).unlink, missing_ok=True)

    async def delete_prefix(self, prefix: str) -> None:
        await asyncio.to_thread(_remove_tree, self.root / checked_key(prefix))

    async def move_prefix(self, prefix: str, target: str) -> None:
        await asyncio.to_thread(_move_tree, self.root / checked_key(prefix), self.root / checked_key(target))

    def url(self, key: str) -> str:
        return media_url(self._origin, key)

    def local_path(self, key: str) -> Path | None:
        return self.root / checked_key(key)

    async def close(self) -> None:
        """Nothing is held open between calls."""


def _prepared(root: Path) -> Path:
    root = root.expanduser().absolute()
    incoming = root / _INCOMING
    root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    incoming.mkdir(mode=FOLDER_MODE, exist_ok=True)
    for part in incoming.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > _FORGOTTEN_AFTER_S:
                part.unlink()
    return root


def _create(part: Path) -> BinaryIO:
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    return os.fdopen(handle, "wb")


def _write_whole(part: Path, target: Path, data: bytes) -> int:
    try:
        with _create(part) as file:
            file.write(data)
            _settle(file)
        _move(part, target)
    except BaseException:
        _discard(part)
        raise
    return len(data)


async def _write_chunks(part: Path, target: Path, chunks: AsyncIterable[bytes]) -> int:
    file = await asyncio.to_thread(_create, part)
    size = 0
    try:
        try:
            async for chunk in chunks:
                size += await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(_settle, file)
        finally:
            file.close()
        await asyncio.to_thread(_move, part, target)
    except BaseException:
        _discard(part)
        raise
    return size


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _move(part: Path, target: Path) -> None:
    """The file stands in its place, and the place's folders survive a power cut."""
    missing: list[Path] = []
    for tries_left in reversed(range(_TRIES)):
        missing = [folder for folder in (target.parent, *target.parent.parents) if not folder.exists()]
        try:
            target.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            os.replace(part, target)
            break
        except FileNotFoundError:  # who cleared the folder away has just taken it from under us
            if not tries_left or not part.exists():
                raise
    for folder in {target.parent, *(created.parent for created in missing)}:
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(path: Path) -> tuple[BinaryIO, int, float]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound() from None
    except OSError as error:
        if error.errno == errno.ELOOP:  # a symbolic link: nothing that we stored
            raise NotFound() from None
        raise
    try:
        file = os.fdopen(handle, "rb", buffering=0)
    except IsADirectoryError:
        os.close(handle)
        raise NotFound() from None
    status = os.fstat(handle)
    return file, status.st_size, status.st_mtime


async def _read(file: BinaryIO, start: int, stop: int) -> AsyncIterator[bytes]:
    try:
        position = max(start, 0)
        while position < stop:
            chunk = await asyncio.to_thread(os.pread, file.fileno(), min(CHUNK_BYTES, stop - position), position)
            if not chunk:
                return
            position += len(chunk)
            yield chunk
    finally:
        file.close()


def _move_tree(source: Path, target: Path) -> None:
    """File by file, so that what is written meanwhile stays and what a crash left at both places comes together."""
    if source.is_symlink() or not source.is_dir():
        return
    below = sorted(source.rglob("*"))
    for path in below:
        if path.is_file() and not path.is_symlink():
            with contextlib.suppress(FileNotFoundError):  # another move has it
                _move(path, target / path.relative_to(source))
    for folder in (*(path for path in reversed(below) if path.is_dir()), source):
        with contextlib.suppress(OSError):  # something new is in it
            folder.rmdir()
    if source.parent.is_dir():
        _sync_folder(source.parent)


def _remove_tree(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink(missing_ok=True)
        return
    shutil.rmtree(folder, ignore_errors=False, onerror=_ignore_missing)


def _ignore_missing(_function: object, _path: object, failure: tuple[type, BaseException, object]) -> None:
    # Two purges may meet in the same folder; what is gone already is what both want.
    if not isinstance(failure[1], FileNotFoundError):
        raise failure[1]
