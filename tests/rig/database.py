"""One PostgreSQL and one NATS for a whole test run, one database for each test process.

The process that starts the run keeps the engines and tells the test processes where they are. With
PARVIS_TEST_DATABASE_URL, a superuser's address, an outside PostgreSQL is used instead, such as Debian's version 15.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
import pytest

from parvis.base.settings import Settings
from parvis.infra import engines, migrate, postgres
from parvis.infra.engines.places import Places

OUTSIDE = "PARVIS_TEST_DATABASE_URL"
BUILT_IN = pytest.mark.skipif(OUTSIDE in os.environ, reason="an outside database has its own roles and its own form")
TEMPLATE = "parvis_template"

MEMORY = Path("/dev/shm")  # where files are in memory, on Linux
ROOM_BYTES = 1 << 30

# Nothing of a test run outlives it, so nothing has to reach the disk.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


class TestEngines(msgspec.Struct, frozen=True):
    """Where the engines of this run are."""

    __test__ = False

    home: str
    admin_url: str  # a superuser, in the database `postgres`
    user_url: str  # the role that Parvis runs as; databases are its own
    nats_url: str


class EngineRun:
    """The engines, from the start of the run to its end."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        # A clone is a thousand files: on a disk that makes them slowly, each test would wait a second for its own.
        self._home = Path(tempfile.mkdtemp(prefix="parvis-test-", dir=MEMORY if _has_room(MEMORY) else None))

    def start(self) -> TestEngines:
        """The engines answer and the template has the schema."""
        try:
            return self._runner.run(self._start())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """The engines are gone, with everything they stored."""
        self._runner.run(self._stack.aclose())
        self._runner.close()
        shutil.rmtree(self._home, ignore_errors=True)

    async def _start(self) -> TestEngines:
        outside = os.environ.get(OUTSIDE, "")
        settings = Settings(home=self._home, database_url=outside)
        await self._stack.enter_async_context(engines.supervised(settings, postgres_options=THROWAWAY))
        places = Places(self._home)
        found = TestEngines(
            home=str(self._home),
            admin_url=outside or places.database_url(user="postgres", database="postgres"),
            user_url=outside or places.database_url(),
            nats_url=places.nats_url(),
        )
        await _create_template(found)
        if outside:
            self._stack.push_async_callback(_drop, found, TEMPLATE)
        return found


@asynccontextmanager
async def clone(run: TestEngines, name: str) -> AsyncIterator[str]:
    """The address of a database of its own, with the schema and no rows; gone afterwards."""
    await _create(run, name, template=TEMPLATE)
    try:
        yield with_database(run.user_url, name)
    finally:
        await _drop(run, name)


@asynccontextmanager
async def opened(url: str, *, size: int = 8) -> AsyncIterator[postgres.Database]:
    """A pool on that database."""
    database = await postgres.connect(url, size=size, application="test")
    try:
        yield database
    finally:
        await database.close()


def with_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _has_room(folder: Path) -> bool:
    """Whether the folder can be written to and takes what a run needs."""
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ROOM_BYTES


async def _create_template(run: TestEngines) -> None:
    await _drop(run, TEMPLATE)
    await _create(run, TEMPLATE, template="template0")
    await migrate.apply(with_database(run.user_url, TEMPLATE))


async def _create(run: TestEngines, name: str, *, template: str) -> None:
    owner = urlsplit(run.user_url).username or "parvis"
    async with _admin(run) as admin:
        for _ in range(50):
            try:
                # Copying files is quicker than writing down in the log what would be in them.
                await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {template} OWNER "{owner}" STRATEGY file_copy')
                return
            except asyncpg.ObjectInUseError:  # somebody's last connection to the template is still closing
                await asyncio.sleep(0.1)
        raise RuntimeError(f"{template} stays in use.")


async def _drop(run: TestEngines, name: str) -> None:
    async with _admin(run) as admin:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def _admin(run: TestEngines) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(run.admin_url)
    try:
        yield connection
    finally:
        await connection.close()
