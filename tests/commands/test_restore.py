"""`parvis restore` to moments that the backup does not reach, again with other words, and where something lies already."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import shutil
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
from parvis.infra.engines import backup, kit, remote_kit, restoring
from parvis.infra.engines.kit import BackupFailed
from parvis.infra.postgres import Database
from parvis.worker import kept_media
from tests.rig import seaweed
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


# ── media ──


class Pictures:
    """Files of uploads by a word, in the media folder of a place and among its rows."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url, self._count = home, url, 0

    async def upload(self, word: str) -> None:
        """A post shows it."""
        self._count += 1
        await execute(
            self.url,
            """
            INSERT INTO media (account_id, id, post_id, kind, state, key, size_bytes, created_at)
            VALUES (1, $1, $1, 'image', 'ready', $2, 7, now())
            """,
            self._count,
            _key(word),
        )
        await execute(
            self.url,
            """
            INSERT INTO post (account_id, id, visibility, text, html, created_at, thread_id)
            VALUES (1, $1, 0, $2, '', now(), $1)
            """,
            self._count,
            word,
        )
        put(self.home / "media" / _key(word) / "original.webp")

    async def withhold(self, word: str) -> None:
        await execute(self.url, "UPDATE post SET withheld_as = 0, visibility = 4 WHERE text = $1", word)
        (self.home / "media" / "withheld" / "posts").mkdir(parents=True, exist_ok=True)
        shutil.move(self.home / "media" / _key(word), self.home / "media" / "withheld" / _key(word))

    async def remove(self, word: str) -> None:
        await execute(self.url, "DELETE FROM media WHERE key = $1", _key(word))
        await execute(self.url, "DELETE FROM post WHERE text = $1", word)
        shutil.rmtree(self.home / "media" / _key(word))

    def lose(self, word: str) -> None:
        shutil.rmtree(self.home / "media" / _key(word), ignore_errors=True)
        shutil.rmtree(self.home / "media" / "withheld" / _key(word), ignore_errors=True)


def _key(word: str) -> str:
    token = hashlib.md5(word.encode()).hexdigest()
    return f"posts/{token[:2]}/{token}"


def put(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"picture")


def lying(media: Path, *words: str) -> list[str]:
    """Which of them everybody can reach, and which only lie aside."""
    keys = {_key(word): word for word in words} | {f"withheld/{_key(word)}": f"withheld {word}" for word in words}
    return sorted(keys[str(one.parent.relative_to(media))] for one in media.rglob("original.webp"))


@asynccontextmanager
async def illustrated(home: Path) -> AsyncIterator[Pictures]:
    """A place with one account, whose posts have pictures."""
    async with place(home) as url:
        await execute(url, "INSERT INTO account (id, handle, created_at) VALUES (1, 'anna', now())")
        yield Pictures(home, url)


async def media_put_back(copies: Path, home: Path, settings: Settings | None = None) -> None:
    words = argparse.Namespace(folder=str(copies), to=None, media=True)
    assert await restore._put_media_back(words, settings or Settings(home=home)) == 0


