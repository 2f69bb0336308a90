"""What is wrong with a real database is found, and called by its name."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.domain.health import disks
from parvis.domain.health.disks import PASSING, Looker, Pace, foretold
from parvis.domain.health.gather import expected_indexes
from parvis.infra import engines
from parvis.infra.engines import backup, remote_kit
from parvis.infra.engines.places import Places
from parvis.worker import drill
from tests.infra.test_engines import THROWAWAY


async def names(home: Path, database: str, broker: str) -> list[str]:
    settings = Settings(home=home, database_url=database, nats_url=broker)
    seen = await health.gather(settings, now=utc_now())
    print(seen.database_error)
    judgement = health.judge(seen)
    named = [one.verdict.name for one in judgement.causes]
    print(named)
    return named


async def test_a_session_that_holds_a_lock_is_named_and_can_be_ended(
    fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    holder, victim, helper = [await asyncpg.connect(fresh_database_url) for _ in range(3)]
    await holder.execute("BEGIN; LOCK TABLE job")
    waiting = asyncio.create_task(victim.fetch("SELECT FROM job"))
    await asyncio.sleep(2.5)
    settings = Settings(home=tmp_path, database_url=fresh_database_url, nats_url=nats_url)
    seen = await health.gather(settings, now=utc_now())
    assert seen.database is not None
    assert seen.database.blocker is not None
    assert (seen.database.blocker.table, seen.database.blocker.victims) == ("job", 1)
    assert "lock_held" in [one.verdict.name for one in health.judge(seen).causes]
    assert await health.session_ended(helper, seen.database.blocker.pid)
    async with asyncio.timeout(20):
        await waiting
    assert not await health.session_ended(helper, 1)
    for connection in (holder, victim, helper):
        connection.terminate()


async def test_what_is_missing_and_what_was_given_up_is_named(
    fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    before = await names(tmp_path, fresh_database_url, nats_url)
    assert not {"index_lost", "jobs_given_up", "job_poison", "jobs_failing"} & set(before)
    db = await asyncpg.connect(fresh_database_url)
    await db.execute("DROP INDEX job_waiting")
    await db.execute(
        """
        INSERT INTO job (kind, payload, failures, times_lost, parked_at, last_error)
        VALUES ('lost', '{}', 0, 3, now(), 'its worker died'), ('failed', '{}', 9, 0, now(), 'KeyError'),
               ('failing', '{}', 3, 0, NULL, 'KeyError'), ('old', '{}', 9, 0, now() - interval '9 days', 'KeyError')
        """
    )
    await db.close()
    after = await names(tmp_path, fresh_database_url, nats_url)
    assert {"index_lost", "jobs_given_up", "job_poison", "jobs_failing"} <= set(after)
    settings = Settings(home=tmp_path, database_url=fresh_database_url, nats_url=nats_url)
    given_up = (await health.gather(settings, now=utc_now())).jobs.parked
    assert {one.kind for one in given_up} == {"lost", "failed", "old"}


async def test_an_index_that_was_left_half_made_is_named_until_it_was_dropped_and_made(
    fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, database_url=fresh_database_url, nats_url=nats_url)

    async def command() -> str:
        causes = health.judge(await health.gather(settings, now=utc_now())).causes
        return next((one.verdict.command for one in causes if one.verdict.name == "index_lost"), "")

    db = await asyncpg.connect(fresh_database_url)
    await db.execute("INSERT INTO job (kind, payload) VALUES ('same', '{}'), ('same', '{}')")
    await db.execute("DROP INDEX job_waiting")
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute("CREATE UNIQUE INDEX CONCURRENTLY job_waiting ON job (kind)")
    for begins in ("DROP INDEX CONCURRENTLY job_waiting", "CREATE INDEX CONCURRENTLY job_waiting ON"):
        statement = await command()
        assert statement.startswith(begins)
        await db.execute(statement)
    assert await command() == ""
    await db.close()


async def test_an_archive_fails_since_something_waits_for_it_and_not_since_it_took_the_last() -> None:
    options = THROWAWAY | {"archive_mode": "on", "wal_level": "replica"}
    with tempfile.TemporaryDirectory(prefix="parvis-archive-") as folder:  # a short path, as sockets need one
        home = Path(folder) / "home"
        async with engines.running(home, nats=False, postgres_options=options):
            facts = await _archiving(Places(home).database_url(user="postgres"))
            assert 0 < facts["archive_failing_s"] < 5
            assert facts["follower_away_s"] > 4, "nobody reads from the slot that was made before"
            less = await _as_one_who_sees_no_journal(Places(home))
            seen = (less["sees_journal"], less["wal_bytes"], less["archive_failing_s"] > 5)
            assert seen == (False, 0, True)


async def _archiving(url: str) -> dict[str, Any]:
    """What is known after the archive took something, was quiet for five seconds, and then refused."""
    admin = await asyncpg.connect(url)
    assert (await health.database_facts(admin))["follower_away_s"] is None
    await admin.execute(f"SELECT pg_create_physical_replication_slot('{backup.SLOT}')")
    try:
        for command, over in (("true", "last_archived_time IS NOT NULL"), ("false", "failed_count > 0")):
            await admin.execute(f"ALTER SYSTEM SET archive_command = '{command}'")
            await admin.execute("SELECT pg_reload_conf()")
            await _until(admin, over)
            await asyncio.sleep(5 if command == "true" else 0)
        return await health.database_facts(admin)
    finally:
        await admin.close()


async def _as_one_who_sees_no_journal(places: Places) -> dict[str, Any]:
    """An outside database may give its role no more than its tables."""
    admin = await asyncpg.connect(places.database_url(user="postgres"))
    await admin.execute("REVOKE pg_monitor FROM parvis")
    await admin.close()
    db = await asyncpg.connect(places.database_url())
    try:
        return await health.database_facts(db)
    finally:
        await db.close()


async def _until(db: asyncpg.Connection, over: str) -> None:
    """Segments of the journal are given to the archive until it is so."""
    async with asyncio.timeout(60):
        while not await db.fetchval(f"SELECT {over} FROM pg_stat_archiver"):
            await db.execute("SELECT pg_logical_emit_message(true, 'x', 'y'); SELECT pg_switch_wal()")
            await asyncio.sleep(0.5)


async def test_engines_that_are_away_are_verdicts_and_not_errors(tmp_path: Path) -> None:
    found = await names(tmp_path, "postgresql://x@/x?host=%2Fnowhere", "nats://127.0.0.1:1")
    assert found[0] == "database_gone"
    assert "broker_gone" in found


async def test_while_a_drill_is_under_way_nothing_is_foretold_from_the_pace(tmp_path: Path) -> None:
    seen, paces = await Looker().disks(Settings(home=tmp_path)), {str(tmp_path): Pace(1e9, 1e3)}
    before = foretold(seen, paces)[0]
    assert before.full_in_s is not None
    assert before.files_end_in_s is not None or not before.files
    (tmp_path / f"{drill.PREFIX}x").mkdir()
    assert foretold(seen, paces)[0] == seen[0]
    assert {drill.PREFIX, remote_kit.PREFIX} <= set(PASSING)


async def test_every_file_system_below_a_folder_of_ours_is_looked_at_once(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:

        async def seen(**known: str) -> list[tuple[str, str]]:
            return [(one.folder, one.holds) for one in await Looker().disks(Settings(home=tmp_path, **known))]

        ours = [(str(tmp_path), "place")]
        assert await seen() == await seen(media_url=str(tmp_path), backup=str(tmp_path)) == ours
        assert await seen(media_url="s3://bucket/x", backup="s3://bucket/y") == ours
        assert await seen(media_url=f"{folder}/not-there", backup=f"{folder}/nor-there") == ours
        assert await seen(media_url=f"file://{folder}", backup=folder) == [*ours, (folder, "media")]
        assert await seen(backup=folder) == [*ours, (folder, "copies")]


async def test_of_a_disk_that_does_not_say_how_large_it_is_nothing_is_known(tmp_path: Path) -> None:
    if not os.statvfs("/proc").f_blocks:  # such as this
        assert len(await Looker().disks(Settings(home=tmp_path, media_url="/proc"))) == 1


async def test_a_disk_on_the_network_that_hangs_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, look, asked = threading.Event(), disks._look, list[str]()

    def slow(folder: disks.Folder) -> disks.Look:
        asked.append(folder[1])
        if folder[1] == "copies":
            answers.wait(20)
        return look(folder)

    monkeypatch.setattr(disks, "_look", slow)
    monkeypatch.setattr(disks, "WITHIN_S", 0.05)
    looker, settings = Looker(), Settings(home=tmp_path, backup="/dev/shm")
    for _ in range(2):
        assert [one.holds for one in await looker.disks(settings)] == ["place"]
    assert asked.count("copies") == 1, "no second look begins beside one that hangs"
    answers.set()
    assert looker._thread is not None
    await asyncio.to_thread(looker._thread.join, 20)
    monkeypatch.setattr(disks, "WITHIN_S", 20.0)
    assert [one.holds for one in await looker.disks(settings)] == ["place", "copies"]


async def test_a_database_without_a_connection_left_is_not_gone(nats_url: str) -> None:
    options = THROWAWAY | {"max_connections": "8", "reserved_connections": "0", "superuser_reserved_connections": "1"}
    with tempfile.TemporaryDirectory(prefix="parvis-full-") as folder:  # a short path, as sockets need one
        home = Path(folder) / "home"
        async with engines.running(home, nats=False, postgres_options=options):
            url, taken = Places(home).database_url(), []
            with contextlib.suppress(asyncpg.TooManyConnectionsError):
                while True:
                    taken.append(await asyncpg.connect(url))
            found = await names(home, url, nats_url)
            for connection in taken:
                connection.terminate()
    assert found[0] == "connections_short"
    assert "database_gone" not in found


async def test_a_schema_that_is_older_than_the_program_is_named(
    fresh_database_url: str, nats_url: str, tmp_path: Path
) -> None:
    db = await asyncpg.connect(fresh_database_url)
    await db.execute("ALTER TABLE job DROP COLUMN times_lost")
    await db.execute("DELETE FROM schema_migration WHERE name = (SELECT max(name) FROM schema_migration)")
    await db.close()
    assert (await names(tmp_path, fresh_database_url, nats_url))[0] == "schema_behind"


def test_the_schema_says_which_indexes_there_should_be() -> None:
    assert expected_indexes()["job_waiting"].startswith("CREATE INDEX job_waiting ON public.job ")
