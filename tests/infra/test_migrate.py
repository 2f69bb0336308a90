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


async def test_what_is_set_aside_lets_the_release_before_run_and_counts_again_afterwards(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = migrate.known(), [*migrate.known(), FIRST]
    await migrate.apply(fresh_database_url, after)
    monkeypatch.setattr(migrate, "known", lambda: after)
    assert await migrate.set_aside(fresh_database_url, ["9001_test.sql"]) == ["9001_test.sql"]
    assert await migrate.set_aside(fresh_database_url, ["9001_test.sql"]) == []
    assert await migrate.apply(fresh_database_url, before) == []
    changed = migration(9001, "CREATE TABLE another_thing (id int)")
    with pytest.raises(MigrationError, match=r"9001_test\.sql was changed"):
        await migrate.apply(fresh_database_url, [*before, changed])
    assert await migrate.apply(fresh_database_url, after) == ["9001_test.sql"]  # though first_thing is there already
    assert (await applied(fresh_database_url))[-1] == "9001_test.sql"
    assert await migrate.apply(fresh_database_url, after) == []


async def test_what_the_release_before_cannot_live_with_is_not_set_aside(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking, later = (migration(n, "ALTER TABLE first_thing DROP COLUMN id") for n in (9002, 9003))
    known = [*migrate.known(), FIRST, breaking, later]
    monkeypatch.setattr(migrate, "known", lambda: known)
    await migrate.apply(fresh_database_url, known[:-2])
    names = [one.name for one in known[-3:]]
    assert await migrate.set_aside(fresh_database_url, names) == [FIRST.name]  # the others were never applied
    await migrate.apply(fresh_database_url, known[:-1])
    with pytest.raises(MigrationError, match=r"live with 9002_test\.sql\."):
        await migrate.set_aside(fresh_database_url, names)


@pytest.mark.parametrize(
    ("sql", "additive"),
    [
        ("CREATE TABLE a (id int NOT NULL, type text NOT NULL)", True),
        ("ALTER TABLE a ADD COLUMN b int", True),
        ("ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0, ADD CONSTRAINT c CHECK (b >= 0)", True),
        ("CREATE INDEX a_b ON a (b); -- not: DROP TABLE a", True),
        ("ALTER TABLE a ADD COLUMN b int NOT NULL", False),
        ("ALTER TABLE a ADD COLUMN b int NOT NULL, ADD COLUMN c int NOT NULL DEFAULT 0", False),
        ("ALTER TABLE a DROP COLUMN b", False),
        ("ALTER TABLE a RENAME COLUMN b TO c", False),
        ("ALTER TABLE a ALTER COLUMN b TYPE bigint", False),
        ("ALTER TABLE a ALTER COLUMN b SET NOT NULL", False),
        ("DROP TABLE a", False),
    ],
)
def test_what_a_release_that_does_not_know_it_can_live_with(sql: str, additive: bool) -> None:
    assert migrate.is_additive(migration(1, sql)) == additive


def test_all_migrations_let_the_release_before_go_on() -> None:
    """While an upgrade replaces processes both releases run on the new schema, and one can go back without a loss."""
    assert [one.name for one in migrate.known() if not migrate.is_additive(one)] == []


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
