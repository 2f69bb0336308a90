"""What a kit is: a folder with whole copies of the database, the journal since the oldest of them, media and secrets.

`base-TIME/` (one or several, each whole from that moment on), `wal/`, `media/` with `gone.json` beside it (which files of
it are no longer in the place, and since when that is known), `secrets/`, `postgresql.conf` where the operator wrote one.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

BASES_KEPT = 3
CONFIGURATION = "postgresql.conf"
MANIFEST = "backup_manifest"
SPARE = 256 << 20  # bytes that are left free whatever is copied
PARTIAL = ".partial"  # the segment of the journal that is being written
SEGMENT = re.compile(r"[0-9A-F]{24}(\.partial|\.\w+\.backup)?$")
_BASE = re.compile(r"base-\d{8}T\d{6}Z$")
_LABELLED = re.compile(rb'"Path": "backup_label"[^}]*?"Last-Modified": "([0-9: -]+) GMT"')


class BackupFailed(RuntimeError):
    """A copy could not be made, or not be brought back; the message says why"""


def is_base(name: str) -> bool:
    """Whether a folder of that name is a whole copy."""
    return _BASE.match(name) is not None


def bases(kit: Path) -> list[Path]:
    """The whole copies, the oldest first."""
    return sorted(path for path in kit.glob("base-*") if is_base(path.name))


def newest(kit: Path) -> Path:
    """The newest whole copy. Raises: BackupFailed when there is none."""
    known = bases(kit)
    if not known:
        raise BackupFailed(f"{kit} holds no copy.")
    return known[-1]


def moment(base: Path) -> datetime:
    """From when on the copy is whole: at this moment it was finished, and it can be brought to no earlier one."""
    return datetime.strptime(base.name.removeprefix("base-"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def began(base: Path) -> datetime:
    """Since when what happens may be missing in the copy: what was there by then is in it, also without the journal."""
    found = _LABELLED.search((base / MANIFEST).read_bytes())
    if found is None:
        raise BackupFailed(f"{base / MANIFEST} does not say when the copy was begun.")
    return datetime.strptime(found[1].decode(), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def needed(base: Path, wal: Path) -> list[Path]:
    """The files of the journal that the copy needs to go on: from the one in which it begins."""
    label = (base / "backup_label").read_text()
    files = sorted(wal.glob("*")) if wal.is_dir() else []
    return [file for file in files if is_needed(label, file.name)]


def is_needed(label: str, name: str) -> bool:
    """Whether a copy with that label needs the file of the journal to go on."""
    first = re.search(r"^START WAL LOCATION: \S+ \(file [0-9A-F]{8}([0-9A-F]{16})\)", label, re.MULTILINE)
    assert first is not None, label
    return not SEGMENT.match(name) or name[8:24] >= first[1]


def prune(kit: Path) -> None:
    """The newest three copies are left, and of the journal what the oldest of them needs."""
    for old in bases(kit)[:-BASES_KEPT]:
        shutil.rmtree(old)
    wanted = set(needed(bases(kit)[0], kit / "wal"))
    for file in (kit / "wal").glob("*"):
        if file not in wanted:
            file.unlink()


def files(folder: Path) -> dict[str, int]:
    """The size of every file below the folder, by its path in it; what is on its way there is left out."""
    found: dict[str, int] = {}
    if not folder.is_dir():
        return found
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        with contextlib.suppress(FileNotFoundError):  # removed in this moment
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                found[str(name)] = path.stat().st_size
    return found


def fresh(source: Path, target: Path, *, without: frozenset[str] = frozenset()) -> dict[str, int]:
    """The sizes of files that are not there yet, but for `without`; files of the media store never change."""
    there = files(target)
    return {name: bytes_ for name, bytes_ in files(source).items() if there.get(name) != bytes_ and name not in without}


def copy_new(source: Path, target: Path, *, always: bool = False, without: frozenset[str] = frozenset()) -> int:
    """What is not there yet is there, but for `without`; with `always` all of it anew. How many were copied."""
    copied = 0
    for name in files(source) if always else fresh(source, target, without=without):
        to = target / name
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # removed in this moment
            shutil.copy2(source / name, to)
            copied += 1
    return copied


def size(folder: Path) -> int:
    """How many bytes its files have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def check_room(folder: Path, wanted: int, why: str) -> None:
    """So many bytes have room there, and something is left. Raises: BackupFailed."""
    free = shutil.disk_usage(folder).free
    if free < wanted + SPARE:
        raise BackupFailed(f"{folder} has {free >> 20} MiB left: too little {why}, which wants {wanted >> 20} MiB.")
