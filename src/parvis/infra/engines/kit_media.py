"""The media of a kit: what the place removed is known to be gone, and what only its disk lost stays in the kit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from parvis.infra.engines.kit import BackupFailed, bases, check_room, copy_new, files, fresh, moment
from parvis.infra.engines.places import write_whole

log = logging.getLogger(__name__)

GONE = "gone.json"
MANY = 100
SHARE = 0.2

# Of the files that the kit has and the folder has not (first) those that the place shows, where these are there (second).
Shown = Callable[[frozenset[str], frozenset[str]], Awaitable[frozenset[str]]]


async def check(folder: Path, kit: Path, shown: Shown | None) -> None:
    """The folder holds what it should, and the kit has room for it, before anything is copied. Raises: BackupFailed."""
    await still_shown(
        folder, await asyncio.to_thread(files, folder), await asyncio.to_thread(files, kit / "media"), shown
    )
    await asyncio.to_thread(_check_room, folder, kit)


async def copy(folder: Path, kit: Path, now: datetime, shown: Shown | None) -> int:
    """The kit has all media, and knows which are gone; how many files were new to it.

    Files that are not in the folder any more are gone, unless the place still shows them: then its disk lost them, and
    the kit keeps them. Without `shown` nothing new is known to be gone. Raises: BackupFailed.
    """
    await asyncio.to_thread(_check_room, folder, kit)
    short = cut_short(folder, await asyncio.to_thread(files, folder), await asyncio.to_thread(files, kit / "media"))
    copied = await asyncio.to_thread(copy_new, folder, kit / "media", without=short)
    here = await asyncio.to_thread(files, folder)
    kept = await asyncio.to_thread(files, kit / "media")
    lost = await still_shown(folder, here, kept, shown)
    known = gone(kit)
    missing = removed(kept, here, known, lost, shown)
    still, expired = gone_since(missing, known, now, moment(bases(kit)[0]))
    for name in expired:
        (kit / "media" / name).unlink(missing_ok=True)
    write_whole(kit / GONE, msgspec.json.encode(still).decode())
    return copied


def cut_short(folder: Path, here: Mapping[str, int], kept: Mapping[str, int]) -> frozenset[str]:
    """Files of the folder that are shorter than the kit has them, and that stay as they are in the kit: files never change,
    so the disk lost their ends."""
    short = frozenset(name for name, bytes_ in here.items() if bytes_ < kept.get(name, 0))
    if short:
        fields = {"files": len(short), "one": min(short), "folder": str(folder)}
        log.error("backup.media_cut_short", extra={"fields": fields})
    return short


def _check_room(folder: Path, kit: Path) -> None:
    kit.mkdir(mode=0o700, parents=True, exist_ok=True)
    if wanted := sum(fresh(folder, kit / "media").values()):
        check_room(kit, wanted, "for new media")


async def still_shown(
    folder: Path, here: Collection[str], kept: Collection[str], shown: Shown | None
) -> frozenset[str]:
    """Files that the kit has and the folder has lost: the place still shows them.

    Raises: BackupFailed when there are so many that the disk is rather not mounted, or was emptied.
    """
    missing = frozenset(kept) - frozenset(here)
    if not missing or shown is None:
        return frozenset()
    lost = await shown(missing, frozenset(here))
    if lost and (not here or len(lost) > max(MANY, SHARE * len(kept))):
        raise BackupFailed(
            f"{len(lost):,} media files that the place shows are not in {folder}: is its disk mounted? "
            "The backup has them all; `parvis restore FOLDER --media` puts them back."
        )
    if lost:
        fields = {"files": len(lost), "one": min(lost), "folder": str(folder)}
        log.error("backup.media_lost", extra={"fields": fields})
    return lost


def removed(
    kept: Collection[str],
    here: Collection[str],
    known: Collection[str],
    lost: Collection[str],
    shown: Shown | None,
) -> frozenset[str]:
    """Files that the place removed, of those that the kit has; those of which that is known already, where nobody tells."""
    missing = frozenset(kept).difference(here, lost)
    return missing if shown is not None else missing.intersection(known)


def gone_since(
    missing: Collection[str], known: dict[str, datetime], now: datetime, oldest: datetime
) -> tuple[dict[str, datetime], list[str]]:
    """Since when each of them is known to be gone; and those that were gone before the oldest copy, to be removed."""
    since = {name: known.get(name, now) for name in missing}
    return {name: at for name, at in since.items() if at >= oldest}, [n for n, at in since.items() if at < oldest]


def gone(kit: Path) -> dict[str, datetime]:
    """What is known to be gone, and since when. Raises: BackupFailed."""
    file = kit / GONE
    return decoded(file.read_bytes(), str(file)) if file.exists() else {}


def gone_by(kit: Path, at: datetime | None) -> frozenset[str]:
    """The files that were gone at that moment, or are by now."""
    return frozenset(name for name, since in gone(kit).items() if at is None or since <= at)


def decoded(text: bytes, where: str) -> dict[str, datetime]:
    """What that file says. Raises: BackupFailed."""
    try:
        return msgspec.json.decode(text, type=dict[str, datetime])
    except msgspec.DecodeError as error:
        raise BackupFailed(
            f"{where} cannot be read ({error}). Remove it: the next backup writes down anew what is no longer there."
        ) from error
