"""A minute of video, as people send it: how soon it can be watched, what the whole ladder costs, and whether every size
of it is what was sent.
"""

from __future__ import annotations

import asyncio
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from tests.rig import films
from tests.rig.people import Person
from tests.rig.world import World

pytestmark = pytest.mark.long

MINUTE = 60
KINDS = {
    "h264": ("a.mp4", (*films.H264, "-g", "60", "-b:v", "6M", "-maxrate", "8M", "-bufsize", "12M"), 5.0),
    "vp9": ("a.webm", (*films.VP9, "-b:v", "4M", "-row-mt", "1"), 15.0),
    "ten-bit": ("a.mkv", ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-c:a", "flac"), 15.0),
}


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def playable(alice: Person, path: str) -> float:
    """The moment when the upload could first be posted."""
    while (await alice.get(path)).status_code == 206:  # noqa: ASYNC110  # so do apps
        await asyncio.sleep(0.25)
    return time.monotonic()


async def rungs_of(world: World, item: dict[str, Any], folder: Path) -> list[Path]:
    """The file of every size that the master playlist names, and the one for players without playlists."""
    base = item["url"].rpartition("/")[0]
    master = (await world.client.get(f"{base}/master.m3u8")).text
    names = [line.replace("m3u8", "m4s") for line in master.splitlines() if line and line[0] != "#"]
    paths = []
    for name in [*names, item["url"].rpartition("/")[2]]:
        paths.append(folder / name)
        paths[-1].write_bytes((await world.client.get(f"{base}/{name}")).content)
    return paths


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_minute_can_be_watched_within_seconds_and_every_size_is_true(
    world: World, tmp_path: Path, kind: str
) -> None:
    name, words, soon_s = KINDS[kind]
    alice = await world.person("alice")
    sent = await asyncio.to_thread(films.flashing, tmp_path / name, *words, seconds=MINUTE)
    began, before = time.monotonic(), children_cpu_s()
    answer = await world.client.post(
        "/api/v2/media", files={"file": (name, sent.read_bytes(), "video/mp4")}, headers=alice.headers
    )
    assert answer.status_code == 202, answer.text
    path = f"/api/v1/media/{answer.json()['id']}"
    waiting = asyncio.create_task(playable(alice, path))
    await world.settle()
    whole_s, cpu_s = time.monotonic() - began, children_cpu_s() - before
    first_s = await waiting - began
    item = (await alice.get(path)).json()
    print(
        f"\n{kind}: {sent.stat().st_size / 1e6:.0f} MB, first playable {first_s:.1f} s, whole ladder {whole_s:.0f} s, "
        f"{cpu_s:.0f} core-seconds ({cpu_s / MINUTE:.2f} per second of video)"
    )
    for file in await rungs_of(world, item, tmp_path):
        seen = await asyncio.to_thread(films.watched, file)
        print(
            f"  {file.name}: {seen.height} lines, {seen.pictures} pictures, video {seen.video_s:.2f} s, "
            f"audio {seen.audio_s:.2f} s, flash and beep at most {seen.apart_s * 1000:.0f} ms apart"
        )
        assert seen.video_s == pytest.approx(MINUTE, abs=0.1)
        assert seen.audio_s == pytest.approx(MINUTE, abs=0.1)
        assert len(seen.flashes) == MINUTE // films.FLASHES
        assert seen.apart_s < 0.08
    assert first_s <= soon_s
