"""The newest backup is brought back on trial by itself; one that is broken is an incident."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.infra import postgres
from parvis.infra.engines import with_addresses
from parvis.infra.services import Services
from parvis.worker import drill
from tests.faults.crowd import Crowd
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
