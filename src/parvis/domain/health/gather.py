"""The findings gathered: a few questions to the database, and a look at disks, store, broker and certificate.

Nothing here fails: what cannot be asked is not known, and the rules say so.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import msgspec
from cryptography import x509

from parvis.base.settings import Settings
from parvis.domain.health import gather_queries as ask
from parvis.domain.health import history, queries, sessions
from parvis.domain.health.disks import Looker, Pace, foretold, paces
from parvis.domain.health.headroom import FRESH, merged
from parvis.domain.health.types import Reading, Signal
from parvis.domain.health.verdicts.findings import (
    Database,
    Deaths,
    Disk,
    Door,
    Failing,
    Findings,
    Held,
    Jobs,
    Kept,
    Late,
    Letters,
    Parked,
    Rows,
    Setup,
    Store,
    Tide,
    Trouble,
)
from parvis.infra import jobs, migrate
from parvis.infra.engines import nats_server
from parvis.infra.postgres import Connection, Row
from parvis.infra.storage import Storage

T = TypeVar("T")

LOOKS, APART_S = 4, 0.15
ASK_WITHIN_S = 12.0
STORE_WITHIN_S = 6.0
COUNTED_AS_LATE, COUNTED = 1000, 10_000
TROUBLE = (
    OSError,
    TimeoutError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
LOOKER = Looker()
_INDEX = re.compile(r"^CREATE (?:UNIQUE )?INDEX (\w+) ON (?:ONLY )?public\.[^;]+;", re.M)


async def gather(
    settings: Settings,
    *,
    storage: Storage | None = None,
    opening_s: float = 0.0,
    unopened: str = "",
    door: Door | None = None,
    tide: Tide | None = None,
    recent: dict[str, Signal] | None = None,
    before: dict[str, Signal] | None = None,
    now: datetime,
) -> Findings:
    """Everything that is known of the place now.

    `opening_s`: how long it took to open the store; `unopened`: why it could not be opened, if it could not. `before`:
    the signals of an earlier look, if there was one.
    """
    disks = await LOOKER.disks(settings)
    known, broker, store, certificate = await asyncio.gather(
        _asked(settings, disks, now),
        _broker(settings),
        _store(storage, opening_s, unopened),
        _certificate(settings, now),
    )
    lately: dict[str, Pace] = known.pop("paces", {})
    base: dict[str, Any] = {
        "at": now,
        "disks": foretold(disks, lately),
        "broker_error": broker[0],
        "broker_took_s": broker[1],
        "store": store,
        "certificate_ends_in_s": certificate[0],
        "certificate_lasts_s": certificate[1],
        "door": door,
        "tide": tide,
        "before": before or {},
        **({} if recent is None else {"recent": recent}),
        "setup": setup(settings),
    }
    return Findings(**{**known, **base})


def setup(settings: Settings) -> Setup:
    """What of the settings matters."""
    return Setup(
        limiter=settings.limiter,
        page_cache_bytes=settings.page_cache_bytes,
        database_pool=settings.database_pool,
        job_workers=settings.job_workers,
        transcodings=settings.transcodings,
        web_workers=settings.web_workers,
        sends_mail=bool(settings.smtp_url),
        has_broker=True,
        keeps_in_bucket=settings.media_url.startswith("s3:"),
    )


async def _asked(settings: Settings, disks: Sequence[Disk], now: datetime) -> dict[str, Any]:
    try:
        async with asyncio.timeout(ASK_WITHIN_S):
            db = await asyncpg.connect(
                settings.database_url,
                timeout=5,
                server_settings={"application_name": "parvis doctor", "lock_timeout": "700ms"},
            )
            try:
                return await _of_database(db, settings, disks, now)
            finally:
                db.terminate()
    except TROUBLE as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        return {"database": None, "database_error": reason, "database_trouble": _trouble(error), "roles": {}}


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, asyncpg.TooManyConnectionsError):
        return "full"
    return "starting" if isinstance(error, asyncpg.CannotConnectNowError) else "gone"


async def _of_database(db: Connection, settings: Settings, disks: Sequence[Disk], now: datetime) -> dict[str, Any]:
    looks = [await ask.sessions(db)]
    for _ in range(LOOKS - 1):
        await asyncio.sleep(APART_S)
        looks.append(await ask.sessions(db))
    facts = await ask.facts(db)
    before = datetime.now(UTC)
    there = await queries.current_time(db)  # by itself: half of what takes long would be a difference of the clocks
    here = before + (datetime.now(UTC) - before) / 2
    readings = await _unless_locked(queries.readings(db, FRESH), None)
    silent = await _unless_locked(ask.silent_processes(db, FRESH), [])
    database = await _database(db, looks, facts)
    return {
        "database": database,
        "clock_ahead_s": (there - here).total_seconds(),
        "signals": merged(readings or ()),
        "roles": {"web": 1, "work": 1} if readings is None else _roles(readings),
        "deaths": Deaths(len(silent), silent[0]["role"], silent[0]["silent_s"]) if silent else Deaths(),
        "jobs": await _unless_locked(jobs_seen(db), Jobs()),
        "recent": await _unless_locked(history.recent(db, now), {}),
        "kept": await _unless_locked(_kept(db, settings, now), Kept()),
        "paces": await _unless_locked(paces(db, settings, disks, now), {}),
        "journal_full_in_s": await _unless_locked(journal_full_in_s(db, settings, database, now), None),
        "letters": await _unless_locked(_letters(db, settings, now), None),
    }


async def _kept(db: Connection, settings: Settings, now: datetime) -> Kept:
    found: dict[str, Any] = {"wanted": bool(settings.backup)}
    for row in await ask.kept_safe(db):
        if row["well_at"] is not None:
            found[f"{row['what']}_age_s"] = (now - row["well_at"]).total_seconds()
        found[f"{row['what']}_problem"] = row["problem"]
    return Kept(**found)


async def journal_full_in_s(db: Connection, settings: Settings, database: Database, now: datetime) -> float | None:
    """Up to what the settings want of it, the journal comes and goes: then nothing is foretold."""
    folder = settings.home / "postgres"
    if database.wal_bytes <= database.wal_wanted_bytes or not folder.is_dir():
        return None
    pace, said = await history.journal_pace(db, database.wal_bytes, now), os.statvfs(folder)
    return said.f_bavail * said.f_frsize / pace if pace else None


async def _letters(db: Connection, settings: Settings, now: datetime) -> Letters | None:
    if settings.mail_quota <= 0 or not settings.smtp_url:
        return None
    return Letters(await history.letters_of_a_day(db, now), settings.mail_quota)


async def _unless_locked(answer: Awaitable[T], otherwise: T) -> T:
    """Somebody may hold a lock on just the table that is asked, or the schema may be older than the program: then that is
    the finding, and this is not known."""
    try:
        return await answer
    except (asyncpg.LockNotAvailableError, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        return otherwise


async def _database(db: Connection, looks: Sequence[sessions.Look], facts: dict[str, Any]) -> Database:
    found = sessions.blocker(looks[-1])
    holder = None
    if found is not None:
        holder = msgspec.structs.replace(found[0], table=await ask.awaited_table(db, found[1]))
    rows = await ask.dead_rows(db)
    lost, half = await _indexes(db)
    return Database(
        **{name: facts[name] for name in _PLAIN},
        slot=facts["slot"] or "",
        archive_failing_s=facts["archive_failing_s"] or 0.0,
        follower_away_s=facts["follower_away_s"] or 0.0,
        unsafe=tuple(facts["unsafe"]),
        waiting=sessions.waiting(looks),
        blocker=holder,
        slow=sessions.slowest(looks),
        idle=sessions.idle(looks[-1]),
        unapplied=await _unapplied(db),
        lost_indexes=lost,
        half_indexes=half,
        rows=Rows(rows["table"], rows["dead"], rows["live"]) if rows else None,
    )


_PLAIN = (
    "sessions", "most_sessions", "wal_bytes", "wal_wanted_bytes", "slot_bytes", "up_s", "oldest_row_age", "size_bytes",
)  # fmt: skip


async def _unapplied(db: Connection) -> tuple[str, ...]:
    try:
        return tuple(await _unless_locked(migrate.waiting(db), []))
    except migrate.MigrationError:
        return ()  # newer than we are: an upgrade is under way elsewhere


async def _indexes(db: Connection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The statements that make what is missing, and the names of what is there of it, half made."""
    there, expected = await ask.indexes(db), expected_indexes()
    lost = tuple(text for name, text in expected.items() if not there.get(name))
    return lost, tuple(name for name in expected if there.get(name) is False)


