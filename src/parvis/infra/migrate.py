"""The database's schema: plain SQL files, applied forward only, each once, each whole or not at all."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import msgspec

FOLDER = Path(__file__).parent.parent / "migrations"
ADVISORY_LOCK = 0x7061_7276_6973  # "parvis"
LOCK_TIMEOUT = "2s"  # a migration that waits for a busy table makes everybody behind it wait too: give up and retry

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class MigrationError(RuntimeError):
    """The schema cannot be brought up to date; the message names the file"""


class Migration(msgspec.Struct, frozen=True):
    """One file: `0042_post__add_language.sql` is version 42."""

    version: int
    name: str
    sql: str
    checksum: str


class Applied(msgspec.Struct, frozen=True):
    """What the database says it has."""

    version: int
    name: str
    checksum: str


def known(folder: Path = FOLDER) -> list[Migration]:
    """Every migration of this release, oldest first. Raises: MigrationError for a file that is misnamed or doubled."""
    found = [_read(path) for path in sorted(folder.glob("*.sql")) if path.name != "schema.sql"]
    for earlier, later in itertools.pairwise(found):
        if earlier.version == later.version:
            raise MigrationError(f"{earlier.name} and {later.name} have the same number.")
    return found


async def apply(url: str, migrations: Sequence[Migration] | None = None) -> list[str]:
    """The schema is up to date; returns the names applied now. Several processes may ask at once: one does the work.

    Raises: MigrationError when a file that was applied has changed, when the database knows a later version than we do,
    or when a statement fails.
    """
    wanted = known() if migrations is None else migrations
    connection = await asyncpg.connect(url, server_settings={"application_name": "parvis migrate", "timezone": "UTC"})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        await connection.execute(_TABLE)
        waiting = pending(wanted, await _applied(connection))
        aside = await _aside(connection)
        for migration in waiting:
            if migration.version in aside:
                await _take_back(connection, migration, aside[migration.version])
            else:
                await _apply_one(connection, migration)
        return [migration.name for migration in waiting]
    finally:
        await connection.close()  # lets go of the advisory lock


async def set_aside(url: str, names: Sequence[str]) -> list[str]:
    """The database no longer says that it has these migrations, so that the release before them runs on it; what they made
    stays, and counts again when they are applied again. Returns those that were set aside now.

    Raises: MigrationError when the release before could not live with one of them.
    """
    by_name = {migration.name: migration for migration in known()}
    connection = await asyncpg.connect(url, server_settings={"application_name": "parvis migrate", "timezone": "UTC"})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        there = {row.name for row in await _applied(connection)}
        breaking = [name for name in names if name in there and name in by_name and not is_additive(by_name[name])]
        if breaking:
            raise MigrationError(f"The release before does not know how to live with {', '.join(breaking)}.")
        async with connection.transaction():
            await connection.execute(_ASIDE)
            rows = await connection.fetch(
                """
                WITH gone AS (
                    DELETE FROM schema_migration WHERE name = ANY($1) RETURNING version, name, applied_at, checksum
                )
                INSERT INTO schema_migration_aside (version, name, applied_at, checksum)
                SELECT version, name, applied_at, checksum FROM gone
                RETURNING version, name
                """,
                list(names),
            )
        return sorted(row["name"] for row in rows)
    finally:
        await connection.close()


def is_additive(migration: Migration) -> bool:
    """Whether a release that does not know the migration can work with what it makes: nothing that was there is taken
    away, renamed, or becomes something that must be given."""
    words = re.sub(r"--[^\n]*", "", migration.sql)
    return not any(
        _BREAKING.search(part) or (_GIVEN.search(part) and "DEFAULT" not in part.upper())
        for statement in words.split(";")
        if "CREATE TABLE" not in statement.upper()
        for part in re.split(r",\s*(?=ADD|ALTER|DROP|RENAME)", statement, flags=re.IGNORECASE)
    )


async def waiting(connection: asyncpg.Connection) -> list[str]:
    """Names of migrations that the database does not have yet. Raises: MigrationError as `apply` does."""
    if await connection.fetchval("SELECT to_regclass('schema_migration')") is None:
        return [migration.name for migration in known()]
    return [migration.name for migration in pending(known(), await _applied(connection))]


def pending(wanted: Sequence[Migration], applied: Sequence[Applied]) -> list[Migration]:
    """What is still to be applied. Raises: MigrationError when the past is not what it was."""
    by_version = {migration.version: migration for migration in wanted}
    for row in applied:
        migration = by_version.get(row.version)
        if migration is None:
            raise MigrationError(
                f"The database has {row.name}, which this release does not know: it is older than the data."
            )
        if migration.checksum != row.checksum:
            raise MigrationError(f"{row.name} was changed after it was applied; add a new migration instead.")
    done = {row.version for row in applied}
    return [migration for migration in wanted if migration.version not in done]


_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    version     integer PRIMARY KEY,
    name        text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now(),
    checksum    text NOT NULL
)
"""


_ASIDE = """
CREATE TABLE IF NOT EXISTS schema_migration_aside (
    version     integer PRIMARY KEY,
    name        text NOT NULL,
    applied_at  timestamptz NOT NULL,
    checksum    text NOT NULL
)
"""

_BREAKING = re.compile(
    r"\bDROP\s+(TABLE|COLUMN|VIEW|FUNCTION)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b|\bTYPE\s+\w+", re.IGNORECASE
)
_GIVEN = re.compile(r"\bADD\s+COLUMN\b.*\bNOT\s+NULL\b", re.IGNORECASE | re.DOTALL)


async def _aside(connection: asyncpg.Connection) -> dict[int, str]:
    """Checksums of what was set aside, by version."""
    if await connection.fetchval("SELECT to_regclass('schema_migration_aside')") is None:
        return {}
    rows = await connection.fetch("SELECT version, checksum FROM schema_migration_aside")
    return {row["version"]: row["checksum"] for row in rows}


async def _take_back(connection: asyncpg.Connection, migration: Migration, checksum: str) -> None:
    """What was set aside counts again; it is all there."""
    if migration.checksum != checksum:
        raise MigrationError(f"{migration.name} was changed after it was applied and set aside.")
    await connection.execute(
        """
        WITH back AS (
            DELETE FROM schema_migration_aside WHERE version = $1 RETURNING version, name, applied_at, checksum
        )
        INSERT INTO schema_migration (version, name, applied_at, checksum)
        SELECT version, name, applied_at, checksum FROM back
        """,
        migration.version,
    )


async def _applied(connection: asyncpg.Connection) -> list[Applied]:
    rows = await connection.fetch(
        """
        SELECT version, name, checksum
          FROM schema_migration
         ORDER BY version
        """
    )
    return [Applied(**row) for row in rows]


async def _apply_one(connection: asyncpg.Connection, migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.checksum,
            )
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{migration.name}: {error}") from error


def _read(path: Path) -> Migration:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise MigrationError(f"{path.name} is not named like 0042_post__add_language.sql.")
    sql = path.read_text()
    return Migration(version=int(match[1]), name=path.name, sql=sql, checksum=hashlib.sha256(sql.encode()).hexdigest())
