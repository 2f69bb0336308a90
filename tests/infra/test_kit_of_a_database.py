"""Copies of a real database: they come back whatever was set for it, and nothing is copied where there is no room."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.infra import engines
from parvis.infra.engines import backup, bucket, kit, remote_kit, restoring
from parvis.infra.engines.places import Places
from parvis.infra.engines.postgresql import PostgreSQL
from tests.rig.kits import QUICK, execute, fetchval, followed, turned_over


@pytest.fixture
def homes() -> Iterator[Path]:
    """A short path, as sockets need one."""
    with tempfile.TemporaryDirectory(prefix="parvis-kits-") as folder:
        yield Path(folder)


async def test_what_the_operator_set_comes_back_and_is_no_obstacle_on_trial(homes: Path) -> None:
    """A database that had more connections is read by one that has fewer."""
    home, copies = homes / "home", homes / "kit"
    home.mkdir()
    (home / "postgresql.conf").write_text("max_connections = 200\n")
    async with engines.running(home, nats=False, postgres_options=QUICK) as found:
        await execute(found.database_url, "CREATE TABLE kept AS SELECT 42 AS n")
        await backup.copy(Settings(home=home), copies, now=utc_now())
    with (copies / "postgresql.conf").open("a") as conf:
        conf.write("synchronous_standby_names = 'pg_receivewal'\n")
    for name, configuration, wanted in (("trial", False, "100"), ("again", True, "200")):
        await restoring.restore(copies, homes / name, configuration=configuration)
        async with engines.running(homes / name, nats=False) as found:
            assert await fetchval(found.database_url, "SHOW max_connections") == wanted
            assert await fetchval(found.database_url, "SHOW synchronous_standby_names") == ""
            assert await fetchval(found.database_url, "SELECT n FROM kept") == 42
        restoring.finish(homes / name)
        assert "hot_standby" not in (PostgreSQL(Places(homes / name)).data / "postgresql.auto.conf").read_text()


@pytest.mark.long
async def test_an_operators_file_that_was_removed_leaves_the_kit(homes: Path) -> None:
    home, copies = homes / "home", homes / "kit"
    home.mkdir()
    (home / "postgresql.conf").write_text("work_mem = 7MB\n")
    async with engines.running(home, nats=False, postgres_options=QUICK):
        await backup.copy(Settings(home=home), copies, now=utc_now())
        assert (copies / "postgresql.conf").exists()
        (home / "postgresql.conf").unlink()
        await asyncio.sleep(1.1)  # copies are named by the second
        await backup.copy(Settings(home=home), copies, now=utc_now())
    assert not (copies / "postgresql.conf").exists()


@pytest.mark.long
@pytest.mark.parametrize("url", ["{}", "file://{}"], ids=["a folder", "an address of a folder"])
async def test_media_are_copied_from_where_they_lie(homes: Path, url: str) -> None:
    home, copies, media = homes / "home", homes / "kit", homes / "other disk"
    (media / "posts").mkdir(parents=True)
    (media / "posts" / "one.webp").write_bytes(b"picture")
    settings = Settings(home=home, media_url=url.format(str(media).replace(" ", "%20" if "://" in url else " ")))
    async with engines.running(home, nats=False, postgres_options=QUICK):
        facts = await backup.copy(settings, copies, now=utc_now())
    assert facts["new_files"] == 1
    assert (copies / "media" / "posts" / "one.webp").read_bytes() == b"picture"


@pytest.mark.long
async def test_the_moment_of_a_copys_beginning_is_known(homes: Path) -> None:
    home, copies = homes / "home", homes / "kit"
    async with engines.running(home, nats=False, postgres_options=QUICK):
        before = utc_now()
        await backup.copy(Settings(home=home), copies, now=before)
    base = kit.newest(copies)
    assert before.replace(microsecond=0) <= kit.began(base) <= kit.moment(base)


# ── the journal ──


@pytest.mark.long
async def test_nobody_follows_into_a_journal_that_leads_elsewhere(homes: Path) -> None:
    """As after a restore to a moment. After one of all that was kept the same kit goes on."""
    home, copies = homes / "home", homes / "kit"
    async with (
        engines.running(home, nats=False, postgres_options=QUICK) as found,
        followed(Settings(home=home), copies),
    ):
        await execute(found.database_url, "CREATE TABLE kept AS SELECT 42 AS n")
        await asyncio.sleep(1.2)  # copies are named by the second
        between = utc_now()
        await asyncio.sleep(0.1)
        await turned_over(Settings(home=home))
        await execute(found.database_url, "CREATE TABLE later AS SELECT 43 AS n")
        await turned_over(Settings(home=home))
        await execute(found.database_url, "UPDATE later SET n = 44")
    for name, to, there in (("then", between, None), ("latest", None, "later")):
        await restoring.restore(copies, homes / name, to=to)
        async with engines.running(homes / name, nats=False) as found:
            assert await fetchval(found.database_url, "SELECT to_regclass('later')::text") == there
            if to is None:
                await backup.prepare_following(Settings(home=homes / name), copies)
            else:
                with pytest.raises(kit.BackupFailed, match="leads past where this place is"):
                    await backup.prepare_following(Settings(home=homes / name), copies)
    assert len(kit.bases(copies)) == 1


@pytest.mark.long
async def test_what_a_follower_meets_is_logged(homes: Path, caplog: pytest.LogCaptureFixture) -> None:
    home, copies = homes / "home", homes / "kit"
    async with engines.running(home, nats=False, postgres_options=QUICK):
        settings = Settings(home=home)
        async with followed(settings, copies):
            second = asyncio.create_task(backup.follow(settings, copies))
            try:
                async with asyncio.timeout(20):
                    while not said(caplog, "is active for PID"):  # noqa: ASYNC110 - another process says it
                        await asyncio.sleep(0.1)
            finally:
                second.cancel()
                await asyncio.gather(second, return_exceptions=True)


def said(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return any(words in str(getattr(one, "fields", "")) for one in caplog.records)


# ── room ──


@pytest.mark.long
async def test_nothing_is_copied_where_there_is_no_room(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, copies = homes / "home", homes / "kit"
    monkeypatch.setattr(kit, "SPARE", 1 << 60)
    async with engines.running(home, nats=False, postgres_options=QUICK):
        with pytest.raises(kit.BackupFailed, match="too little for a copy of the database"):
            await backup.copy(Settings(home=home), copies, now=utc_now())
    assert list(copies.iterdir()) == []


@pytest.mark.long
async def test_nothing_is_fetched_where_there_is_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    await obstore.put_async(store, "wal/000000010000000000000002", b"x" * 100)
    await bucket.fetch(store, tmp_path, await bucket.names(store))
    assert kit.size(tmp_path) == 100
    (tmp_path / "wal" / "000000010000000000000002").unlink()
    monkeypatch.setattr(kit, "SPARE", 1 << 60)
    with pytest.raises(kit.BackupFailed, match="too little to fetch the backup"):
        await bucket.fetch(store, tmp_path, await bucket.names(store))
    assert kit.size(tmp_path) == 0


async def test_of_a_segment_that_was_finished_meanwhile_the_whole_is_fetched(tmp_path: Path) -> None:
    """Whoever follows puts the whole there, and then deletes the beginning that was listed before."""
    store, segment = MemoryStore(), "wal/000000010000000000000002"
    await obstore.put_async(store, segment, b"whole")
    await bucket.fetch(store, tmp_path, {f"{segment}.partial": 5})
    assert (tmp_path / segment).read_bytes() == b"whole"
    wal, journal = tmp_path / "wal", tmp_path / "journal"
    journal.mkdir()
    restoring._copy_segment(wal / "000000010000000000000002.partial", journal / "000000010000000000000002")
    assert (journal / "000000010000000000000002").read_bytes() == b"whole"


async def test_what_is_missing_in_a_bucket_is_said_and_nothing_goes_on(tmp_path: Path) -> None:
    store = MemoryStore()
    many = {f"base/{number}": 1 for number in range(200)}
    for name in many:
        await obstore.put_async(store, name, b"x")
    with pytest.raises(kit.BackupFailed, match="does not answer as it should: Object at location"):
        await bucket.fetch(store, tmp_path, {"base/missing": 1} | many)
    found = kit.files(tmp_path)
    assert len(found) < len(many)
    await asyncio.sleep(0.1)
    assert kit.files(tmp_path) == found
    await bucket.fetch(store, tmp_path, {"base/missing": 1} | many, lenient=True)
    assert kit.files(tmp_path) == many


async def test_what_the_disk_of_this_machine_lacks_is_not_said_of_the_bucket(
    homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def staged(_settings: Settings, _now: datetime) -> Path:
        raise FileNotFoundError(2, "No such file or directory", "/home/backup/sending")

    monkeypatch.setattr(remote_kit, "bucket_at", lambda _place: MemoryStore())
    monkeypatch.setattr(remote_kit, "staged", staged)
    with pytest.raises(FileNotFoundError, match="/home/backup/sending"):
        await remote_kit.copy(Settings(home=homes), "s3://parvis/kit", now=utc_now())


def bucket_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers for any bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")


@pytest.mark.long
async def test_a_bucket_that_is_away_costs_nothing_of_the_journal(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits to be sent is older than the copy that could not be."""
    home = homes / "home"
    settings = Settings(home=home)
    bucket_away(monkeypatch)
    async with engines.running(home, nats=False, postgres_options=QUICK):
        waiting = home / "backup" / "wal" / "000000010000000000000001"
        waiting.parent.mkdir(parents=True)
        waiting.touch()
        for _ in range(2):
            await turned_over(settings)
        with pytest.raises(kit.BackupFailed, match="The bucket does not answer"):
            await remote_kit.copy(settings, "s3://parvis/kit", now=utc_now())
        await backup.make_base(settings, home / "backup", utc_now())
    assert waiting.exists()


