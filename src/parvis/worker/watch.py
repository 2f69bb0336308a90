"""The watch: every ten seconds somebody looks at the whole place, writes down what is wrong, and tells those who run it.

One process a machine keeps the watch (a lock in PARVIS_HOME says which), whether the application runs or not: each
worker stands ready, and so does `parvis watch` where an operator runs it beside. Of several machines one keeps the
book in the database. While the database is away the book is kept in a file, and carried over afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import math
import os
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path

import asyncpg
import msgspec
import structlog

from parvis.base.clock import utc_now
from parvis.base.settings import BadSetting, Settings
from parvis.domain import admission, health, insights
from parvis.domain.health import Book, Incident, Minutes
from parvis.domain.moderation import house_settings
from parvis.infra import engines, postgres
from parvis.infra.overload import levels
from parvis.infra.storage import Storage, open_storage
from parvis.worker import status_page
from parvis.worker.status_files import StatusFiles
from parvis.worker.status_history import History
from parvis.worker.telling import Telling

log = structlog.get_logger(__name__)

EVERY_S = 10.0
STANDBY_S = 3.0
TELL_S = 5.0  # for so long a look waits for those who are told
SHOWN = 50
TROUBLE = (*postgres.OUTAGES, asyncpg.PostgresError)


class Watch:
    """One process that keeps the watch."""

    def __init__(self, settings: Settings) -> None:
        self.settings = self._started_with = settings
        self.book = Book(_read(settings))
        self.seen: health.Findings | None = None
        self._storage: Storage | None = None
        self._unwritten: set[tuple[str, datetime]] = set()  # incidents that changed since they were written down
        self._minutes = Minutes()
        self._db: asyncpg.Connection | None = None
        self._leads = False
        self._telling = Telling(self._noted)
        self._status = StatusFiles(settings.status_directory)
        self._history = History(settings.status_directory)
        self._tide_known: health.Tide | None = None
        self._tide_at: datetime | None = None

    async def look(self, now: datetime) -> health.Judgement:
        """The place was looked at; what changed is written down, told, and shown."""
        db = await self._connected()
        await self._obey(db)
        door = await self._door(db)
        tide = await self._tide(db, now)
        before = self.seen.signals if self.seen else {}
        storage, unopened = await self._store()
        seen = await health.gather(
            self.settings, storage=storage, unopened=unopened, door=door, tide=tide, before=before, now=now
        )
        judgement = health.judge(seen)
        self._unwritten |= {one.key for one in self.book.note(judgement)}
        if db is not None and seen.database is not None:
            await self._write_down(db, seen, now)
        self.seen = seen
        level = levels.NO_DATABASE if seen.database is None else math.ceil(seen.fact("shedding", "level"))
        await self._show(db if seen.database is not None else None, judgement, level)
        if self._leads or db is None:
            await self._tell(db, now)
        _keep(self.settings, self.book.shown(SHOWN))
        return judgement

    async def _show(self, db: asyncpg.Connection | None, judgement: health.Judgement, level: int) -> None:
        """The status page says how the place is; what was wrong in months before is read while there is a database.

        A bucket is one for all machines: who keeps the book writes it, and whoever finds nobody to keep it.
        """
        place = self.settings.status_directory
        if not place or (place.startswith("s3://") and db is not None and not self._leads):
            return
        pages: dict[str, str] = {}
        if db is not None:
            with contextlib.suppress(*TROUBLE):
                pages = await self._history.changed(db, self.settings, judgement.at)
        pages |= await asyncio.to_thread(
            status_page.files, self.settings, judgement, self.book.shown(SHOWN), level, self._history.months
        )
        if await self._status.keep(pages, judgement.at):
            self._history.written()

    async def close(self) -> None:
        await self._telling.close()
        if self._db is not None:
            self._db.terminate()
        if self._storage is not None:
            await self._storage.close()

    async def _store(self) -> tuple[Storage | None, str]:
        """The media store, or why it could not be opened; then it is tried again at the next look."""
        if self._storage is None:
            try:
                self._storage = await open_storage(self.settings)
            except Exception as error:  # a store that is away is a finding, not an end
                return None, str(error) or type(error).__name__
        return self._storage, ""

    async def _connected(self) -> asyncpg.Connection | None:
        """A session of our own, whose lock says that we keep the book; None while there is no database."""
        if self._db is not None and not self._db.is_closed():
            with contextlib.suppress(*TROUBLE):
                await self._db.fetchval("SELECT 1", timeout=5)
                return self._db
            self._db.terminate()
        self._db, self._leads = None, False
        with contextlib.suppress(*TROUBLE, ValueError):
            options = {"application_name": "parvis watch", "lock_timeout": "2s"}
            self._db = await asyncpg.connect(
                self.settings.database_url, timeout=5, command_timeout=8, server_settings=options
            )
        return self._db

    async def _obey(self, db: asyncpg.Connection | None) -> None:
        """What the owner changed while the place runs holds for what is told of it too."""
        if db is not None:
            with contextlib.suppress(*TROUBLE):
                self.settings = house_settings.merged(self._started_with, await house_settings.stored(db))

    async def _door(self, db: asyncpg.Connection | None) -> health.Door | None:
        if db is None:
            return None
        with contextlib.suppress(*TROUBLE):
            return admission.as_door(await admission.gate_standing(db))
        return None

    async def _tide(self, db: asyncpg.Connection | None, now: datetime) -> health.Tide | None:
        """How visits stand. It changes once a day, so it is asked once an hour."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if db is not None and self._tide_at != hour:
            with contextlib.suppress(*TROUBLE):
                self._tide_known, self._tide_at = await insights.tide(db, now=now), hour
        return self._tide_known

    async def _write_down(self, db: asyncpg.Connection, seen: health.Findings, now: datetime) -> None:
        try:
            if not self._leads and await health.elected(db):
                self._leads = True
                known = await health.incidents(db, SHOWN)
                self.book.add(known)
                self._unwritten = {one.key for one in self.book.all if one not in known}
            if not self._leads:
                self.book.mirror(await health.incidents(db, SHOWN))
                self._unwritten.clear()
                return
            await self._write_incidents(db)
            await self._minutes.add(db, health.all_signals(seen), now)
        except TROUBLE as error:
            log.debug("watch.not_written", error=repr(error))

    async def _write_incidents(self, db: asyncpg.Connection) -> None:
        """What changed is written down; what could not be is written at the next look."""
        for one in self.book.all:
            if one.key in self._unwritten:
                self._unwritten.discard(one.key)  # before: it may change again meanwhile
                try:
                    await health.incident_stored(db, one)
                except BaseException:
                    self._unwritten.add(one.key)
                    raise

    async def _tell(self, db: asyncpg.Connection | None, now: datetime) -> None:
        await self._telling.tell(self.settings, self.book.untold, now, TELL_S)
        with contextlib.suppress(*TROUBLE):
            if db is not None:
                await self._write_incidents(db)

    def _noted(self, told: Incident, at: datetime) -> None:
        if (changed := self.book.told(told, at)) is not None:
            self._unwritten.add(changed.key)


