"""Everything that a kit says, gathered. Nothing is changed, and nothing that opens something is among it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from parvis.base.settings import Settings
from parvis.domain import accounts, health, media, moderation
from parvis.handover import machine
from parvis.handover.machine import Machine
from parvis.handover.masking import Secret, Setting, masked, scrubbed, secrets_of, settings_made
from parvis.infra import engines, postgres
from parvis.infra.engines import nats_server
from parvis.infra.storage import media_folder
from parvis.worker.schedules import SCHEDULES

TABLES = 25
RECORDS = 200
TROUBLE = (*postgres.OUTAGES, postgres.asyncpg.PostgresError, engines.EngineFailed)


class Engine(msgspec.Struct, frozen=True):
    """`where`: its data folder, or the address of one that is run elsewhere."""

    name: str
    version: str
    where: str


class Table(msgspec.Struct, frozen=True):
    name: str
    bytes: int
    rows: int


class Files(msgspec.Struct, frozen=True):
    """Media of one kind in one state. `bytes`: as they were sent."""

    kind: str
    state: str
    files: int
    bytes: int


class Record(msgspec.Struct, frozen=True):
    """A backup or a drill. `problem`: empty when it went well."""

    what: str
    began_at: datetime
    ended_at: datetime
    problem: str
    facts: dict[str, float]


class Cause(msgspec.Struct, frozen=True):
    """Something that is wrong."""

    name: str
    urgency: str
    title: str
    hurt: str
    evidence: dict[str, float]
    action: str
    command: str
    runbook: str


class Turn(msgspec.Struct, frozen=True):
    """What a worker does by the clock."""

    name: str
    every_s: float
    due_at: datetime | None


class Waiting(msgspec.Struct, frozen=True):
    """A kind of work that is late, fails or was given up."""

    kind: str
    how: str
    jobs: int


class Person(msgspec.Struct, frozen=True):
    handle: str
    role: str
    state: str


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What the database knows. `size_bytes`: all of it."""

    version: str
    size_bytes: int
    migration: str
    tables: list[Table]
    media: list[Files]
    records: list[Record]
    schedules: list[Turn]
    waiting: list[Waiting]
    staff: list[Person]
    changed: dict[str, str]  # settings that the owner changed while it ran


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """`held` is None while the database does not answer; `without`: why. `backup`: where copies are kept, empty: nowhere.
    `media_elsewhere`: they lie in a bucket, and no backup has them."""

    made_at: datetime
    name: str
    origin: str
    home: str
    running: bool
    outcome: str
    causes: list[Cause]
    checks: list[health.Check]
    machine: Machine
    engines: list[Engine]
    settings: list[Setting]
    secrets: list[Secret]
    unknown: list[str]
    backup: str
    media: str
    media_elsewhere: bool
    certificate_ends_at: datetime | None
    database_settings: list[str]
    held: Held | None
    without: str = ""

    def last(self, what: str, *, well: bool = False) -> Record | None:
        """The newest backup or drill; with `well` the newest that went well."""
        some = self.held.records if self.held else []
        return next((one for one in some if one.what == what and not (well and one.problem)), None)


async def gather(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    checks: list[health.Check],
    seen: health.Findings,
    unknown: list[str],
    supervisor: int | None,
    now: datetime,
) -> Kit:
    """The kit of this moment. `settings` name the engines; `environment` makes them."""
    held, without = await _held(settings, now)
    judgement = health.judge(seen)
    made = settings_made(environment)
    media_at = media_folder(settings)
    folders = {"media": str(media_at or ""), "backup": settings.backup}
    found = machine.look(settings.home, folders, supervisor)
    ends_in_s = seen.certificate_ends_in_s
    return Kit(
        made_at=now,
        name=environment.get("PARVIS_NAME") or (held.changed.get("name") if held else None) or settings.name,
        origin=settings.public_origin,
        home=str(settings.home),
        running=supervisor is not None,
        outcome=judgement.outcome,
        causes=[_cause(one.verdict) for one in judgement.causes],
        checks=[msgspec.structs.replace(one, message=scrubbed(one.message)) for one in checks],
        machine=found,
        engines=await _engines(settings, environment, held),
        settings=made,
        secrets=secrets_of(made, str(settings.home), found.service),
        unknown=unknown,
        backup=masked("backup", settings.backup),
        media=str(media_at) if media_at else masked("media_url", settings.media_url),
        media_elsewhere=media_at is None,
        certificate_ends_at=None if ends_in_s is None else now + timedelta(seconds=ends_in_s),
        database_settings=_lines(settings.home / "postgresql.conf"),
        held=held,
        without=without,
    )


