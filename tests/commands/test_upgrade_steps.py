"""What `parvis upgrade` does when something is in its way."""

from __future__ import annotations

import argparse
import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import upgrade
from parvis.commands.upgrade import NotNow, Upgrade
from parvis.infra import migrate
from parvis.infra.migrate import MigrationError
from tests.infra.test_migrate import migration


async def test_a_table_that_somebody_holds_is_tried_again_and_nobody_waits_behind(
    fresh_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = migrate.known()
    await migrate.apply(fresh_database_url, ours)
    fresh = migration(9001, "ALTER TABLE house_rule ADD COLUMN fresh int")
    monkeypatch.setattr(migrate, "known", lambda: [*ours, fresh])
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(upgrade, "AGAIN_AFTER_S", 0.3)
    holder, other = await asyncpg.connect(fresh_database_url), await asyncpg.connect(fresh_database_url)
    try:
        await holder.execute("BEGIN; LOCK TABLE house_rule IN ROW EXCLUSIVE MODE")
        migrating = asyncio.create_task(upgrade._migrate(fresh_database_url))
        said = ""
        while said.count("somebody holds the table") < 2:
            said += capsys.readouterr().out
            await other.fetchval("SELECT count(*) FROM house_rule", timeout=5)
            assert not migrating.done()
            await asyncio.sleep(0.02)
        await holder.execute("ROLLBACK")
        assert await migrating == ["9001_test.sql"]
        assert await upgrade._migrate(fresh_database_url) == []
        monkeypatch.setattr(migrate, "known", lambda: [*ours, fresh, migration(9002, "SELECT 1 / 0")])
        with pytest.raises(MigrationError, match="division by zero"):  # and what will never work is not
            await upgrade._migrate(fresh_database_url)
    finally:
        await holder.close()
        await other.close()


def test_without_room_for_a_copy_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, kit = Settings(home=tmp_path / "home"), tmp_path / "kit"
    usage = shutil.disk_usage(tmp_path)
    upgrade._check_room(settings, str(kit), 1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 30))
    upgrade._check_room(settings, str(kit), 300 << 20)
    with pytest.raises(NotNow, match=r"has 1\.0 GiB free; 1\.1 GiB are wanted"):  # the copy and the rest on one disk
        upgrade._check_room(settings, str(kit), 400 << 20)
    upgrade._check_room(settings, "s3://bucket/kit", 300 << 20)


def test_one_release_is_one_upgrade_however_often_it_was_begun(tmp_path: Path) -> None:
    """So that going back from it takes back all that it applied, and nothing that the release before it did."""
    settings = Settings(home=tmp_path)

    def made(program: str, *applied: str) -> None:
        upgrade._record(settings, Upgrade(utc_now(), program, "0001", list(applied), "/kit"))

    made("/srv/one", "0002")
    made("/srv/two", "0003")  # and the processes could not be replaced
    made("/srv/two")
    made("/srv/three")
    assert [(one.program, one.applied) for one in upgrade._records(settings)] == [
        ("/srv/one", ["0002"]),
        ("/srv/two", ["0003"]),
        ("/srv/three", []),
    ]


async def test_only_the_release_that_made_the_last_upgrade_takes_it_back(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql:///nowhere")
    words = argparse.Namespace(check=False, back=True)
    with pytest.raises(NotNow, match="No upgrade"):
        await upgrade._back(words, settings, {})
    upgrade._record(settings, Upgrade(utc_now(), "/srv/another", "0001", ["0002"], "/kit"))
    with pytest.raises(NotNow, match="made by /srv/another"):
        await upgrade._back(words, settings, {})
