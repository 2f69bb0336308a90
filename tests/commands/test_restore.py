"""`parvis restore` to moments that the backup does not reach, again with other words, and where something lies already."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import restore
from parvis.infra import engines, migrate
from parvis.infra.engines import backup, kit_media, restoring
from parvis.infra.engines.kit import BackupFailed
from tests.rig.kits import QUICK, execute, fetchval, followed


@pytest.fixture
def homes() -> Iterator[Path]:
    """A short path, as sockets need one."""
    with tempfile.TemporaryDirectory(prefix="parvis-restore-") as folder:
        yield Path(folder)


@asynccontextmanager
async def place(home: Path) -> AsyncIterator[str]:
    """A database with the schema, at this address."""
    async with engines.running(home, nats=False, postgres_options=QUICK) as found:
        await migrate.apply(found.database_url)
        yield found.database_url


async def restored(copies: Path, home: Path, to: datetime | None = None) -> None:
    words = argparse.Namespace(folder=str(copies), to=to, media=False)
    assert await restore._restore(words, Settings(home=home)) == 0


async def value(home: Path, sql: str) -> object:
    async with engines.running(home, nats=False, postgres_options=QUICK) as found:
        return await fetchval(found.database_url, sql)


@pytest.mark.long
async def test_a_moment_after_the_last_change_brings_all_there_is(
    homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = homes / "kit"
    async with place(homes / "home") as url, followed(Settings(home=homes / "home"), copies):
        await execute(url, "CREATE TABLE kept AS SELECT 42 AS n")
    later = utc_now() + timedelta(hours=1)
    await restored(copies, homes / "again", later)
    said = capsys.readouterr().out
    assert f"What was kept ends before {later:%Y-%m-%d %H:%M:%S}" in said
    assert f"the last change is of {utc_now():%Y-%m-%d}" in said
    assert "The place is back" in said
    assert await value(homes / "again", "SELECT n FROM kept") == 42
    assert not restoring.is_unfinished(homes / "again")


@pytest.mark.long
async def test_a_moment_after_a_copy_that_nobody_followed_brings_the_copy(
    homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = homes / "kit"
    async with place(homes / "home") as url:
        await execute(url, "CREATE TABLE kept AS SELECT 42 AS n")
        await backup.copy(Settings(home=homes / "home"), copies, now=utc_now())
        await execute(url, "UPDATE kept SET n = 43")
    await restored(copies, homes / "again", utc_now() + timedelta(minutes=5))
    assert "What was kept ends before" in capsys.readouterr().out
    assert await value(homes / "again", "SELECT n FROM kept") == 42


@pytest.mark.long
async def test_a_restore_that_was_cut_short_can_be_asked_for_another_moment(
    homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies, home = homes / "kit", homes / "again"
    async with place(homes / "home") as url, followed(Settings(home=homes / "home"), copies):
        await execute(url, "CREATE TABLE kept AS SELECT 42 AS n")
    early = utc_now() + timedelta(hours=1)
    await restoring.restore(copies, home, to=early, asked=restoring.words(str(copies), early))
    await restored(copies, home)
    said = capsys.readouterr().out
    assert "goes on" not in said
    assert "ends before" not in said
    assert await value(home, "SELECT n FROM kept") == 42


@pytest.mark.parametrize("name", ["secrets/nats", "media/posts/one.webp", "postgres/18/PG_VERSION"])
async def test_nothing_of_another_place_is_overwritten(homes: Path, name: str) -> None:
    there = homes / "home" / name
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(BackupFailed, match=f"There is {name.partition('/')[0]}/ of a place"):
        await restored(homes / "kit", homes / "home")
    assert there.read_text() == "mine"
    assert not restoring.is_unfinished(homes / "home")


async def test_nothing_is_brought_back_under_a_running_server(homes: Path) -> None:
    async with engines.running(homes / "home", nats=False, postgres_options=QUICK):
        with pytest.raises(BackupFailed, match="Parvis runs in"):
            await restored(homes / "kit", homes / "home")


@pytest.mark.long
async def test_media_alone_are_put_back_but_for_those_that_were_removed(homes: Path) -> None:
    media, copies = homes / "home" / "media" / "posts", homes / "kit"
    media.mkdir(parents=True)
    for name in ("kept.webp", "lost.webp", "removed.webp"):
        (media / name).write_bytes(b"picture")
    (copies / "base-20260501T120000Z").mkdir(parents=True)
    await kit_media.copy(media.parent, copies, utc_now(), _shown)
    for name in ("lost.webp", "removed.webp"):
        (media / name).unlink()
    await kit_media.copy(media.parent, copies, utc_now(), _shown)
    words = argparse.Namespace(folder=str(copies), to=None, media=True)
    assert await restore._put_media_back(words, Settings(home=homes / "home")) == 0
    assert {one.name for one in media.iterdir()} == {"kept.webp", "lost.webp"}


async def _shown(missing: frozenset[str], _here: frozenset[str]) -> frozenset[str]:
    return missing & {"posts/lost.webp"}