@pytest.mark.long
async def test_copies_in_a_folder_on_the_way_to_a_bucket_stay(homes: Path) -> None:
    settings = Settings(home=homes / "home")
    copies = settings.home / "backup"
    async with engines.running(settings.home, nats=False, postgres_options=QUICK):
        await backup.copy(settings, copies, now=utc_now())
        kept = kit.files(copies)
        for number in range(2):
            base = await remote_kit.staged(settings, utc_now() + timedelta(minutes=number))
            assert kit.bases(base.parent) == [base]
        assert kept.items() <= kit.files(copies).items()
        with pytest.raises(kit.BackupFailed, match="is a backup itself"):
            await remote_kit.prepare_following(settings, "s3://parvis/kit")


@pytest.mark.long
async def test_nobody_follows_into_a_bucket_whose_journal_leads_elsewhere(homes: Path) -> None:
    store, settings = MemoryStore(), Settings(home=homes / "home")
    await obstore.put_async(store, "wal/000000010000000000000001.partial", b"x")
    async with engines.running(settings.home, nats=False, postgres_options=QUICK):
        await remote_kit.check_leads_here(settings, store, "s3://parvis/kit")
        await obstore.put_async(store, "wal/000000010000000F00000001", b"x")
        with pytest.raises(kit.BackupFailed, match="s3://parvis/kit/wal leads past where this place is"):
            await remote_kit.check_leads_here(settings, store, "s3://parvis/kit")


