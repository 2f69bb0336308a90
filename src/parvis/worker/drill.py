"""The restore drill: the newest copy of a kit is brought back in a scratch folder, and compared with the place.

A copy that was never brought back is a hope. Once a week a worker tries it by itself (PARVIS_BACKUP says where the kit
is), writes down how it went, and a verdict says so when it did not.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import structlog

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.infra import engines, postgres
from parvis.infra.engines import backup, kit, remote_kit, restoring
from parvis.infra.services import Services
from parvis.worker import kept_media

log = structlog.get_logger(__name__)

EVERY = timedelta(days=7)
AGAIN_AFTER = timedelta(days=1)  # one that failed
WITHIN_S = 3600.0
PREFIX = ".drill-"
TABLES = {"account": "created_at", "post": "created_at", "receipt": "received_at"}
TROUBLE = (
    kit.BackupFailed,
    engines.EngineFailed,
    OSError,  # a time limit is one, too
    ValueError,  # files that hold what nobody wrote there
    msgspec.MsgspecError,
    postgres.asyncpg.PostgresError,
    postgres.asyncpg.InterfaceError,
)


async def when_due(services: Services) -> None:
    """The newest copy was tried within the last week, where a kit is known."""
    settings, now = services.settings, utc_now()
    if not settings.backup:
        return
    async with services.db.connection() as db:
        known = await health.safekeeping(db, 50)
    if not _is_due(known, now):
        return
    problem, facts = await recorded(settings, "drill", lambda: drill(settings, settings.backup))
    log.log(30 if problem else 20, "drill.done", problem=problem, **facts)


def _is_due(known: list[dict[str, Any]], now: datetime) -> bool:
    """As soon as there is a copy, and a week after the last drill; after one that failed the next day, or as soon as there
    is a copy that is newer."""
    last = next((one for one in known if one["what"] == "drill"), None)
    copy = next((one for one in known if one["what"] == "backup" and not one["problem"]), None)
    if last is None:
        return copy is not None  # where a kit was just set up, there is nothing to try
    if last["problem"] and copy is not None and copy["began_at"] > last["began_at"]:
        return True
    return now - last["began_at"] >= (AGAIN_AFTER if last["problem"] else EVERY)


async def recorded(
    settings: Settings, what: str, work: Callable[[], Awaitable[dict[str, float]]]
) -> tuple[str, dict[str, float]]:
    """What went wrong (empty: nothing), and what was found; those who run the place see it on the console either way."""
    began, problem, facts = utc_now(), "", dict[str, float]()
    try:
        facts = await work()
    except TROUBLE as failure:
        problem = (str(failure) or type(failure).__name__)[:1000]
    db = await postgres.connect(settings.database_url, size=1, application="parvis backup")
    try:
        async with db.connection() as connection:
            await health.kept_safe(connection, what, began, utc_now(), problem, facts)
    finally:
        await db.close()
    return problem, facts


async def drill(settings: Settings, place: str) -> dict[str, float]:
    """The newest copy came back in a scratch folder and holds what the place held when it was made.

    Its checksums are right, its database starts and takes writes, accounts, posts and receipts are there up to the
    newest, and media are in the kit. Raises: BackupFailed, and what the engines raise.
    """
    began = asyncio.get_running_loop().time()
    async with _alone(settings.home):
        await asyncio.to_thread(_sweep, settings.home)
        async with remote_kit.opened(settings, place, media=False) as folder:
            found, taken_at = await _tried(settings, folder)
        looked_at = await kept_media.looked_at(settings, place, taken_at)
    return found | {"media_looked_at": looked_at, "seconds": asyncio.get_running_loop().time() - began}


async def _tried(settings: Settings, folder: Path) -> tuple[dict[str, float], datetime]:
    """What the copy holds, and since when what happened may be missing in it."""
    base = await asyncio.to_thread(kit.newest, folder)
    await backup.check(settings, base)
    await asyncio.to_thread(_check_room, settings.home, folder, base)
    began = kit.began(base)
    here = await counts(settings.database_url, before=began)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=PREFIX) as scratch:
        home = Path(scratch) / "home"
        await restoring.restore(folder, home, configuration=False)
        async with engines.running(home, nats=False) as found:
            there = await counts(found.database_url)
    _compare(here, there)
    counted = {name: value for name, value in there.items() if name in TABLES}
    return counted | {"copy_age_s": (utc_now() - kit.moment(base)).total_seconds()}, began


def _compare(here: dict[str, float], there: dict[str, float]) -> None:
    """What the place had when the copy was begun came back; what came later may have."""
    for table in TABLES:
        if there[table] < 0.99 * here[table] - 10:
            raise kit.BackupFailed(
                f"The copy holds {there[table]:,.0f} rows of {table}, the place held {here[table]:,.0f}."
            )
    if there["newest_receipt"] < here["newest_receipt"]:
        raise kit.BackupFailed("The newest receipt that the place had is not in the copy.")


async def counts(database_url: str, *, before: datetime | None = None) -> dict[str, float]:
    """How many rows the tables have that tell whether a place is whole, once the database takes writes again; and the
    number of the newest receipt. `before`: only what was there at that moment."""
    db = await postgres.connect(database_url, size=1, application="parvis restore", statement_s=WITHIN_S)
    try:
        async with db.connection() as connection:
            async with asyncio.timeout(WITHIN_S):
                while await connection.fetchval("SELECT pg_is_in_recovery()"):  # noqa: ASYNC110 - the database works
                    await asyncio.sleep(0.2)
            moment = before or utc_now() + timedelta(days=1)
            found = {
                table: float(await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {column} < $1", moment))
                for table, column in TABLES.items()
            }
            newest = "SELECT coalesce(max(number), 0) FROM receipt WHERE numbered_at < $1"
            return found | {"newest_receipt": float(await connection.fetchval(newest, moment))}
    finally:
        await db.close()


def _check_room(home: Path, folder: Path, base: Path) -> None:
    wanted = kit.size(base) + kit.size(folder / "wal")
    kit.check_room(home, wanted + wanted // 5, "to bring the copy back on trial")


@asynccontextmanager
async def _alone(home: Path) -> AsyncIterator[None]:
    """No other drill of this place works meanwhile; the kernel lets go of the lock however we end."""
    (home / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / "run" / "drill.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(1)
        yield
    finally:
        os.close(descriptor)


def _sweep(home: Path) -> None:
    """What a drill left behind whose worker was killed is gone."""
    for prefix in (PREFIX, remote_kit.PREFIX):
        for folder in home.glob(f"{prefix}*"):
            shutil.rmtree(folder, ignore_errors=True)