def _lines(file: Path) -> list[str]:
    """What somebody wrote there for the database; nothing where nobody did."""
    try:
        return [scrubbed(line) for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
    except OSError:
        return []


def _cause(verdict: health.Verdict) -> Cause:
    return Cause(
        name=verdict.name,
        urgency=verdict.urgency,
        title=scrubbed(str(verdict.title)),
        hurt=str(verdict.hurt),
        evidence={figure.label: figure.value for figure in verdict.evidence},
        action=str(verdict.action),
        command=scrubbed(verdict.command),
        runbook=verdict.runbook,
    )


async def _engines(settings: Settings, environment: Mapping[str, str], held: Held | None) -> list[Engine]:
    """PostgreSQL and NATS: built in, or run elsewhere."""
    try:
        broker = await nats_server.version_at(settings.nats_url) if settings.nats_url else ""
    except (ConnectionError, OSError, TimeoutError):
        broker = ""
    data = next(iter(sorted((settings.home / "postgres").glob("*[0-9]"), reverse=True)), settings.home / "postgres")
    outside = {name: environment.get(f"PARVIS_{name.upper()}", "") for name in ("database_url", "nats_url")}
    return [
        Engine(
            "PostgreSQL", held.version if held else "", masked("database_url", outside["database_url"]) or str(data)
        ),
        Engine("NATS", broker, masked("nats_url", outside["nats_url"]) or "built in; it keeps nothing"),
    ]


async def _held(settings: Settings, now: datetime) -> tuple[Held | None, str]:
    try:
        db = await postgres.connect(settings.database_url, size=1, application="parvis handover")
        try:
            async with db.connection() as connection:
                return await _asked(connection, now), ""
        finally:
            await db.close()
    except (*TROUBLE, ValueError) as error:
        return None, scrubbed(str(error) or type(error).__name__)


async def _asked(db: postgres.Connection, now: datetime) -> Held:
    seen = await health.overview(db, now=now)
    due = {row["name"]: row["due_at"] for row in await health.due(db)}
    jobs = {"late": seen.jobs.late, "failing": seen.jobs.failing, "given up": seen.jobs.parked}
    return Held(
        version=seen.version,
        size_bytes=seen.database["size_bytes"],
        migration=await health.applied(db),
        tables=[Table(**row) for row in await health.tables(db, TABLES)],
        media=[Files(**row) for row in await media.totals(db)],
        records=[_record(row) for row in await health.safekeeping(db, RECORDS)],
        schedules=[Turn(one.kind, one.every.total_seconds(), due.get(one.kind)) for one in SCHEDULES],
        waiting=[Waiting(one.kind, how, one.jobs) for how, some in jobs.items() for one in some],
        staff=await _staff(db),
        changed=await moderation.house_settings.stored(db),
    )


async def _staff(db: postgres.Connection) -> list[Person]:
    ids = await accounts.staff_ids(db)
    known = await accounts.by_ids(db, ids)
    found = [known[one] for one in ids if one in known]
    return [
        Person(one.handle, (one.role or accounts.Role.MEMBER).name.lower(), one.state.name.lower()) for one in found
    ]


def _record(row: dict[str, Any]) -> Record:
    return Record(row["what"], row["began_at"], row["ended_at"], scrubbed(row["problem"]), row["facts"])