def expected_indexes() -> dict[str, str]:
    """By name of an index: the statement of the schema that makes it."""
    text = (migrate.FOLDER / "schema.sql").read_text()
    return {match.group(1): match.group(0).rstrip(";") for match in _INDEX.finditer(text)}


async def jobs_seen(db: Connection) -> Jobs:
    """Work that can wait, by kind: late, under way, failing, given up."""
    due = [one.kind for one in await jobs.oldest_due_by_kind(db)]
    return Jobs(
        late=tuple(_late(row) for row in await ask.late_jobs(db, due, COUNTED)),
        held=tuple(Held(**row) for row in await ask.held_jobs(db)),
        failing=tuple(Failing(**row) for row in await ask.failing_jobs(db)),
        parked=tuple(Parked(**row) for row in await ask.parked_jobs(db)),
    )


def _late(row: Row) -> Late:
    return Late(row["kind"], row["oldest_s"] or 0.0, min(row["jobs"], COUNTED_AS_LATE), row["jobs"])


def _roles(readings: Sequence[Reading]) -> dict[str, int]:
    return dict(Counter(role for _, role in {(one.process, one.role) for one in readings}))


async def _broker(settings: Settings) -> tuple[str, float]:
    """Why it does not answer, empty if it does; and how many seconds that took."""
    if not settings.nats_url:
        return "it was never started", 0.0
    began, error = time.perf_counter(), ""
    try:
        await nats_server.version_at(settings.nats_url)
    except (ConnectionError, OSError, TimeoutError) as trouble:
        error = str(trouble) or type(trouble).__name__
    return error, time.perf_counter() - began