async def test_nothing_but_copies_and_their_journal_is_pruned_in_a_bucket() -> None:
    store = MemoryStore()
    label = b"START WAL LOCATION: 0/3000028 (file 000000010000000000000003)\nCHECKPOINT LOCATION: 0/3000080\n"
    for day in range(1, 5):
        for name, content in (("backup_label", label), ("backup_manifest", b"{}")):
            await obstore.put_async(store, f"base-2026050{day}T120000Z/{name}", content)
    for name in (
        "base-old/notes",
        "base-20260504T130000Z/half",
        "wal/000000010000000000000002",
        "wal/000000010000000000000003",
    ):
        await obstore.put_async(store, name, b"x")
    await remote_kit._prune_bases(store, await bucket.names(store))
    assert {name.partition("/")[0] for name in await bucket.names(store) if not name.startswith("wal/")} == {
        "base-old", "base-20260502T120000Z", "base-20260503T120000Z", "base-20260504T120000Z",
    }  # fmt: skip
    assert {name for name in await bucket.names(store) if name.startswith("wal/")} == {"wal/000000010000000000000003"}


async def test_of_the_journal_in_a_bucket_only_what_the_copy_needs_is_fetched(tmp_path: Path) -> None:
    store, base = MemoryStore(), "base-20260501T120000Z"
    label = b"START WAL LOCATION: 0/3000028 (file 000000010000000000000003)\nCHECKPOINT LOCATION: 0/3000080\n"
    for name, content in (("backup_label", label), ("backup_manifest", b"{}"), ("folders.json", b"[]")):
        await obstore.put_async(store, f"{base}/{name}", content)
    for name in ("000000010000000000000002", "000000010000000000000003", "000000010000000000000004.partial"):
        await obstore.put_async(store, f"wal/{name}", b"x")
    await remote_kit._fetch_kit(store, tmp_path, None, media=False)
    assert kit.files(tmp_path / "wal").keys() == {"000000010000000000000003", "000000010000000000000004.partial"}


@pytest.mark.long
async def test_media_that_the_disk_lost_stay_in_a_bucket(tmp_path: Path) -> None:
    store, media = MemoryStore(), tmp_path / "media"
    media.mkdir()
    (media / "kept.webp").touch()
    for name in ("base-20260501T120000Z/backup_manifest", "media/kept.webp", "media/lost.webp", "media/removed.webp"):
        await obstore.put_async(store, name, b"x")

    async def shown(missing: frozenset[str], _here: frozenset[str]) -> frozenset[str]:
        return missing & {"lost.webp"}

    await remote_kit._note_gone(store, await bucket.names(store), media, utc_now(), shown)
    assert (await remote_kit._gone(store)).keys() == {"removed.webp"}


@pytest.mark.long
async def test_a_refused_database_makes_the_backup_fail(homes: Path) -> None:
    with pytest.raises(kit.BackupFailed, match="The database does not answer"):
        await backup.copy(Settings(home=homes / "home"), homes / "kit", now=utc_now())