async def keep(settings: Settings) -> None:
    """The watch is kept whenever nobody else on this machine does, until this is cancelled."""
    while True:
        async with _on_duty(settings) as mine:
            if mine:
                await _watch(settings)
        await asyncio.sleep(STANDBY_S)


async def _watch(settings: Settings) -> None:
    watch = Watch(settings)
    log.info("watch.begins")
    stop = _metrics(watch)
    try:
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await watch.look(utc_now())
            except Exception:
                log.exception("watch.failed")
            await asyncio.sleep(max(1.0, EVERY_S - (asyncio.get_running_loop().time() - began)))
    finally:
        stop()
        await watch.close()


def _metrics(watch: Watch) -> Callable[[], None]:
    """What ends /metrics again; a port that is taken is no reason not to watch."""
    if watch.settings.metrics_bind:
        try:
            from parvis.worker.metrics import Metrics  # here, because most places have no use for it

            return Metrics(watch).serve(watch.settings.metrics_bind)
        except (OSError, BadSetting) as error:
            log.warning("watch.no_metrics", error=str(error))
    return lambda: None


@contextlib.asynccontextmanager
async def _on_duty(settings: Settings) -> AsyncIterator[bool]:
    """Whether we are the one of this home; the kernel lets go of the lock however we end."""
    settings.home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(settings.home / "watch.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def _file(settings: Settings) -> Path:
    return settings.home / "watch.json"


def _read(settings: Settings) -> list[Incident]:
    try:
        return msgspec.json.decode(_file(settings).read_bytes(), type=list[Incident])
    except (OSError, msgspec.MsgspecError):
        return []


def _keep(settings: Settings, incidents: Sequence[Incident]) -> None:
    with contextlib.suppress(OSError):  # a full disk is told of by other ways
        engines.write_whole(_file(settings), msgspec.json.encode(list(incidents)).decode())