@pytest.mark.long
async def test_media_alone_are_put_back_where_they_belong_and_not_what_was_removed_or_withheld_since(
    homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, copies = homes / "home", homes / "kit"
    media = home / "media"
    words = ("kept", "lost", "removed", "withheld since", "withheld and lost", "partly")
    async with illustrated(home) as pictures:
        for word in words:
            await pictures.upload(word)
        for name in ("small.webp", "captions-en-0a.vtt"):
            (media / _key("partly") / name).write_bytes(b"text")
        await backup.copy(Settings(home=home), copies, now=utc_now())
        await pictures.remove("removed")
        for word in ("withheld since", "withheld and lost"):
            await pictures.withhold(word)
        for word in ("lost", "withheld and lost"):
            pictures.lose(word)
        for name in ("small.webp", "captions-en-0a.vtt"):
            (media / _key("partly") / name).unlink()
        if os.geteuid() == 0:  # beside a server of somebody else
            os.chown(media, 4711, 4712)
        await media_put_back(copies, home)
    assert lying(media, *words) == ["kept", "lost", "partly", "withheld withheld and lost", "withheld withheld since"]
    assert {one.name for one in (media / _key("partly")).iterdir()} == {"original.webp", "small.webp"}
    assert "3 media files were put back" in capsys.readouterr().out
    back = media / _key("lost")
    owner = media.stat()
    for path, mode in (
        (back, 0o750),
        (back / "original.webp", 0o640),
        (media / "withheld" / _key("withheld and lost"), 0o750),
    ):
        there = path.stat()
        assert (there.st_uid, there.st_gid, there.st_mode & 0o777) == (owner.st_uid, owner.st_gid, mode)
    assert (back / "original.webp").read_bytes() == b"picture"


@pytest.mark.long
async def test_media_alone_come_back_from_a_bucket(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = homes / "home"
    with seaweed.running(homes) as variables:
        for name, told in variables.items():
            monkeypatch.setenv(name, told)
        async with illustrated(home) as pictures:
            for word in ("kept", "lost", "removed"):
                await pictures.upload(word)
            await remote_kit.copy(Settings(home=home), "s3://parvis/kit", now=utc_now())
            await pictures.remove("removed")
            pictures.lose("lost")
            words = argparse.Namespace(folder="s3://parvis/kit", to=None, media=True)
            assert await restore._put_media_back(words, Settings(home=home)) == 0
    assert lying(home / "media", "kept", "lost", "removed") == ["kept", "lost"]
    assert list(home.glob(".media-*")) == []


@pytest.mark.long
async def test_what_was_removed_or_withheld_after_media_were_copied_cannot_be_reached_after_a_restore(
    homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, copies, again = homes / "home", homes / "kit", homes / "again"
    words = ("kept", "removed since", "withheld since", "back since")
    async with illustrated(home) as pictures:
        for word in words:
            await pictures.upload(word)
        await pictures.withhold("back since")
        put(home / "media" / "posts" / "notes" / "original.webp")
        async with followed(Settings(home=home), copies):
            between = utc_now()
            await asyncio.sleep(1.1)
            await pictures.remove("removed since")
            await pictures.withhold("withheld since")
            await execute(pictures.url, "UPDATE post SET withheld_as = NULL, visibility = 0 WHERE text = 'back since'")
    await restored(copies, again)
    (again / "media" / "posts" / "notes" / "original.webp").unlink()  # nothing that we made up the name of
    assert lying(again / "media", *words) == ["back since", "kept", "withheld withheld since"]
    assert "files that are gone again: 1; moved to where moderators want them: 2" in capsys.readouterr().out
    assert not (again / restoring.BROUGHT).exists()
    await restored(copies, homes / "then", between + timedelta(seconds=1))
    (homes / "then" / "media" / "posts" / "notes" / "original.webp").unlink()
    assert lying(homes / "then" / "media", *words) == ["kept", "removed since", "withheld back since", "withheld since"]


@pytest.mark.long
async def test_a_restore_leaves_files_alone_that_a_media_folder_elsewhere_had(homes: Path) -> None:
    home, copies, elsewhere = homes / "home", homes / "kit", homes / "elsewhere"
    async with illustrated(home) as pictures:
        await pictures.upload("kept")
        await pictures.upload("removed since")
        async with followed(Settings(home=home), copies):
            await pictures.remove("removed since")
    put(elsewhere / _key("newer") / "original.webp")
    words = argparse.Namespace(folder=str(copies), to=None, media=False)
    assert await restore._restore(words, Settings(home=homes / "again", media_url=str(elsewhere))) == 0
    assert lying(elsewhere, "kept", "newer", "removed since") == ["kept", "newer"]


@pytest.mark.long
async def test_media_of_a_release_that_knew_less_come_back_as_they_were(
    homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with illustrated(homes / "home") as pictures:
        await pictures.upload("kept")
        await execute(pictures.url, "ALTER TABLE post DROP COLUMN withheld_as CASCADE")
        await backup.copy(Settings(home=homes / "home"), homes / "kit", now=utc_now())
    await restored(homes / "kit", homes / "again")
    assert lying(homes / "again" / "media", "kept") == ["kept"]
    assert "media are as they were when they were copied" in capsys.readouterr().out


@pytest.mark.long
async def test_media_come_back_only_where_there_is_room(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, copies = homes / "home", homes / "kit"
    async with illustrated(home) as pictures:
        await pictures.upload("lost")
        await backup.copy(Settings(home=home), copies, now=utc_now())
        pictures.lose("lost")
        monkeypatch.setattr(kit, "SPARE", 1 << 60)
        with pytest.raises(BackupFailed, match="too little for the media files that come back"):
            await media_put_back(copies, home)
    with pytest.raises(BackupFailed, match="too little for the media"):
        await restored(copies, homes / "again")
    assert [lying(folder / "media", "lost") for folder in (home, homes / "again", copies)] == [[], [], ["lost"]]


@pytest.mark.parametrize("problem", [TimeoutError(), PermissionError("not yours")])
async def test_a_database_or_a_disk_that_fails_amid_media_is_said_in_a_sentence(
    homes: Path, db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, problem: OSError
) -> None:
    async def fails(*_: object) -> None:
        raise problem

    monkeypatch.setattr(kept_media, "settle", fails)
    monkeypatch.setattr(kept_media, "put_back", fails)
    settings = Settings(home=homes, database_url=database_url)
    (homes / restoring.BROUGHT).write_text(f"{_key('one')}/original.webp")
    with pytest.raises(BackupFailed, match=r"as late as the database \((it took too long|not yours)\)"):
        await restore._settle_media(db, settings)
    with pytest.raises(BackupFailed, match=r": (it took too long|not yours)"):
        await media_put_back(homes / "kit", homes, settings)
