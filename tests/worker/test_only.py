"""A worker that is there for videos takes no other work."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from parvis.infra import jobs
from tests.rig import films
from tests.rig.world import World


@pytest.mark.long
async def test_a_worker_for_videos_makes_them_playable_and_does_nothing_else(world: World, tmp_path: Path) -> None:
    alice = await world.person("alice")
    film = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=1)
    sent = await world.client.post(
        "/api/v2/media", files={"file": ("a.mp4", film.read_bytes(), "video/mp4")}, headers=alice.headers
    )
    async with world.services.db.transaction() as tx:
        await jobs.enqueue(tx, "scheduled.delete_expired_rows", {})
    settings = world.services.settings
    own = {"PARVIS_HOME": str(settings.home), "PARVIS_DATABASE_URL": settings.database_url}
    own |= {"PARVIS_NATS_URL": settings.nats_url, "PARVIS_ORIGIN": settings.origin}
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "parvis", "work", "--only", "transcode", env=os.environ | own
    )
    try:
        until = time.monotonic() + 90
        while (await alice.get(f"/api/v1/media/{sent.json()['id']}")).status_code != 200:
            assert time.monotonic() < until
            await asyncio.sleep(0.2)
        async with world.services.db.connection() as db:
            roles = [row["role"] for row in await db.fetch("SELECT DISTINCT role FROM health_signal")]
        assert roles == ["transcode"], "letters wait for another worker, and that must be seen"
    finally:
        worker.terminate()
        await worker.wait()
    async with world.services.db.connection() as db:
        kinds = [row["kind"] for row in await db.fetch("SELECT kind FROM job WHERE owner IS NULL")]
    assert "scheduled.delete_expired_rows" in kinds
