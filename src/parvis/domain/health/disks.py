"""The file systems that something of ours lies on: what is free there, and when it will be used up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Thread

import msgspec

from parvis.base.settings import Settings
from parvis.domain.health import history
from parvis.domain.health.verdicts.findings import Disk, Holds
from parvis.infra.postgres import Connection
from parvis.infra.storage import media_folder

WITHIN_S = 2.0
PASSING = (
    ".drill-",
    ".kit-",
    ".archive-",
    ".media-",
)  # folders that grow for an hour and are gone: by their pace nothing is foretold

Folder = tuple[Path, Holds]
Look = tuple[int, Disk] | None  # the file system's number, and what it says of itself


class Pace(msgspec.Struct, frozen=True):
    """How fast a file system has lately been filled, in bytes and in files a second; 0 while that is not known."""

    bytes_per_s: float = 0.0
    files_per_s: float = 0.0


class Looker:
    """Looks at folders without waiting for a disk on the network that does not answer."""

    def __init__(self) -> None:
        self._thread: Thread | None = None

    async def disks(self, settings: Settings) -> tuple[Disk, ...]:
        """The file systems below our folders, each once; without those elsewhere while one of them keeps us waiting."""
        ours, elsewhere = [_look(folder) for folder in _folders(settings)], _elsewhere(settings)
        return _each_once([*ours, *await self._looks(elsewhere)] if elsewhere else ours)

    async def _looks(self, folders: Sequence[Folder]) -> list[Look]:
        """What hangs in the kernel cannot be ended: so no second thread begins beside it, and none is waited for at the end."""
        if self._thread is not None and self._thread.is_alive():
            return []
        found: list[Look] = []
        done, loop = asyncio.Event(), asyncio.get_running_loop()

        def look() -> None:
            found.extend([_look(one) for one in folders])
            with contextlib.suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(done.set)

        self._thread = Thread(target=look, name="disks", daemon=True)
        self._thread.start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), WITHIN_S)
        return found


def _folders(settings: Settings) -> list[Folder]:
    home = settings.home
    return [(home, "place"), (home / "postgres", "place"), (home / "media", "media")]


def _elsewhere(settings: Settings) -> list[Folder]:
    """Folders that a setting names. Anything else, such as a bucket, is none."""
    found: list[Folder] = []
    if settings.media_url and (folder := media_folder(settings)) is not None:
        found.append((folder, "media"))
    if settings.backup:
        found.append((Path(settings.backup).absolute(), "copies"))
    return found


def _look(folder: Folder) -> Look:
    """None where there is no such folder, and of one that does not say how large it is, as a bucket that was mounted."""
    path, holds = folder
    try:
        found = os.stat(path)
        if not stat.S_ISDIR(found.st_mode):
            return None
        said = os.statvfs(path)
    except OSError:
        return None
    if not said.f_blocks:
        return None
    size, free = said.f_blocks * said.f_frsize, said.f_bavail * said.f_frsize
    return found.st_dev, Disk(str(path), size, free, said.f_files, said.f_favail, holds=holds)


def _each_once(looks: Iterable[Look]) -> tuple[Disk, ...]:
    found: dict[int, Disk] = {}
    for seen in looks:
        if seen is not None:
            found.setdefault(*seen)
    return tuple(found.values())


async def paces(db: Connection, settings: Settings, disks: Sequence[Disk], now: datetime) -> dict[str, Pace]:
    """By folder, how fast it has been filled: in the last hours, or where copies are kept, in the last weeks."""
    found: dict[str, Pace] = {}
    for one in disks:
        grows_in_steps = one.holds == "copies"
        free, files = float(one.free_bytes), float(one.free_files)
        if one.folder == str(settings.home):
            bytes_per_s = await history.disk_pace(db, free, now)
        else:
            bytes_per_s = await history.room_pace(db, "bytes", one.folder, free, now, by_weeks=grows_in_steps)
        files_per_s = 0.0
        if one.files:
            files_per_s = await history.room_pace(db, "files", one.folder, files, now, by_weeks=grows_in_steps)
        found[one.folder] = Pace(bytes_per_s, files_per_s)
    return found


def foretold(disks: Sequence[Disk], paces: Mapping[str, Pace]) -> tuple[Disk, ...]:
    """The same, with when they will be full at their pace; not while something passing lies on them."""
    return tuple(_foretold(one, paces.get(one.folder, Pace())) for one in disks)


def _foretold(disk: Disk, pace: Pace) -> Disk:
    if disk.holds == "place" and any(any(Path(disk.folder).glob(f"{name}*")) for name in PASSING):
        return disk
    return msgspec.structs.replace(
        disk,
        full_in_s=disk.free_bytes / pace.bytes_per_s if pace.bytes_per_s > 0 else None,
        files_end_in_s=disk.free_files / pace.files_per_s if disk.files and pace.files_per_s > 0 else None,
    )
