"""A kit in an S3 bucket: the same files under the same names, sent from this machine and fetched to it.

A copy is made in `backup/sending/` below PARVIS_HOME, sent, and deleted here; its manifest goes last, so that what was cut
short is no copy. Folders that are empty are named in `folders.json`, because a bucket knows none.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from parvis.base.settings import Settings
from parvis.infra.engines import backup, journal, kit_media
from parvis.infra.engines.bucket import bucket_at, delete, fetch, first_line, names, read, send_files, write
from parvis.infra.engines.kit import (
    BASES_KEPT,
    CONFIGURATION,
    MANIFEST,
    PARTIAL,
    BackupFailed,
    bases,
    check_room,
    files,
    is_base,
    is_needed,
    moment,
    size,
)
from parvis.infra.engines.kit_media import GONE, Shown
from parvis.infra.storage import media_folder

log = logging.getLogger(__name__)

FOLDERS = "folders.json"
SENDING = "sending"
SEND_EVERY_S = 5.0
TELL_EVERY_S = 60.0
PREFIX = ".kit-"


def is_remote(place: str) -> bool:
    """Whether the kit is in a bucket; otherwise it is a folder."""
    return place.startswith("s3://")


async def copy(settings: Settings, place: str, *, now: datetime, shown: Shown | None = None) -> dict[str, float]:
    """The bucket holds a whole copy of this moment; what it took. Older copies but the newest three are gone.

    `shown` tells which media files the place shows. Media in a bucket of their own are not copied. Raises: BackupFailed.
    """
    clock = asyncio.get_running_loop()
    began, store = clock.time(), bucket_at(place)
    folder = media_folder(settings)
    known = await names(store)
    if folder is not None:
        await kit_media.still_shown(folder, await asyncio.to_thread(files, folder), _media(known), shown)
    base = await staged(settings, now)
    bytes_ = await asyncio.to_thread(size, base)
    await _send_base(store, base)
    await asyncio.to_thread(shutil.rmtree, base.parent)
    secrets = settings.home / "secrets"
    await send_files(store, secrets, "secrets", await asyncio.to_thread(files, secrets))
    await _send_configuration(store, settings.home, known)
    fresh = 0 if folder is None else await _send_media(store, folder, _media(known))
    known = await names(store)
    await _prune_bases(store, known)
    if folder is not None:
        await _note_gone(store, await names(store), folder, now, shown)
    return {"bytes": float(bytes_), "new_files": float(fresh), "seconds": clock.time() - began}


async def staged(settings: Settings, now: datetime) -> Path:
    """A whole copy of the database on its way to a bucket, in place of one that could not be sent. Raises: BackupFailed."""
    folder = _stage(settings) / SENDING
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return await backup.make_base(settings, folder, now)


async def prepare_following(settings: Settings, place: str) -> None:
    """The database keeps its journal from now on until this machine has it. Raises: BackupFailed."""
    stage = _stage(settings)
    if (stage / "secrets").exists() or (stage / GONE).exists():
        raise BackupFailed(
            f"{stage} is a backup itself; the journal for a bucket passes through it and would leave it: move it elsewhere."
        )
    await check_leads_here(settings, bucket_at(place), place)
    await backup.prepare_following(settings, stage)


async def check_leads_here(settings: Settings, store: ObjectStore, place: str) -> None:
    """The journal in the bucket can be gone on with. Raises: BackupFailed."""
    kept = [name.removeprefix("wal/") for name in await names(store, "wal")]
    async with backup.connected(settings) as db:
        await journal.check_leads_here(db, kept, f"{place}/wal")


async def follow(settings: Settings, place: str) -> None:
    """The journal reaches the bucket some seconds after it was written, until this is cancelled. Raises: BackupFailed."""
    stage = _stage(settings)
    receiving = asyncio.create_task(backup.follow(settings, stage))
    try:
        sent: dict[str, int] = {}
        store = bucket_at(place)
        told = -TELL_EVERY_S
        while not receiving.done():
            try:
                await _send_journal(store, stage / "wal", sent)
            except (BaseError, OSError) as error:  # a bucket that is away for a while has it all later
                if time.monotonic() - told > TELL_EVERY_S:
                    told = time.monotonic()
                    log.error("backup.not_sent", extra={"fields": {"bucket": place, "problem": first_line(error)}})
            await asyncio.wait([receiving], timeout=SEND_EVERY_S)
        await receiving
    finally:
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)


@asynccontextmanager
async def opened(
    settings: Settings, place: str, *, to: datetime | None = None, media: bool = True
) -> AsyncIterator[Path]:
    """The kit as a folder of this machine: the newest copy that is old enough, and what belongs to it. A bucket's is fetched
    below PARVIS_HOME, if there is room for that and for what is made of it.

    Raises: BackupFailed.
    """
    if not is_remote(place):
        yield Path(place).absolute()
        return
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=PREFIX) as scratch:
        kit = Path(scratch)
        await _fetch_kit(bucket_at(place), kit, to, media=media)
        yield kit


async def put_beside(place: str, folder: Path) -> None:
    """The files of the folder are beside the copies, under its name. Raises: BackupFailed."""
    await send_files(bucket_at(place), folder, folder.name, await asyncio.to_thread(files, folder))


async def moments(place: str) -> list[datetime]:
    """From when on each copy of the kit is whole, the oldest first. Raises: BackupFailed."""
    if not is_remote(place):
        return [moment(base) for base in await asyncio.to_thread(bases, Path(place))]
    return [moment(Path(name)) for name in _bases(await names(bucket_at(place)))]


async def media_names(place: str) -> frozenset[str]:
    """The media files of the kit that are not known to be gone. Raises: BackupFailed."""
    kept, gone = await media_kept(place)
    return frozenset(kept) - gone


async def media_kept(place: str) -> tuple[dict[str, int], frozenset[str]]:
    """The sizes of the media files of the kit, and which are known to be gone. Raises: BackupFailed."""
    if not is_remote(place):
        kit = Path(place)
        return await asyncio.to_thread(files, kit / "media"), frozenset(kit_media.gone(kit))
    store = bucket_at(place)
    return _media(await names(store, "media")), frozenset(await _gone(store))


@asynccontextmanager
async def media_of(settings: Settings, place: str, wanted: dict[str, int]) -> AsyncIterator[Path]:
    """A folder of this machine with those media of the kit, of which the sizes are known, but for what a backup removes
    meanwhile. Raises: BackupFailed."""
    if not is_remote(place):
        yield Path(place).absolute() / "media"
        return
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".media-") as scratch:
        some = {f"media/{name}": size for name, size in wanted.items()}
        await fetch(bucket_at(place), Path(scratch), some, lenient=True)
        yield Path(scratch) / "media"


def _stage(settings: Settings) -> Path:
    stage = settings.home / "backup"
    stage.mkdir(mode=0o700, parents=True, exist_ok=True)
    return stage


async def _send_base(store: ObjectStore, base: Path) -> None:
    found = await asyncio.to_thread(files, base)
    folders = sorted(str(path.relative_to(base)) for path in base.rglob("*") if path.is_dir())
    await write(store, f"{base.name}/{FOLDERS}", msgspec.json.encode(folders))
    await send_files(store, base, base.name, [name for name in found if name != MANIFEST])
    await send_files(store, base, base.name, [MANIFEST])


async def _send_media(store: ObjectStore, folder: Path, known: dict[str, int]) -> int:
    """All media are in the bucket; how many were not."""
    here = await asyncio.to_thread(files, folder)
    short = kit_media.cut_short(folder, here, known)
    fresh = [name for name, bytes_ in here.items() if known.get(name) != bytes_ and name not in short]
    await send_files(store, folder, "media", fresh)
    return len(fresh)


async def _send_configuration(store: ObjectStore, home: Path, known: dict[str, int]) -> None:
    """What the operator set for the database is in the bucket as it is now."""
    if (home / CONFIGURATION).is_file():
        await write(store, CONFIGURATION, (home / CONFIGURATION).read_bytes())
    elif CONFIGURATION in known:
        await delete(store, [CONFIGURATION])


async def _send_journal(store: ObjectStore, wal: Path, sent: dict[str, int]) -> None:
    """What was written since is in the bucket; whole segments but the newest need not stay here."""
    for path in sorted(wal.glob("*")):
        changed = path.stat().st_mtime_ns
        if sent.get(path.name) == changed:
            continue
        await obstore.put_async(store, f"wal/{path.name}", path.read_bytes())
        if path.suffix != PARTIAL:
            await obstore.delete_async(store, [f"wal/{path.name}{PARTIAL}"])
        sent[path.name] = changed  # only now: what fails is done again
    whole = [path for path in sorted(wal.glob("*")) if path.suffix != PARTIAL and path.name in sent]
    for path in whole[:-2]:
        path.unlink()


async def _prune_bases(store: ObjectStore, known: dict[str, int]) -> None:
    """Three copies are kept, and the journal from the oldest of them on."""
    whole = _bases(known)
    kept = whole[-BASES_KEPT:]
    others = {name.partition("/")[0] for name in known} - set(kept)
    others = {name for name in others if is_base(name)}  # also what was cut short
    gone = [name for name in known if name.partition("/")[0] in others]
    needed = _journal(known, await _label(store, kept[0]))
    gone += [name for name in known if name.startswith("wal/") and name not in needed]
    await delete(store, gone)


async def _note_gone(
    store: ObjectStore, known: dict[str, int], folder: Path, now: datetime, shown: Shown | None
) -> None:
    """As `kit_media.copy` does in a folder."""
    before, kept = await _gone(store), _media(known)
    here = await asyncio.to_thread(files, folder)
    lost = await kit_media.still_shown(folder, here, kept, shown)
    missing = kit_media.removed(kept, here, before, lost, shown)
    still, expired = kit_media.gone_since(missing, before, now, moment(Path(_bases(known)[0])))
    await delete(store, [f"media/{name}" for name in expired])
    await write(store, GONE, msgspec.json.encode(still))


async def _gone(store: ObjectStore) -> dict[str, datetime]:
    text = await read(store, GONE)
    return {} if text is None else kit_media.decoded(text, f"{GONE} in the bucket")


def _media(known: dict[str, int]) -> dict[str, int]:
    """The sizes of the media among those objects, by their paths in the media folder."""
    return {name.removeprefix("media/"): bytes_ for name, bytes_ in known.items() if name.startswith("media/")}


def _bases(known: dict[str, int]) -> list[str]:
    """The whole copies, the oldest first."""
    whole = {name.partition("/")[0] for name in known if name.endswith(f"/{MANIFEST}")}
    return sorted(name for name in whole if is_base(name))


def _journal(known: dict[str, int], label: str) -> dict[str, int]:
    """The sizes of those objects that a copy with that label needs to go on."""
    return {
        name: bytes_
        for name, bytes_ in known.items()
        if name.startswith("wal/") and is_needed(label, name.removeprefix("wal/"))
    }


async def _label(store: ObjectStore, base: str) -> str:
    label = await read(store, f"{base}/backup_label")
    if label is None:
        raise BackupFailed(f"The copy {base} in the bucket is not whole: it has no backup_label.")
    return label.decode()


async def _fetch_kit(store: ObjectStore, kit: Path, to: datetime | None, *, media: bool) -> None:
    known = await names(store)
    fitting = [one for one in _bases(known) if to is None or moment(Path(one)) <= to]
    if not fitting:
        raise BackupFailed("The bucket holds no copy that is old enough.")
    label = await _label(store, fitting[-1])
    wanted = {fitting[-1], "secrets", GONE, CONFIGURATION, *(["media"] if media else [])}
    some = {name: bytes_ for name, bytes_ in known.items() if name.partition("/")[0] in wanted}
    check_room(kit, 2 * sum((some | _journal(known, label)).values()), "to fetch the backup and bring it back")
    await fetch(store, kit, some)
    # As late as it goes, because what was fetched took its time; and no more than the copy needs: a backup may be pruning.
    await fetch(store, kit, _journal(await names(store, "wal"), label))
    base = kit / fitting[-1]
    for folder in msgspec.json.decode((base / FOLDERS).read_bytes(), type=list[str]):
        (base / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    (base / FOLDERS).unlink()
