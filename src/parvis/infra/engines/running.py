"""The engines of one PARVIS_HOME for as long as a block of code runs; one supervisor a home at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec

from parvis.base.settings import Settings, variable_of
from parvis.infra.engines import processes
from parvis.infra.engines.nats_server import NatsServer
from parvis.infra.engines.places import Addresses, Places, addresses
from parvis.infra.engines.postgresql import PostgreSQL
from parvis.infra.engines.supervisor import EngineFailed, Program, Supervisor

__all__ = [
    "AlreadyRunning",
    "EngineFailed",
    "held",
    "holder",
    "join",
    "reachable",
    "running",
    "supervised",
    "with_addresses",
]


class AlreadyRunning(RuntimeError):
    """Another supervisor has this PARVIS_HOME"""


@contextmanager
def held(places: Places, *, patience_s: float = 0) -> Iterator[None]:
    """Nobody else supervises this PARVIS_HOME meanwhile. The kernel lets go of the lock however we end.

    `patience_s` is for one who was killed a moment ago and is not quite gone. Raises: AlreadyRunning.
    """
    places.create()
    descriptor = os.open(places.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(descriptor, patience_s):
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
            raise AlreadyRunning(f"Parvis already runs in {places.home} (process {holder}).")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(home: Path) -> int | None:
    """The process that supervises this PARVIS_HOME, such as `parvis serve`; None when none does."""
    try:
        descriptor = os.open(Places(home).lock_file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(descriptor, 20, 0) or 0) or None
    finally:
        os.close(descriptor)
    return None


def _locked(descriptor: int, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)


@asynccontextmanager
async def supervised(
    settings: Settings,
    *,
    nats: bool = True,
    postgres_options: Mapping[str, str] | None = None,
    patience_s: float = 1.0,
) -> AsyncIterator[Supervisor]:
    """The engines that no setting replaces answer; more programs may be started, and all stop at the end.

    Raises: AlreadyRunning, EngineFailed.
    """
    places = Places(settings.home)
    with held(places, patience_s=patience_s):
        await processes.end_orphans(places)
        supervisor = Supervisor(places)
        engines: list[Program] = [] if settings.database_url else [PostgreSQL(places, postgres_options)]
        try:
            # Two groups, so that the database is the last to stop.
            if nats and not settings.nats_url:
                broker: list[Program] = [NatsServer(places)]
            else:
                broker = []
            await supervisor.start(engines)
            await supervisor.start(broker)
            yield supervisor
        finally:
            await supervisor.stop()


@asynccontextmanager
async def running(
    home: Path, *, nats: bool = True, postgres_options: Mapping[str, str] | None = None
) -> AsyncIterator[Addresses]:
    """The built-in engines of `home` answer at these addresses. For tests, measurements and short commands."""
    settings = Settings(home=home.absolute())
    async with supervised(settings, nats=nats, postgres_options=postgres_options):
        yield addresses(settings)


@asynccontextmanager
async def reachable(settings: Settings, *, nats: bool = True) -> AsyncIterator[Settings]:
    """The settings with the addresses of engines that answer: outside ones, a running server's, or started for this.

    So a command works whether `parvis serve` runs or not.
    """
    if settings.database_url and (settings.nats_url or not nats):
        yield settings
        return
    try:
        async with supervised(settings, nats=nats, patience_s=0):
            yield with_addresses(settings)
    except AlreadyRunning:
        yield with_addresses(settings)


def join(settings: Settings) -> None:
    """The environment of this process says where the engines are, so that whatever reads the settings finds them.

    Raises: EngineFailed when no setting names them and no server runs in this PARVIS_HOME.
    """
    if not settings.database_url or not settings.nats_url:
        try:
            with held(Places(settings.home)):
                raise EngineFailed(
                    f"No server runs in {settings.home}: start `parvis serve`, "
                    "or set PARVIS_DATABASE_URL and PARVIS_NATS_URL."
                )
        except AlreadyRunning:
            settings = with_addresses(settings)
    os.environ[variable_of("database_url")] = settings.database_url
    os.environ[variable_of("nats_url")] = settings.nats_url


def with_addresses(settings: Settings) -> Settings:
    """The settings with every engine's address filled in."""
    found = addresses(settings)
    return msgspec.structs.replace(settings, database_url=found.database_url, nats_url=found.nats_url)
