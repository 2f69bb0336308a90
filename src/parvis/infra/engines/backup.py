"""The built-in database kept safe elsewhere, and brought back: a copy of all of it, its journal as it is written, and what
belongs to it (secrets, media). By PostgreSQL's own programs; nothing here knows what is in the tables.

A kit is a folder: `base-TIME/` (one or several, each whole from that moment on), `wal/` (the journal since the oldest),
`media/` with `gone.json` beside it (which files of it are no longer in the place, and since when that is known), `secrets/`.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import shutil
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from parvis.base.settings import Settings
from parvis.infra.engines import binaries
from parvis.infra.engines.places import Places, database_account
from parvis.infra.engines.postgresql import PostgreSQL

SLOT = "parvis_backup"
BASES_KEPT = 3
_SEGMENT = re.compile(r"[0-9A-F]{24}(\.partial|\.\w+\.backup)?$")
JOURNAL = "restored-journal"  # inside the data folder, which the database's account can read
UNFINISHED = "restore.unfinished"  # in PARVIS_HOME, until what was revoked after the copy is revoked again


class BackupFailed(RuntimeError):
    """A copy could not be made, or not be brought back; the message says why"""


async def copy(settings: Settings, kit: Path, *, now: datetime, media: bool = True) -> dict[str, float]:
    """The kit holds a whole copy of this moment; what it took. Older copies but the newest three are gone."""
    kit.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = kit / "base.new"
    shutil.rmtree(fresh, ignore_errors=True)
    began = asyncio.get_running_loop().time()
    await _run(settings, "pg_basebackup", "-D", str(fresh), "-X", "stream", "-c", "fast", "--no-password")
    await check(settings, fresh)
    # It is whole from the moment at which it was finished; before that it can be brought to no moment.
    whole = now + timedelta(seconds=math.ceil(asyncio.get_running_loop().time() - began))
    final = kit / f"base-{whole:%Y%m%dT%H%M%SZ}"
    os.rename(fresh, final)
    for old in bases(kit)[:-BASES_KEPT]:
        shutil.rmtree(old)
    await asyncio.to_thread(_prune_journal, kit)
    files = 0
    if media:
        files = await asyncio.to_thread(_copy_new, settings.home / "media", kit / "media")
        await asyncio.to_thread(_note_gone, settings.home / "media", kit, now)
    await asyncio.to_thread(_copy_new, settings.home / "secrets", kit / "secrets", always=True)
    return {
        "bytes": float(await asyncio.to_thread(size, final)),
        "new_files": float(files),
        "seconds": asyncio.get_running_loop().time() - began,
    }


async def check(settings: Settings, base: Path) -> None:
    """Every file of the copy is as it was written. Raises: BackupFailed."""
    await _run(settings, "pg_verifybackup", "--quiet", str(base))


async def follow(settings: Settings, kit: Path) -> None:
    """The journal reaches the kit as it is written, until this is cancelled. Raises: BackupFailed."""
    wal = kit / "wal"
    wal.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = ["-D", str(wal), "--slot", SLOT, "--no-password"]
    await _run(settings, "pg_receivewal", *words, "--create-slot", "--if-not-exists")
    await _run(settings, "pg_receivewal", *words, "--synchronous")


def bases(kit: Path) -> list[Path]:
    """The whole copies, the oldest first."""
    return sorted(kit.glob("base-*"))


def newest(kit: Path) -> Path:
    """The newest whole copy. Raises: BackupFailed when there is none."""
    known = bases(kit)
    if not known:
        raise BackupFailed(f"{kit} holds no copy.")
    return known[-1]


async def restore(kit: Path, home: Path, *, to: datetime | None = None, media: bool = True) -> None:
    """An empty home holds the place as it was then, or as late as the kit knows; it is as it was when it starts.
    Without `media` only the database and the secrets.

    Raises: BackupFailed.
    """
    places = Places(home)
    data = PostgreSQL(places).data
    if data.exists():
        raise BackupFailed(f"There is a database in {home} already; a place is brought back into an empty folder.")
    known = [one for one in bases(kit) if to is None or moment(one) <= to]
    if not known:
        raise BackupFailed(f"{kit} holds no copy that is old enough.")
    places.create()
    (home / UNFINISHED).touch(mode=0o600)
    await asyncio.to_thread(_copy_new, kit / "secrets", home / "secrets", always=True)
    if media:
        await asyncio.to_thread(_copy_new, kit / "media", home / "media", without=_gone_by(kit, to))
    await asyncio.to_thread(_lay_out, known[-1], kit / "wal", data, to)


def _lay_out(base: Path, wal: Path, data: Path, to: datetime | None) -> None:
    fresh = data.with_name(f"{data.name}.new-restored")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(base, fresh)
    journal = fresh / JOURNAL
    journal.mkdir(mode=0o700)
    for file in _needed(base, wal):
        shutil.copy2(file, journal / file.name.removesuffix(".partial"))
    lines = [f"restore_command = 'cp {JOURNAL}/%f %p'", "recovery_target_action = 'promote'"]
    if to is not None:
        lines.append(f"recovery_target_time = '{to.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'")
    own = (fresh / "postgresql.auto.conf").read_text().splitlines()
    kept = [line for line in own if not line.startswith("synchronous_standby_names")]  # nobody follows yet
    (fresh / "postgresql.auto.conf").write_text("\n".join([*kept, *lines]) + "\n")
    (fresh / "recovery.signal").touch()
    account = database_account()
    for path in (fresh, *fresh.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    os.rename(fresh, data)


def is_unfinished(home: Path) -> bool:
    """Whether a place began to come back there, and is not to be served yet."""
    return (home / UNFINISHED).exists()


def is_laid_out(home: Path) -> bool:
    """Whether only the last part of coming back is missing: the database is there, and people are signed in as they were."""
    return is_unfinished(home) and PostgreSQL(Places(home)).data.exists()


def finish_restoring(home: Path) -> None:
    """The place may be served; the journal that was needed to come back is gone, once it is no longer needed."""
    (home / UNFINISHED).unlink(missing_ok=True)
    data = PostgreSQL(Places(home)).data
    if (data / "recovery.signal").exists():
        return
    shutil.rmtree(data / JOURNAL, ignore_errors=True)
    conf = data / "postgresql.auto.conf"
    marks = ("restore_command", "recovery_target")
    kept = [line for line in conf.read_text().splitlines() if not line.startswith(marks)]
    conf.write_text("\n".join(kept) + "\n")


def _needed(base: Path, wal: Path) -> list[Path]:
    """The files of the journal that the copy needs to go on: from the one in which it begins."""
    label = (base / "backup_label").read_text()
    files = sorted(wal.glob("*")) if wal.is_dir() else []
    return [file for file in files if is_needed(label, file.name)]


def is_needed(label: str, name: str) -> bool:
    """Whether a copy with that label needs the file of the journal to go on."""
    first = re.search(r"^START WAL LOCATION: \S+ \(file [0-9A-F]{8}([0-9A-F]{16})\)", label, re.MULTILINE)
    assert first is not None, label
    return not _SEGMENT.match(name) or name[8:24] >= first[1]


def _prune_journal(kit: Path) -> None:
    """What no copy needs any more is gone."""
    needed = set(_needed(bases(kit)[0], kit / "wal"))
    for file in (kit / "wal").glob("*"):
        if file not in needed:
            file.unlink()


def _note_gone(media: Path, kit: Path, now: datetime) -> None:
    """What is no longer in the place is known to be gone, so that it is not brought back; what no copy had is gone here."""
    known = _gone(kit)
    oldest = moment(bases(kit)[0])
    gone: dict[str, datetime] = {}
    for path in [one for one in (kit / "media").rglob("*") if one.is_file()]:
        name = str(path.relative_to(kit / "media"))
        if (media / name).exists():
            continue
        since = known.get(name, now)
        if since < oldest:
            path.unlink()
        else:
            gone[name] = since
    (kit / "gone.json.new").write_bytes(msgspec.json.encode(gone))
    os.replace(kit / "gone.json.new", kit / "gone.json")


def _gone(kit: Path) -> dict[str, datetime]:
    file = kit / "gone.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, datetime]) if file.exists() else {}


def _gone_by(kit: Path, at: datetime | None) -> frozenset[str]:
    """The files that were gone at that moment, or are by now."""
    return frozenset(name for name, since in _gone(kit).items() if at is None or since <= at)


def moment(base: Path) -> datetime:
    """From when on the copy is whole."""
    return datetime.strptime(base.name.removeprefix("base-"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


async def _run(settings: Settings, program: str, *words: str) -> None:
    """The program has done its work; cancelled, it ends in order."""
    process = await asyncio.create_subprocess_exec(
        str(binaries.postgres_program(program)),
        *words,
        env=_environment(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        await process.wait()
        raise
    if process.returncode:
        raise BackupFailed(f"{program}: {said.decode(errors='replace').strip()[-500:]}")


def _environment(settings: Settings) -> dict[str, str]:
    """How to reach the database as one who may copy it; a password is not for the list of processes."""
    places = Places(settings.home)
    outside = settings.database_url and settings.database_url != places.database_url()
    parts = urlsplit(settings.database_url if outside else places.database_url(user="postgres", database="postgres"))
    host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
    return {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "PGHOST": host,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or "postgres"),
        "PGPASSWORD": unquote(parts.password or ""),
    }


def _copy_new(source: Path, target: Path, *, always: bool = False, without: frozenset[str] = frozenset()) -> int:
    """What is not there yet is there, but for `without`; files of the media store never change. How many were copied."""
    copied = 0
    if not source.is_dir():
        return 0
    for path in source.rglob("*"):
        name = path.relative_to(source)
        to = target / name
        if str(name) in without:
            continue
        if path.is_dir():
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif always or not to.exists() or to.stat().st_size != path.stat().st_size:
            to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # removed in this moment
                shutil.copy2(path, to)
                copied += 1
    return copied


def size(folder: Path) -> int:
    """How many bytes its files have."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
