"""Death and want while pictures are taken in: a client that tries again has its picture, and nothing is left over."""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import pytest
import pyvips

from parvis.base.clock import utc_now
from parvis.base.settings import from_environment
from parvis.commands import installation
from parvis.domain import media
from parvis.infra.opening import open_services
from tests.faults.processes import everyone_of, family
from tests.rig import stored
from tests.rig.pictures import jpeg, noise_png
from tests.rig.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

KILLS = 8


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One web process, so that it is known who reads the next picture."""
    made = Server(tmp_path, settings={"PARVIS_WEB_WORKERS": "1"})
    made.start()
    try:
        made.account("alice")
        yield made
    finally:
        made.stop()


async def test_uploads_cut_short_are_done_again_and_leave_nothing(server: Server) -> None:
    picture = noise_png(1600, 1200)
    headers = {"Authorization": f"Bearer {server.token('alice')}"}
    found: dict[str, str] = {}
    failures = 0
    for _ in range(KILLS):
        killer = threading.Timer(random.uniform(0.05, 0.8), _kill_web_workers, [server])
        killer.start()
        found, failed = _upload_until_taken(server, headers, picture)
        killer.join()
        failures += failed
    print(f"{KILLS} uploads with the web workers killed meanwhile: {failures} attempts failed")
    assert failures
    post = _post(server, headers, found["id"])
    _is_complete(post["media_attachments"][0])
    assert await _after_a_purge(server) == {Path(found["url"]).parent.name}
    _is_complete(post["media_attachments"][0])


def _kill_web_workers(server: Server) -> None:
    for worker in everyone_of(server, "web-worker"):
        worker.kill()


def _upload_until_taken(server: Server, headers: dict[str, str], picture: bytes) -> tuple[dict[str, str], int]:
    """The picture as it was taken, and how many attempts that cost."""
    end, failed = time.monotonic() + 60, 0
    while time.monotonic() < end:
        try:
            answer = httpx.post(
                f"{server.origin}/api/v2/media", headers=headers, files={"file": ("a.png", picture)}, timeout=30
            )
        except httpx.HTTPError:
            failed += 1
        else:
            if answer.status_code == 200:
                return answer.json(), failed
            assert answer.status_code == 503, answer.text
            failed += 1
        time.sleep(0.1)
    raise AssertionError("the picture was never taken")


def _post(server: Server, headers: dict[str, str], media_id: str) -> dict[str, list[dict[str, str]]]:
    end = time.monotonic() + 20
    while True:
        try:
            answer = httpx.post(
                f"{server.origin}/api/v1/statuses",
                json={"status": "a picture", "media_ids": [media_id]},
                headers=headers | {"Idempotency-Key": media_id},
                timeout=20,
            )
        except httpx.HTTPError:
            assert time.monotonic() < end
            continue
        assert answer.status_code == 200, answer.text
        return answer.json()


def _is_complete(attachment: dict[str, str]) -> None:
    """Both sizes can be fetched and are whole."""
    for url in (attachment["url"], attachment["preview_url"]):
        answer = httpx.get(url, timeout=20)
        assert answer.status_code == 200, (url, answer.status_code)
        assert pyvips.Image.new_from_buffer(answer.content, "", fail_on="warning").avg() > 0


async def _after_a_purge(server: Server) -> set[str]:
    """The folders of pictures that are left two days later, when everything forgotten has been swept away."""
    aside = [folder for folder in (server.home / "media" / ".incoming", server.home / "incoming") if folder.exists()]
    assert aside
    for part in [part for folder in aside for part in folder.iterdir()]:
        old = time.time() - 2 * 86_400
        os.utime(part, (old, old))
    settings = from_environment(server.environment)
    async with installation(settings) as reached, open_services(reached, application="test") as services:
        await media.purge_unattached(services, now=utc_now() + timedelta(days=2))
        async with services.db.connection() as db:
            rows = await db.fetch("SELECT key FROM media")
        found = await stored.keys(services.storage, "posts")
        found += await stored.keys(services.storage, "originals")
    assert not [part for folder in aside for part in folder.iterdir()]
    folders = {key.rpartition("/")[0] for key in found}
    assert folders == {row["key"] for row in rows}
    return {folder.rpartition("/")[2] for folder in folders}


def test_a_picture_process_without_memory_costs_one_process(server: Server) -> None:
    headers = {"Authorization": f"Bearer {server.token('alice')}"}
    _, failed = _upload_until_taken(server, headers, jpeg())
    assert not failed
    starved = _picture_processes(server)
    assert starved
    for process in starved:
        _starve(process)
    taken, failed = _upload_until_taken(server, headers, noise_png(4000, 3000))
    assert not failed, "a fresh process should have read the picture"
    _is_complete(_post(server, headers, taken["id"])["media_attachments"][0])
    assert "images.process_lost" in server.log()
    assert not any(process.is_running() for process in starved)


def _starve(process: psutil.Process) -> None:
    """It gets no memory any more. Its own account may say so; root may not everywhere."""
    owner = {"user": process.uids().real, "group": process.gids().real, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(["prlimit", "--pid", str(process.pid), f"--as={process.memory_info().vms}"], check=True, **owner)


def _picture_processes(server: Server) -> list[psutil.Process]:
    return [one for one in family(server) if "parvis.infra.image_process" in one.cmdline()]
