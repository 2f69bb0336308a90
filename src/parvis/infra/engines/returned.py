"""Media files that come back into the folder of a place, as if the place itself had put them there."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import BinaryIO

from parvis.base.errors import Unavailable
from parvis.infra.engines.kit import BackupFailed, check_room
from parvis.infra.storage import CHUNK_BYTES, content_type_of
from parvis.infra.storage_directory import FOLDER_MODE, DirectoryStorage


async def put(source: Path, folder: Path, wanted: Mapping[str, str]) -> int:
    """The files (names in the folder, and in the source) are there, and belong to whom the folder belongs to; how many.
    What a backup has removed from the source meanwhile is left out.

    Raises: BackupFailed when there is no room for them.
    """
    owner = _owner(folder)
    store = await DirectoryStorage.open_at(folder, "")
    _give(folder / ".incoming", folder.parent, owner)
    bytes_ = await asyncio.to_thread(lambda: sum(_bytes(source / name) for name in wanted.values()))
    check_room(folder, bytes_, "for the media files that come back")
    count = 0
    for target, name in wanted.items():
        try:
            file = (source / name).open("rb")
        except FileNotFoundError:
            continue
        with file:
            await _store(store, target, file)
        _give(folder / target, folder, owner)
        count += 1
    return count


async def _store(store: DirectoryStorage, target: str, file: BinaryIO) -> None:
    try:
        await store.put(target, _chunks(file), content_type_of(target))
    except Unavailable as error:
        raise BackupFailed(f"{store.root} takes no more of the media files that come back: {error}") from error


def _bytes(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def move(folder: Path, name: str, target: str) -> None:
    """The file lies there, if it was where it is said to be."""
    owner = _owner(folder)
    (folder / target).parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.replace(folder / name, folder / target)
        _give(folder / target, folder, owner)
    _tidy(folder / name)


def remove(folder: Path, name: str) -> None:
    """The file is gone."""
    (folder / name).unlink(missing_ok=True)
    _tidy(folder / name)


def _tidy(file: Path) -> None:
    with contextlib.suppress(OSError):  # there are others
        file.parent.rmdir()


def _owner(folder: Path) -> os.stat_result:
    """Who owns the folder, or would own it."""
    return next(one for one in (folder, *folder.parents) if one.exists()).stat()


def _give(file: Path, below: Path, owner: os.stat_result) -> None:
    """Root may have put it there for somebody else."""
    if os.geteuid() != 0:
        return
    for path in (file, *file.parents):
        if path == below:
            return
        os.chown(path, owner.st_uid, owner.st_gid)


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
        yield chunk
