"""The worker is killed while it works on videos, at moments that nobody chose: each is complete in the end, once."""

from __future__ import annotations

import random
import time
from pathlib import Path

import httpx
import pytest

from tests.faults.processes import kill
from tests.rig import films
from tests.rig.server import Server

VIDEOS, KILLS = 4, 10


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_video_is_complete_once_though_its_worker_was_killed_ten_times(tmp_path: Path) -> None:
    server = Server(tmp_path / "home")
    server.start()
    try:
        server.account("alice")
        film = films.pattern(tmp_path / "a.webm", *films.VP9, size="1280x720", seconds=8)
        headers = {"Authorization": f"Bearer {server.token('alice')}"}
        with httpx.Client(base_url=server.origin, headers=headers, timeout=30) as app:
            ids = [
                app.post("/api/v2/media", files={"file": ("a.webm", film.read_bytes())}).json()["id"]
                for _ in range(VIDEOS)
            ]
            chance, moments = random.Random(5), []
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.3, 4))
                moments.append([app.get(f"/api/v1/media/{one}").json().get("processing") for one in ids])
                kill(server, "worker")
                _is_back(server)
            items = [_complete(app, one) for one in ids]
            rungs = [_rungs(app, item, tmp_path) for item in items]
        under_way = sum(any(one and one["doing"] for one in moment) for moment in moments)
        print(f"\n{KILLS} kills, {under_way} while a video was half made; each of {VIDEOS} has {rungs[0]}")
        assert under_way > KILLS // 2
        assert rungs == [[240, 360, 720]] * VIDEOS
        assert list((tmp_path / "home" / "media" / "originals").rglob("*.*")) == []
        assert "job.parked" not in server.log()
    finally:
        server.stop()


def _is_back(server: Server) -> None:
    from tests.faults.processes import everyone_of

    until = time.monotonic() + 20
    while not everyone_of(server, "worker"):
        assert time.monotonic() < until
        time.sleep(0.05)


def _complete(app: httpx.Client, media_id: str) -> dict[str, str]:
    until = time.monotonic() + 300
    while True:
        item = app.get(f"/api/v1/media/{media_id}").json()
        assert "error" not in item, item
        if item["url"] and "processing" not in item:
            return item
        assert time.monotonic() < until, item
        time.sleep(0.3)


def _rungs(app: httpx.Client, item: dict[str, str], folder: Path) -> list[int]:
    """The lines of each size, once it was decoded to its end."""
    base = item["url"].rpartition("/")[0]
    names = [line for line in app.get(f"{base}/master.m3u8").text.splitlines() if line and line[0] != "#"]
    for name in names:
        path = folder / name.replace("m3u8", "mp4")
        path.write_bytes(app.get(f"{base}/{name.replace('m3u8', 'm4s')}").content)
        count, last = films.decoded(path)
        assert count == pytest.approx(200, abs=3), name
        assert last == pytest.approx(8, abs=0.2), name
    return [int(name.partition("p-")[0]) for name in names]
