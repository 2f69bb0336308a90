"""What `parvis upgrade` does when something is in its way."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import upgrade
from parvis.commands.upgrade import NotNow
from parvis.infra import engines, migrate, upgrades
from parvis.infra.engines.places import Places
from parvis.infra.migrate import MigrationError
from parvis.infra.upgrades import Upgrade
from tests.infra.test_engines import THROWAWAY
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


def made(
    home: Path, program: str, *applied: str, done: bool = True, kept: str = "/kit", hours_ago: float = 0
) -> Upgrade:
    at = utc_now() - timedelta(hours=hours_ago)
    one = upgrades.begun(home, Upgrade(at, program, "0001", list(applied), kept, at if kept else None, done=False))
    if done:
        upgrades.ended(home)
    return one


def test_one_release_is_one_upgrade_however_often_it_was_begun(tmp_path: Path) -> None:
    """So that going back from it takes back all that it applied, and nothing that the release before it did."""
    made(tmp_path, "/srv/one", "0002")
    made(tmp_path, "/srv/two", "0003", "0004", done=False)  # and the second table was busy
    made(tmp_path, "/srv/two", "0004", done=False)  # and the processes could not be replaced
    made(tmp_path, "/srv/two")
    made(tmp_path, "/srv/three")
    assert [(one.program, one.applied, one.done) for one in upgrades.known(tmp_path)] == [
        ("/srv/one", ["0002"], True),
        ("/srv/two", ["0003", "0004"], True),
        ("/srv/three", [], True),
    ]


def test_whoever_goes_on_with_an_upgrade_has_the_copy_that_was_made_before_it(tmp_path: Path) -> None:
    now = utc_now()
    assert upgrades.cut_short(tmp_path, "/srv/one", now) is None
    made(tmp_path, "/srv/one", "0002", hours_ago=1)
    assert upgrades.cut_short(tmp_path, "/srv/one", now) is None  # it was not cut short
    first = made(tmp_path, "/srv/two", "0003", done=False, hours_ago=1)
    assert upgrades.cut_short(tmp_path, "/srv/one", now) is None
    assert upgrades.cut_short(tmp_path, "/srv/two", now) == first
    assert upgrades.cut_short(tmp_path, "/srv/two", now + timedelta(days=1)) is None
    again = made(tmp_path, "/srv/two", "0003", kept="", done=False)
    assert (again.kept, again.copied_at) == (first.kept, first.copied_at)
    assert made(tmp_path, "/srv/two", "0003").copied_at == first.copied_at  # a later copy has what was applied by then


def test_a_copy_with_the_migrations_does_not_stand_in_for_the_one_before_them(tmp_path: Path) -> None:
    """Where the same release is told again to upgrade, and there is nothing left to apply."""
    first = made(tmp_path, "/srv/two", "0003", kept="/kit", hours_ago=2)
    again = made(tmp_path, "/srv/two", kept="/other")
    assert (again.kept, again.copied_at, again.applied) == ("/kit", first.copied_at, ["0003"])
    assert made(tmp_path, "/srv/two", "0004", kept="/other").kept == "/other"


def test_what_an_older_release_wrote_down_is_understood(tmp_path: Path) -> None:
    (tmp_path / upgrades.FILE).write_text(
        '[{"at":"2026-05-01T12:00:00Z","program":"/srv/one","came_from":"0001","applied":["0002"],"kept":"/kit"}]'
    )
    [one] = upgrades.known(tmp_path)
    assert (one.applied, one.done) == (["0002"], True)
    assert upgrades.cut_short(tmp_path, "/srv/one", one.at) is None


async def test_an_upgrade_that_fails_halfway_makes_one_copy_and_can_be_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = migrate.known()
    fresh = migration(9001, "CREATE TABLE fresh (id int)")
    broken = migration(9002, "ALTER TABLE fresh DROP COLUMN gone")
    words = argparse.Namespace(check=False, back=False, without_backup=False)
    with tempfile.TemporaryDirectory(prefix="parvis-upgrade-") as folder:  # a short path, as sockets need one
        home = Path(folder) / "home"
        async with engines.running(home, nats=False, postgres_options=THROWAWAY):
            url = Places(home).database_url(user="postgres")
            await migrate.apply(url, ours)
            settings = Settings(home=tmp_path, database_url=url)
            monkeypatch.setattr(migrate, "known", lambda: [*ours, fresh, broken])
            for _ in range(2):
                with pytest.raises(MigrationError, match="9002_test"):
                    await upgrade._upgrade(words, settings, {})
                assert "with --back" in capsys.readouterr().err
            assert len(list((tmp_path / "upgrade").glob("base-*"))) == 1
            with pytest.raises(MigrationError, match="which this release does not know"):
                await migrate.apply(url, ours)
            await upgrade._back(words, settings, {})
            assert "Set aside: 9001_test.sql." in capsys.readouterr().out
            assert await migrate.apply(url, ours) == []
            monkeypatch.setattr(migrate, "known", lambda: [*ours, fresh])
            assert await upgrade._upgrade(words, settings, {}) == 0
            said = capsys.readouterr().out
    assert "Applied 9001_test.sql." in said
    [one] = upgrades.known(tmp_path)
    assert one.copied_at is not None
    assert f"parvis restore {tmp_path}.after/upgrade --to {one.copied_at:%Y-%m-%dT%H:%M:%SZ}\n" in said
    assert [one.done for one in upgrades.known(tmp_path)] == [True]


def test_a_kit_that_has_later_copies_or_a_journal_is_brought_back_to_the_moment_before_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime(2026, 5, 1, 12, 0, 7, 900_000, tzinfo=UTC)
    for came_from, followed, to in (
        ("0031_before.sql", True, True),
        ("0031_before.sql", False, False),  # that release goes to no moment that the journal does not reach
        ("0032_chosen.sql", False, True),
    ):
        one = Upgrade(at, "/srv/new", came_from, ["0040"], "/backup/kit", at)
        upgrade._say_how_to_go_back(Settings(home=tmp_path), one, followed=followed, pruned=False)
        said = capsys.readouterr().out
        assert "bring the copy of 2026-05-01 12:00:07 UTC back" in said
        assert f"    parvis restore /backup/kit{' --to 2026-05-01T12:00:07Z' if to else ''}\n" in said


async def test_a_copy_that_was_pruned_since_is_not_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = Upgrade(
        utc_now(), "/srv/new", "0032_chosen.sql", ["0040"], str(tmp_path), datetime(2026, 5, 1, 12, tzinfo=UTC)
    )
    for day, pruned in ((2, True), (1, False)):
        (tmp_path / f"base-2026050{day}T115900Z").mkdir()
        assert await upgrade._is_pruned(one) == pruned
        upgrade._say_how_to_go_back(Settings(home=tmp_path), one, followed=True, pruned=pruned)
        said = capsys.readouterr().out
        assert ("has no copy of before 2026-05-01 12:00:00 UTC any more" in said) == pruned
        assert ("parvis restore /" in said or "--to 2026-05-01" in said) == (not pruned)


async def test_only_the_release_that_made_the_last_upgrade_takes_it_back(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql:///nowhere")
    words = argparse.Namespace(check=False, back=True)
    with pytest.raises(NotNow, match="No upgrade"):
        await upgrade._back(words, settings, {})
    made(tmp_path, "/srv/another", "0002")
    with pytest.raises(NotNow, match="made by /srv/another"):
        await upgrade._back(words, settings, {})
