"""A place that was destroyed comes back from its kit, whole, also as it was at a moment."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import pytest

from parvis.infra.engines.bucket import bucket_at, names
from parvis.infra.engines.places import Places
from parvis.infra.engines.remote_kit import SEND_EVERY_S
from tests.faults.crowd import Crowd
from tests.faults.processes import kill_all
from tests.rig import seaweed
from tests.rig.server import COMMAND, Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


async def test_nothing_acknowledged_is_missing_when_it_comes_back_on_an_empty_home(tmp_path: Path) -> None:
    server, kit = Server(tmp_path / "home"), tmp_path / "kit"
    await asyncio.to_thread(server.start)
    following: subprocess.Popen[bytes] | None = None
    try:
        crowd = Crowd(server)
        await asyncio.to_thread(crowd.gather, 2)
        await crowd.publish(5)
        words = [*COMMAND, "backup", str(kit), "--follow", "--drill"]
        following = subprocess.Popen(  # noqa: ASYNC220
            words, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said = await asyncio.to_thread(_until_following, following)
        print(said)
        assert "drill: account" in said
        await crowd.publish(40)
        between = datetime.now(UTC)
        await asyncio.sleep(1.2)
        await crowd.publish(10)
        await _received(server)
        await asyncio.to_thread(kill_all, server)
        following.send_signal(signal.SIGTERM)
        await asyncio.to_thread(following.wait, 60)
        shutil.rmtree(server.home)
        began = time.monotonic()
        print(await asyncio.to_thread(server.run, "restore", str(kit)))
        await asyncio.to_thread(server.start)
        print(f"destroyed, and answering again after {time.monotonic() - began:.1f} s")
        await asyncio.to_thread(crowd.sign_in_again)
        await asyncio.to_thread(crowd.check)
        await asyncio.to_thread(server.stop)

        earlier = Server(tmp_path / "earlier")
        said = await asyncio.to_thread(earlier.run, "restore", str(kit), "--to", between.isoformat())
        print(said)
        assert "3 sessions and apps were signed out" in said
        await asyncio.to_thread(earlier.start)
        try:
            async with httpx.AsyncClient(base_url=earlier.origin) as client:
                me = await client.get("/api/v1/accounts/verify_credentials", headers=crowd.of("reader"))
                assert me.status_code == 401
                answer = await client.get("/api/v1/accounts/lookup", params={"acct": "author0"})
            assert answer.json()["statuses_count"] == 45
        finally:
            await asyncio.to_thread(earlier.stop)
    finally:
        if following is not None and following.poll() is None:
            following.kill()
        await asyncio.to_thread(server.stop)


async def test_a_server_whose_commits_wait_for_whoever_follows_starts_once_somebody_does(tmp_path: Path) -> None:
    server, kit = Server(tmp_path / "home"), tmp_path / "kit"
    await asyncio.to_thread(server.start)
    following: subprocess.Popen[bytes] | None = None
    try:
        crowd = Crowd(server)
        await asyncio.to_thread(crowd.gather, 1)
        await asyncio.to_thread(server.stop)
        (server.home / "postgresql.conf").write_text("synchronous_standby_names = 'pg_receivewal'\n")
        starting = asyncio.create_task(asyncio.to_thread(server.start))
        for _ in range(60):  # as a service that is started again until it stays
            words = [*COMMAND, "backup", str(kit), "--follow"]
            following = subprocess.Popen(  # noqa: ASYNC220
                words, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            with contextlib.suppress(AssertionError):
                print(await asyncio.to_thread(_until_following, following))
                break
            await asyncio.to_thread(following.wait, 60)
        print(f"the server answers after {await starting:.1f} s")
        await crowd.publish(5)
        await asyncio.to_thread(kill_all, server)
        following.send_signal(signal.SIGTERM)
        await asyncio.to_thread(following.wait, 60)
        shutil.rmtree(server.home)
        print(await asyncio.to_thread(server.run, "restore", str(kit)))
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(crowd.sign_in_again)
        await asyncio.to_thread(crowd.check)
    finally:
        if following is not None and following.poll() is None:
            following.kill()
        await asyncio.to_thread(server.stop)


def _until_following(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line.decode()
        if "from now on" in said:
            return said
    raise AssertionError(said)


async def _received(server: Server) -> None:
    """Whoever follows has all that was committed."""
    db = await asyncpg.connect(Places(server.home).database_url(user="postgres", database="postgres"))
    try:
        async with asyncio.timeout(60):
            behind = "SELECT coalesce(min(flush_lsn), '0/0') < pg_current_wal_flush_lsn() FROM pg_stat_replication"
            while await db.fetchval(behind):  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.2)
    finally:
        db.terminate()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An S3 service, and the variables by which it is reached."""
    with seaweed.running(Path(tmp_path_factory.mktemp("seaweed"))) as variables:
        yield variables


async def test_a_place_comes_back_from_a_bucket_with_all_that_was_followed(
    tmp_path: Path, bucket: dict[str, str]
) -> None:
    kit = "s3://parvis/kit"
    server = Server(tmp_path / "home", settings=bucket)
    await asyncio.to_thread(server.start)
    following: subprocess.Popen[bytes] | None = None
    try:
        crowd = Crowd(server)
        await asyncio.to_thread(crowd.gather, 2)
        await crowd.publish(5)
        for _ in range(3):  # and the fourth below: the first is gone by then
            print(await asyncio.to_thread(server.run, "backup", kit))
            await asyncio.sleep(1.1)
        words = [*COMMAND, "backup", kit, "--follow", "--drill"]
        following = subprocess.Popen(  # noqa: ASYNC220
            words, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        said = await asyncio.to_thread(_until_following, following)
        print(said)
        assert "drill: account" in said
        await crowd.publish(40)
        await _received(server)
        await asyncio.sleep(3 * SEND_EVERY_S)
        await asyncio.to_thread(kill_all, server)
        following.send_signal(signal.SIGTERM)
        await asyncio.to_thread(following.wait, 60)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in bucket.items():
                patch.setenv(name, value)
            known = await names(bucket_at(kit))
        assert len({name.partition("/")[0] for name in known if name.startswith("base-")}) == 3
        assert {"handover/HANDOVER.md", "handover/handover.json"} <= known.keys()
        shutil.rmtree(server.home)
        print(await asyncio.to_thread(server.run, "restore", kit))
        assert list(server.home.glob(".kit-*")) == []
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(crowd.sign_in_again)
        await asyncio.to_thread(crowd.check)
    finally:
        if following is not None and following.poll() is None:
            following.kill()
        await asyncio.to_thread(server.stop)
