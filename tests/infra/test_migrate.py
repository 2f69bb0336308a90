"""Migrations go forward, each once, each whole; what was applied may not change."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import asyncpg
import pytest

from parvis.infra import migrate, schema
from parvis.infra.migrate import Migration, MigrationError
from tests.rig.database import BUILT_IN, TestEngines, with_database


def migration(version: int, sql: str) -> Migration:
    return Migration(version, f"{version:04}_test.sql", sql, hashlib.sha256(sql.encode()).hexdigest())


FIRST = migration(9001, "CREATE TABLE first_thing (id int)")
SECOND = migration(9002, "CREATE TABLE second_thing (id int)")


async def applied(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [r["name"] for r in await connection.fetch("SELECT name FROM schema_migration ORDER BY version")]
    finally:
        await connection.close()


async def test_each_migration_is_applied_once(fresh_database_url: str) -> None:
    ours = migrate.known()
    assert await migrate.apply(fresh_database_url, [*ours, FIRST]) == ["9001_test.sql"]
    assert await migrate.apply(fresh_database_url, [*ours, FIRST, SECOND]) == ["9002_test.sql"]
    assert await migrate.apply(fresh_database_url, [*ours, FIRST, SECOND]) == []
    assert (await applied(fresh_database_url))[-2:] == ["9001_test.sql", "9002_test.sql"]


async def test_two_processes_at_once_apply_everything_once(fresh_database_url: str) -> None:
    wanted = [*migrate.known(), FIRST, SECOND]
    outcomes = await asyncio.gather(*(migrate.apply(fresh_database_url, wanted) for _ in range(4)))
    assert sorted(map(len, outcomes)) == [0, 0, 0, 2]


async def test_a_migration_that_changed_after_it_was_applied_is_refused(fresh_database_url: str) -> None:
    await migrate.apply(fresh_database_url, [*migrate.known(), FIRST])
    changed = migration(9001, "CREATE TABLE another_thing (id int)")
    with pytest.raises(MigrationError, match=r"9001_test\.sql was changed"):
        await migrate.apply(fresh_database_url, [*migrate.known(), changed])


async def test_data_of_a_later_release_are_refused(fresh_database_url: str) -> None:
    await migrate.apply(fresh_database_url, [*migrate.known(), FIRST])
    with pytest.raises(MigrationError, match="does not know"):
        await migrate.apply(fresh_database_url, migrate.known())


async def test_a_migration_that_fails_halfway_leaves_nothing(fresh_database_url: str) -> None:
    broken = migration(9002, "CREATE TABLE half (id int); SELECT nonsense")
    with pytest.raises(MigrationError, match=r"9002_test\.sql: column .nonsense. does not exist"):
        await migrate.apply(fresh_database_url, [*migrate.known(), FIRST, broken])
    assert (await applied(fresh_database_url))[-1] == "9001_test.sql"
    assert await migrate.apply(fresh_database_url, [*migrate.known(), FIRST, migration(9002, "CREATE TABLE half ()")])


async def test_a_busy_table_is_not_waited_for_longer_than_two_seconds(fresh_database_url: str) -> None:
    holder = await asyncpg.connect(fresh_database_url)
    try:
        await holder.execute("BEGIN; LOCK TABLE account")
        with pytest.raises(MigrationError, match="lock timeout"):
            await migrate.apply(
                fresh_database_url, [*migrate.known(), migration(9001, "ALTER TABLE account ADD x int")]
            )
    finally:
        await holder.close()


async def test_an_empty_database_waits_for_everything(engines: TestEngines) -> None:
    connection = await asyncpg.connect(engines.admin_url)
    try:
        assert await migrate.waiting(connection) == [m.name for m in migrate.known()]
    finally:
        await connection.close()


def test_misnamed_and_doubled_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("SELECT 1")
    (tmp_path / "schema.sql").write_text("-- the sum")
    assert [m.version for m in migrate.known(tmp_path)] == [1]
    (tmp_path / "0001_b.sql").write_text("SELECT 1")
    with pytest.raises(MigrationError, match="same number"):
        migrate.known(tmp_path)
    (tmp_path / "0001_b.sql").rename(tmp_path / "late.sql")
    with pytest.raises(MigrationError, match=r"late\.sql is not named"):
        migrate.known(tmp_path)


@BUILT_IN
async def test_schema_sql_is_the_sum_of_all_migrations(database_url: str) -> None:
    assert schema.FILE.read_text() == await schema.dumped(database_url), "`make schema` writes it anew"


def test_addresses_change_only_their_database() -> None:
    url = "postgresql://parvis:a_b-c@/parvis?host=%2Frun%2Fparvis-1"
    assert with_database(url, "other") == "postgresql://parvis:a_b-c@/other?host=%2Frun%2Fparvis-1"
