"""A full disk refuses writes honestly and loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.faults.crowd import Crowd
from tests.rig.server import Server


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 400 MB; only root may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m,mode=755", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here: root is needed")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_full_disk_refuses_and_loses_nothing(small_disk: Path) -> None:
    server = Server(small_disk / "var")
    server.start()
    try:
        crowd = Crowd(server)
        crowd.gather(2)
        asyncio.run(crowd.publish(20))
        ballast = small_disk / "ballast"
        _fill(ballast)
        refused = _publish_until_refused(crowd)
        print(f"with a full disk: {refused.status_code} {refused.text[:120]}")
        assert refused.status_code in (503, 507)
        assert "error" in refused.json()
        with httpx.Client(base_url=server.origin, timeout=20) as client:
            read = client.get("/api/v1/timelines/home", headers=crowd.of("reader"))
            assert read.status_code in (200, 503)
        ballast.unlink()
        asyncio.run(crowd.publish(20))
        crowd.check()
    finally:
        server.stop()


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        block = os.urandom(1024 * 1024)
        try:
            while True:
                file.write(block)
        except OSError:
            pass
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def _publish_until_refused(crowd: Crowd) -> httpx.Response:
    """The first refusal; what is acknowledged before it counts like everything else."""
    with httpx.Client(base_url=crowd.server.origin, timeout=30) as client:
        for number in range(3000):
            words = f"author0 says while the disk fills {number}"
            answer = client.post(
                "/api/v1/statuses",
                json={"status": words + " " + "long " * 150},
                headers=crowd.of("author0") | {"Idempotency-Key": words},
            )
            if answer.status_code != 200:
                return answer
            crowd.acknowledged[words + " " + ("long " * 150).strip()] = str(answer.json()["id"])
    raise AssertionError("a full disk refused nothing")