async def _store(storage: Storage | None, opening_s: float, unopened: str) -> Store | None:
    """A small file was written, read and removed; how long that took, with opening the store."""
    if storage is None:
        return Store(opening_s, unopened) if unopened else None
    key, began = f"health/{os.getpid()}-{time.time_ns()}.bin", time.perf_counter()
    try:
        async with asyncio.timeout(STORE_WITHIN_S):
            await storage.put(key, b"well", "application/octet-stream")
            await storage.delete(key)
    except Exception as error:  # each store has errors of its own
        return Store(time.perf_counter() - began, str(error) or type(error).__name__)
    return Store(opening_s + time.perf_counter() - began)


async def _certificate(settings: Settings, now: datetime) -> tuple[float, float] | tuple[None, None]:
    """For how many seconds the certificate that people see is good still, and is in all; None where none is seen from here."""
    if not settings.secure:
        return None, None
    address = urlsplit(settings.public_origin)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is looked at, not trusted
    try:
        async with asyncio.timeout(4):
            _, writer = await asyncio.open_connection(address.hostname, address.port or 443, ssl=context)
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            writer.close()
    except (OSError, TimeoutError):
        return None, None
    if not shown:
        return None, None
    found = x509.load_der_x509_certificate(shown)
    ends = found.not_valid_after_utc
    return (ends - now).total_seconds(), (ends - found.not_valid_before_utc).total_seconds()
