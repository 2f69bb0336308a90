"""The database kept safe elsewhere: a copy of all of it, its journal as it is written, and what belongs to it (secrets, media,
the operator's postgresql.conf). By PostgreSQL's own programs; nothing here knows what is in the tables.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from parvis.base.settings import Settings
from parvis.infra.engines import binaries, journal, kit_media
from parvis.infra.engines.kit import CONFIGURATION, BackupFailed, check_room, copy_new, prune, size
from parvis.infra.engines.places import Places
from parvis.infra.storage import media_folder

log = logging.getLogger(__name__)

SLOT = "parvis_backup"
_WORDS = 500  # characters of what a program said


async def copy(
    settings: Settings, kit: Path, *, now: datetime, media: bool = True, shown: kit_media.Shown | None = None
) -> dict[str, float]:
    """The kit holds a whole copy of this moment; what it took. Older copies but the newest three are gone.

    `shown` tells which media files the place shows. Media in a bucket are not copied. Raises: BackupFailed.
    """
    clock = asyncio.get_running_loop()
    started = clock.time()
    folder = media_folder(settings) if media else None
    if folder is not None:
        await kit_media.check(folder, kit, shown)
    base = await make_base(settings, kit, now)
    await asyncio.to_thread(prune, kit)
    files = 0 if folder is None else await kit_media.copy(folder, kit, now, shown)
    await asyncio.to_thread(copy_new, settings.home / "secrets", kit / "secrets", always=True)
    await asyncio.to_thread(_copy_configuration, settings.home, kit)
    return {
        "bytes": float(await asyncio.to_thread(size, base)),
        "new_files": float(files),
        "seconds": clock.time() - started,
    }


async def make_base(settings: Settings, folder: Path, now: datetime) -> Path:
    """There is a whole copy of the database in the folder, and it is checked. Raises: BackupFailed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / "base.new"
    await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    check_room(folder, await _database_bytes(settings), "for a copy of the database")
    started = asyncio.get_running_loop().time()
    await _run(settings, "pg_basebackup", "-D", str(fresh), "-X", "stream", "-c", "fast", "--no-password")
    await check(settings, fresh)
    # It is whole from the moment at which it was finished; before that it can be brought to no moment.
    whole = now + timedelta(seconds=math.ceil(asyncio.get_running_loop().time() - started))
    final = folder / f"base-{whole:%Y%m%dT%H%M%SZ}"
    os.rename(fresh, final)
    return final


async def check(settings: Settings, base: Path) -> None:
    """Every file of the copy is as it was written. Raises: BackupFailed."""
    await _run(settings, "pg_verifybackup", "--quiet", str(base))


async def prepare_following(settings: Settings, kit: Path) -> None:
    """The database keeps its journal from now on until the kit has it. Raises: BackupFailed."""
    wal = kit / "wal"
    wal.mkdir(mode=0o700, parents=True, exist_ok=True)
    async with connected(settings) as db:
        await journal.check_leads_here(db, [path.name for path in wal.glob("*")], str(wal))
    words = ("-D", str(wal), "--slot", SLOT, "--no-password")
    await _run(settings, "pg_receivewal", *words, "--create-slot", "--if-not-exists")


async def follow(settings: Settings, kit: Path) -> None:
    """The journal reaches the kit as it is written, until this is cancelled; what is in the way meanwhile is logged.

    Raises: BackupFailed.
    """
    words = ("-D", str(kit / "wal"), "--slot", SLOT, "--no-password")
    await _run(settings, "pg_receivewal", *words, "--synchronous", tell=True)


def _copy_configuration(home: Path, kit: Path) -> None:
    """What the operator set for the database is in the kit as it is now."""
    if (home / CONFIGURATION).is_file():
        shutil.copy2(home / CONFIGURATION, kit / CONFIGURATION)
    else:
        (kit / CONFIGURATION).unlink(missing_ok=True)


async def _database_bytes(settings: Settings) -> int:
    wanted = "SELECT sum(pg_database_size(oid)) FROM pg_database WHERE has_database_privilege(oid, 'CONNECT')"
    async with connected(settings) as db:
        return int(await db.fetchval(wanted))


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A connection of one who may copy the database. Raises: BackupFailed."""
    try:
        db = await asyncpg.connect(_address(settings))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise BackupFailed(f"The database does not answer: {str(error) or type(error).__name__}") from error
    try:
        yield db
    finally:
        db.terminate()


async def _run(settings: Settings, program: str, *words: str, tell: bool = False) -> None:
    """The program has done its work; cancelled, it ends in order. With `tell` what it says is logged at once."""
    process = await asyncio.create_subprocess_exec(
        str(binaries.postgres_program(program)),
        *words,
        env=_environment(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said = await _said(process, program, tell=tell)
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        await process.communicate()
        raise
    if process.returncode:
        raise BackupFailed(f"{program}: {said.strip()[-_WORDS:]}")


async def _said(process: asyncio.subprocess.Process, program: str, *, tell: bool) -> str:
    """The last of what it said, once it has ended."""
    assert process.stderr is not None
    said = ""
    async for line in process.stderr:
        text = line.decode(errors="replace")
        said = (said + text)[-2 * _WORDS :]
        if tell:
            log.warning("backup.follow", extra={"fields": {"program": program, "said": text.strip()}})
    await process.wait()
    return said


def _address(settings: Settings) -> str:
    """Of the database, for one who may copy it."""
    places = Places(settings.home)
    outside = settings.database_url and settings.database_url != places.database_url()
    return settings.database_url if outside else places.database_url(user="postgres", database="postgres")


def _environment(settings: Settings) -> dict[str, str]:
    """How to reach the database as one who may copy it; a password is not for the list of processes."""
    parts = urlsplit(_address(settings))
    host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
    return {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "PGHOST": host,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or "postgres"),
        "PGPASSWORD": unquote(parts.password or ""),
    }
