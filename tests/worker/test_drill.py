"""The newest backup is brought back on trial by itself; one that is broken is an incident."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.infra import engines, migrate, postgres
from parvis.infra.engines import backup, kit, kit_media, with_addresses
from parvis.infra.services import Services
from parvis.worker import drill, kept_media
from tests.faults.crowd import Crowd
from tests.rig.kits import QUICK, execute
from tests.rig.server import Server


async def test_a_drill_is_due_a_week_after_the_last_and_a_day_after_one_that_failed(
    services: Services, tmp_path: Path
) -> None:
    kit = tmp_path / "kit"
    kit.mkdir()
    await drill.when_due(services)  # nothing is set up
    assert await services.db.pool.fetchval("SELECT count(*) FROM safekeeping") == 0
    services.settings = msgspec.structs.replace(services.settings, backup=str(kit))

    async def tried() -> int:
        await drill.when_due(services)
        return await services.db.pool.fetchval("SELECT count(*) FROM safekeeping WHERE problem LIKE '%holds no copy%'")

    assert await tried() == 0, "there is nothing yet that could be tried"
    async with services.db.connection() as db:
        before = utc_now() - timedelta(hours=1)
        await health.kept_safe(db, "backup", before, before, "", {})
    assert await tried() == 1
    assert await tried() == 1
    await services.db.pool.execute("UPDATE safekeeping SET began_at = began_at - interval '25 hours'")
    assert await tried() == 2
    async with services.db.connection() as db:  # a copy that is newer is tried at once
        await health.kept_safe(db, "backup", utc_now(), utc_now(), "", {})
    assert await tried() == 3
    assert await tried() == 3
    await services.db.pool.execute("DELETE FROM safekeeping WHERE what = 'backup'")
    await services.db.pool.execute("UPDATE safekeeping SET problem = '', began_at = began_at - interval '6 days'")
    assert await tried() == 0
    await services.db.pool.execute("UPDATE safekeeping SET began_at = began_at - interval '2 days'")
    assert await tried() == 1


# ── what counts as whole ──

KEY = "posts/3f/3f0c2b9a8d7e6f5a4b3c2d1e0f9a8b7c"


@pytest.fixture
async def place() -> AsyncIterator[Settings]:
    """A running database with the schema and one upload, and where its copies go."""
    with tempfile.TemporaryDirectory(prefix="parvis-drill-") as folder:
        home = Path(folder) / "home"
        async with engines.running(home, nats=False, postgres_options=QUICK) as found:
            await migrate.apply(found.database_url)
            await execute(
                found.database_url,
                """
                INSERT INTO media (account_id, id, kind, state, key, size_bytes, created_at)
                VALUES (1, 1, 'image', 'ready', $1, 7, now() - interval '1 hour')
                """,
                KEY,
            )
            put(home / "media" / KEY / "original.webp")
            yield with_addresses(Settings(home=home, backup=str(Path(folder) / "kit")))


def put(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"picture")


async def copied(settings: Settings) -> Path:
    await backup.copy(settings, Path(settings.backup), now=utc_now(), shown=kept_media.shown(settings))
    return kit.newest(Path(settings.backup))


@pytest.mark.long
async def test_what_came_while_the_copy_was_being_checked_is_not_missed(place: Settings) -> None:
    base = await copied(place)
    await asyncio.sleep(1.1)
    receipt = "INSERT INTO receipt (id, number, received_at, numbered_at) VALUES (1, 1, now(), now())"
    await execute(place.database_url, receipt)
    base.rename(base.with_name(f"base-{kit.moment(base) + timedelta(seconds=60):%Y%m%dT%H%M%SZ}"))
    assert (await drill.drill(place, place.backup))["receipt"] == 0


@pytest.mark.long
async def test_a_receipt_of_before_that_is_not_in_the_copy_is_missed(place: Settings) -> None:
    await copied(place)
    receipt = (
        "INSERT INTO receipt (id, number, received_at, numbered_at) VALUES (1, 1, now(), now() - interval '1 day')"
    )
    await execute(place.database_url, receipt)
    with pytest.raises(kit.BackupFailed, match="newest receipt"):
        await drill.drill(place, place.backup)


async def test_withheld_media_count_and_lost_and_forgotten_ones_do_not(place: Settings) -> None:
    await copied(place)
    copies = Path(place.backup) / "media"
    later = utc_now() + timedelta(hours=1)
    assert await kept_media.looked_at(place, place.backup, later) == 1
    put(copies / "withheld" / KEY / "original.webp")
    (copies / KEY / "original.webp").unlink()
    assert await kept_media.looked_at(place, place.backup, later) == 1
    (Path(place.backup) / "gone.json").write_text(f'{{"withheld/{KEY}/original.webp": "2026-05-01T12:00:00Z"}}')
    with pytest.raises(kit.BackupFailed, match="1 of 1 media"):
        await kept_media.looked_at(place, place.backup, later)
    (Path(place.backup) / "gone.json").unlink()
    assert await kept_media.looked_at(place, place.backup, later) == 1
    (copies / "withheld" / KEY / "original.webp").unlink()  # the folder stays
    with pytest.raises(kit.BackupFailed, match="1 of 1 media"):
        await kept_media.looked_at(place, place.backup, later)


@pytest.mark.long
async def test_the_place_tells_which_missing_files_it_shows(place: Settings) -> None:
    names = frozenset({f"{KEY}/original.webp", f"{KEY}/small.webp", "avatars/00/00/original.webp"})
    shown = kept_media.shown(place)
    assert await shown(names, frozenset()) == {f"{KEY}/original.webp", f"{KEY}/small.webp"}
    assert await shown(names, frozenset({f"withheld/{KEY}/original.webp"})) == frozenset()
    await execute(place.database_url, "DELETE FROM media")
    assert await shown(names, frozenset()) == frozenset()


@pytest.mark.long
async def test_portraits_emoji_previews_and_what_waits_to_be_encoded_are_shown_too(place: Settings) -> None:
    where = {name: key(name) for name in ("avatars", "headers", "emoji", "previews", "originals", "posts")}
    await execute(
        place.database_url,
        "INSERT INTO account (id, handle, avatar_key, header_key, created_at) VALUES (1, 'anna', $1, $2, now())",
        f"{where['avatars']}/original.webp",
        f"{where['headers']}/original.webp",
    )
    await execute(
        place.database_url,
        "INSERT INTO custom_emoji (shortcode, key, created_at) VALUES ('cat', $1, now())",
        f"{where['emoji']}/emoji.webp",
    )
    await execute(
        place.database_url,
        """
        INSERT INTO card (id, link_id, content, created_at)
        VALUES (1, 1, jsonb_build_object('picture', jsonb_build_object('key', $1::text)), now())
        """,
        where["previews"],
    )
    await execute(
        place.database_url,
        """
        INSERT INTO media (account_id, id, kind, state, key, source_key, size_bytes, created_at)
        VALUES (1, 2, 'video', 'processing', $1, $2, 7, now())
        """,
        where["posts"],
        where["originals"],
    )
    names = {f"{one}/small.webp" for one in where.values()} | {where["originals"]}
    strangers = {f"{name}/00/{'0' * 32}/small.webp" for name in where}
    assert await kept_media.shown(place)(frozenset(names | strangers), frozenset()) == names
    await execute(place.database_url, "UPDATE account SET state = 3")
    await execute(place.database_url, "UPDATE media SET state = 'refused'")
    assert await kept_media.shown(place)(frozenset(names), frozenset()) == {
        f"{where[one]}/small.webp" for one in ("emoji", "previews")
    }


def key(name: str) -> str:
    return f"{name}/3f/3f0c2b9a8d7e6f5a4b3c2d1e0f9a8b7c"


@pytest.mark.long
async def test_a_backup_fails_while_the_disk_of_the_media_is_away(place: Settings) -> None:
    await copied(place)
    shutil.rmtree(place.home / "media")
    problem, _ = await drill.recorded(
        place, "backup", lambda: backup.copy(place, Path(place.backup), now=utc_now(), shown=kept_media.shown(place))
    )
    assert "is its disk mounted" in problem
    assert kit_media.gone(Path(place.backup)) == {}


@pytest.mark.long
async def test_two_drills_at_once_leave_each_other_alone(place: Settings) -> None:
    await copied(place)
    first = asyncio.create_task(drill.drill(place, place.backup))
    while not list(place.home.glob(".drill-*/home/postgres")):  # noqa: ASYNC110 - it is being laid out
        await asyncio.sleep(0.01)
    found = await asyncio.gather(first, drill.drill(place, place.backup))
    assert [one["media_looked_at"] for one in found] == [1, 1]
    assert list(place.home.glob(".drill-*")) == []


@pytest.mark.long
async def test_a_kit_that_cannot_be_read_is_written_down_as_a_failure(place: Settings) -> None:
    base = await copied(place)
    (base / "backup_manifest").write_text("{}")
    problem, _ = await drill.recorded(place, "drill", lambda: drill.drill(place, place.backup))
    assert problem

    async def stumbles() -> dict[str, float]:
        raise ValueError("a name that nobody expected")

    assert (await drill.recorded(place, "backup", stumbles))[0] == "a name that nobody expected"


@pytest.mark.long
@pytest.mark.timeout(400)
async def test_a_worker_tries_the_newest_copy_and_finds_the_byte_that_was_changed(tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    server = Server(tmp_path / "home", settings={"PARVIS_BACKUP": str(kit)})
    await asyncio.to_thread(server.start)
    try:
        crowd = Crowd(server)
        await asyncio.to_thread(crowd.gather, 2)
        await crowd.publish(5)
        print(await asyncio.to_thread(server.run, "backup"))
        settings = with_addresses(Settings(home=server.home, backup=str(kit)))
        db = await postgres.connect(settings.database_url, size=2, application="tests")
        try:
            await db.pool.execute("DELETE FROM safekeeping WHERE what = 'drill'")
            await db.pool.execute("UPDATE schedule SET due_at = now() WHERE name = 'scheduled.try_the_newest_copy'")
            first = await _drilled(db, 1)
            print(first)
            assert first[0]["problem"] == ""
            assert first[0]["facts"]["account"] >= 2
            assert first[0]["facts"]["post"] >= 5
            assert list(server.home.glob(".drill-*")) == []

            [largest] = sorted((kit.glob("base-*/base/*/*")), key=lambda one: one.stat().st_size)[-1:]
            content = bytearray(largest.read_bytes())
            content[len(content) // 2] ^= 1
            largest.write_bytes(content)
            await db.pool.execute("UPDATE safekeeping SET began_at = began_at - interval '8 days'")
            await db.pool.execute("UPDATE schedule SET due_at = now() WHERE name = 'scheduled.try_the_newest_copy'")
            second = await _drilled(db, 2)
            print(second)
            assert "checksum" in second[0]["problem"]
            async with asyncio.timeout(120):
                opened = "SELECT EXISTS (SELECT FROM incident WHERE name = 'backup_broken' AND closed_at IS NULL)"
                while not await db.pool.fetchval(opened):  # noqa: ASYNC110 - another process opens it
                    await asyncio.sleep(0.5)
        finally:
            await db.close()
        async with httpx.AsyncClient(base_url=server.origin) as client:
            assert (await client.get("/health/ready")).status_code == 200
    finally:
        await asyncio.to_thread(server.stop)


async def _drilled(db: postgres.Database, count: int) -> list[dict[str, object]]:
    async with asyncio.timeout(150):
        while True:
            async with db.connection() as connection:
                found = [one for one in await health.safekeeping(connection, 10) if one["what"] == "drill"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.5)
