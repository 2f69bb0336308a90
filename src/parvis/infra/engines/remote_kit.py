"""A kit in an S3 bucket: the same files under the same names, sent from this machine and fetched to it.

A copy is made in `backup/` below PARVIS_HOME, sent, and deleted here; its manifest goes last, so that what was cut short
is no copy. Folders that are empty are named in `folders.json`, because a bucket knows none.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from parvis.base.settings import Settings
from parvis.infra.engines import backup
from parvis.infra.engines.backup import BASES_KEPT, BackupFailed
from parvis.infra.storage_s3 import s3_store

MANIFEST = "backup_manifest"
FOLDERS = "folders.json"
AT_ONCE = 8
SEND_EVERY_S = 5.0
PREFIX = ".kit-"


def is_remote(place: str) -> bool:
    """Whether the kit is in a bucket; otherwise it is a folder."""
    return place.startswith("s3://")


async def copy(settings: Settings, place: str, *, now: datetime) -> dict[str, float]:
    """The bucket holds a whole copy of this moment; what it took. Older copies but the newest three are gone.

    Raises: BackupFailed.
    """
    began = asyncio.get_running_loop().time()
    stage = _stage(settings)
    found = await backup.copy(settings, stage, now=now, media=False)
    store = s3_store(place)
    [base] = backup.bases(stage)[-1:]
    with _problems():
        known = await names(store)
        await _send_base(store, base)
        shutil.rmtree(base)
        await _send(store, stage / "secrets", "secrets", await asyncio.to_thread(_files, stage / "secrets"))
        media = await asyncio.to_thread(_files, settings.home / "media")
        fresh = [name for name, size in media.items() if known.get(f"media/{name}") != size]
        await _send(store, settings.home / "media", "media", fresh)
        known = await names(store)
        await _prune_bases(store, known)
        await _note_gone(store, await names(store), media, now)
    return found | {"new_files": float(len(fresh)), "seconds": asyncio.get_running_loop().time() - began}


async def follow(settings: Settings, place: str) -> None:
    """The journal reaches the bucket some seconds after it was written, until this is cancelled. Raises: BackupFailed."""
    stage = _stage(settings)
    receiving = asyncio.create_task(backup.follow(settings, stage))
    try:
        sent: dict[str, int] = {}
        store = s3_store(place)
        while not receiving.done():
            with contextlib.suppress(BaseError, OSError):  # a bucket that is away for a while has it all later
                await _send_journal(store, stage / "wal", sent)
            await asyncio.wait([receiving], timeout=SEND_EVERY_S)
        await receiving
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)


@asynccontextmanager
async def opened(
    settings: Settings, place: str, *, to: datetime | None = None, media: bool = True
) -> AsyncIterator[Path]:
    """The kit as a folder of this machine: the newest copy that is old enough, and what belongs to it.

    Raises: BackupFailed.
    """
    if not is_remote(place):
        yield Path(place).absolute()
        return
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=PREFIX) as scratch:
        kit = Path(scratch)
        with _problems():
            await _fetch_kit(s3_store(place), kit, to, media)
        yield kit


async def put_beside(place: str, folder: Path) -> None:
    """The files of the folder are beside the copies, under its name. Raises: BackupFailed."""
    with _problems():
        await _send(s3_store(place), folder, folder.name, await asyncio.to_thread(_files, folder))


async def media_names(place: str) -> frozenset[str]:
    """The media files in the bucket."""
    with _problems():
        found = await names(s3_store(place), "media")
    return frozenset(name.removeprefix("media/") for name in found)


async def names(store: ObjectStore, prefix: str | None = None) -> dict[str, int]:
    """The size of every object, by name."""
    found: dict[str, int] = {}
    async for some in obstore.list(store, prefix, chunk_size=1000):
        found |= {one["path"]: one["size"] for one in some}
    return found


def _stage(settings: Settings) -> Path:
    stage = settings.home / "backup"
    stage.mkdir(mode=0o700, parents=True, exist_ok=True)
    return stage


async def _send_base(store: ObjectStore, base: Path) -> None:
    files = await asyncio.to_thread(_files, base)
    folders = sorted(str(path.relative_to(base)) for path in base.rglob("*") if path.is_dir())
    await obstore.put_async(store, f"{base.name}/{FOLDERS}", msgspec.json.encode(folders))
    await _send(store, base, base.name, [name for name in files if name != MANIFEST])
    await _send(store, base, base.name, [MANIFEST])


async def _send(store: ObjectStore, folder: Path, prefix: str, some: Collection[str]) -> None:
    slots = asyncio.Semaphore(AT_ONCE)

    async def send(name: str) -> None:
        async with slots:
            with contextlib.suppress(FileNotFoundError):  # removed in this moment
                await obstore.put_async(store, f"{prefix}/{name}", folder / name, max_concurrency=2)

    await asyncio.gather(*(send(name) for name in some))


async def _send_journal(store: ObjectStore, wal: Path, sent: dict[str, int]) -> None:
    """What was written since is in the bucket; whole segments but the newest need not stay here."""
    for path in sorted(wal.glob("*")):
        changed = path.stat().st_mtime_ns
        if sent.get(path.name) == changed:
            continue
        await obstore.put_async(store, f"wal/{path.name}", path.read_bytes())
        sent[path.name] = changed
        if path.suffix != ".partial":
            await obstore.delete_async(store, [f"wal/{path.name}.partial"])
    whole = [path for path in sorted(wal.glob("*")) if path.suffix != ".partial" and path.name in sent]
    for path in whole[:-2]:
        path.unlink()


async def _prune_bases(store: ObjectStore, known: dict[str, int]) -> None:
    """Three copies are kept, and the journal from the oldest of them on."""
    whole = _bases(known)
    kept = whole[-BASES_KEPT:]
    others = {name.partition("/")[0] for name in known if name.startswith("base-")} - set(kept)
    gone = [name for name in known if name.partition("/")[0] in others]
    label = bytes(await (await obstore.get_async(store, f"{kept[0]}/backup_label")).bytes_async()).decode()
    journal = [name.removeprefix("wal/") for name in known if name.startswith("wal/")]
    gone += [f"wal/{name}" for name in journal if not backup.is_needed(label, name)]
    await _delete(store, gone)


async def _note_gone(store: ObjectStore, known: dict[str, int], media: dict[str, int], now: datetime) -> None:
    before: dict[str, datetime] = {}
    if "gone.json" in known:
        text = bytes(await (await obstore.get_async(store, "gone.json")).bytes_async())
        before = msgspec.json.decode(text, type=dict[str, datetime])
    oldest = backup.moment(Path(_bases(known)[0]))
    missing = {name: before.get(name, now) for one in known if (name := one.removeprefix("media/")) != one}
    missing = {name: since for name, since in missing.items() if name not in media}
    await _delete(store, [f"media/{name}" for name, since in missing.items() if since < oldest])
    gone = {name: since for name, since in missing.items() if since >= oldest}
    await obstore.put_async(store, "gone.json", msgspec.json.encode(gone))


async def _delete(store: ObjectStore, some: list[str]) -> None:
    for start in range(0, len(some), 1000):
        await obstore.delete_async(store, some[start : start + 1000])


def _bases(known: dict[str, int]) -> list[str]:
    """The whole copies, the oldest first."""
    return sorted(
        name.partition("/")[0] for name in known if name.endswith(f"/{MANIFEST}") and name.startswith("base-")
    )


async def _fetch_kit(store: ObjectStore, kit: Path, to: datetime | None, media: bool) -> None:
    known = await names(store)
    fitting = [one for one in _bases(known) if to is None or backup.moment(Path(one)) <= to]
    if not fitting:
        raise BackupFailed("The bucket holds no copy that is old enough.")
    wanted = {fitting[-1], "wal", "secrets", *(["media"] if media else [])}
    some = [name for name in known if name.partition("/")[0] in wanted or name == "gone.json"]
    slots = asyncio.Semaphore(AT_ONCE)

    async def fetch(name: str) -> None:
        async with slots:
            path = kit / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            answer = await obstore.get_async(store, name)
            with path.open("wb") as file:
                async for chunk in answer.stream(min_chunk_size=1 << 20):
                    await asyncio.to_thread(file.write, bytes(chunk))

    await asyncio.gather(*(fetch(name) for name in some))
    base = kit / fitting[-1]
    for folder in msgspec.json.decode((base / FOLDERS).read_bytes(), type=list[str]):
        (base / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    (base / FOLDERS).unlink()


def _files(folder: Path) -> dict[str, int]:
    """The size of every file below the folder, by its path in it."""
    if not folder.is_dir():
        return {}
    found: dict[str, int] = {}
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and not path.name.startswith(".") and ".incoming" not in path.parts:
                found[str(path.relative_to(folder))] = path.stat().st_size
    return found


@contextlib.contextmanager
def _problems() -> Iterator[None]:
    """What the client says, as a backup that failed."""
    try:
        yield
    except BaseError as error:
        raise BackupFailed(
            f"The bucket does not answer as it should: {str(error).partition(chr(10))[0][:300]}"
        ) from error
