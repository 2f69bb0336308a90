"""Work that can wait stands still while the site has more to do than it can."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from parvis.infra import pressure, video
from parvis.infra.news import News
from parvis.infra.pressure import Pressure
from tests.rig import films


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def encoders(folder: Path) -> list[psutil.Process]:
    """What works in the folder."""
    found = []
    for one in psutil.Process().children():
        try:
            if one.cwd() == str(folder):
                found.append(one)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def stopped(folder: Path) -> bool:
    return [one.status() for one in encoders(folder)] == [psutil.STATUS_STOPPED]


def a_long_encoding(folder: Path, pressed: video.Pressed) -> asyncio.Task[None]:
    films.pattern(folder / "source", "-f", "mp4", *films.H264, seconds=2)
    video.open_folder(folder)
    words = ["-stream_loop", "20", "-f", "mov", "-i", "source", "-c:v", "libx264", "-preset", "veryslow", "out.mp4"]
    return asyncio.create_task(video.encode(folder, words, duration_ms=None, pressed=pressed))


async def test_the_encoder_stands_still_under_pressure_and_goes_on_after_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    pressed = True
    encoding = a_long_encoding(tmp_path, lambda: pressed)
    await until(lambda: stopped(tmp_path))
    pressed = False
    await until(lambda: encoders(tmp_path) and not stopped(tmp_path))
    pressed = True
    await until(lambda: stopped(tmp_path))
    encoding.cancel()
    await asyncio.gather(encoding, return_exceptions=True)
    assert encoders(tmp_path) == [], "what stands still can be ended"


async def test_a_site_that_is_always_pressed_gives_its_videos_a_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "LONGEST_REST_S", 0.1)
    tmp_path.chmod(0o755)
    encoding = a_long_encoding(tmp_path, lambda: True)
    await until(lambda: stopped(tmp_path))
    await until(lambda: encoders(tmp_path) and not stopped(tmp_path))
    encoding.cancel()
    await asyncio.gather(encoding, return_exceptions=True)


async def test_pressure_is_told_twice_a_second_and_passes_by_itself(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, hearing = News(nats_url), News(nats_url)
    worker, web = Pressure(), Pressure()
    try:
        for one in (told, hearing):
            await one.open()
        await worker.listen(hearing)
        assert await hearing.ready(within_s=20)
        assert await told.ready(within_s=20)
        await web.tell(told, 0)
        assert not worker.heard
        published: list[float] = []
        publish = told.publish

        async def counted(subject: str, payload: bytes) -> None:
            published.append(time.monotonic())
            await publish(subject, payload)

        monkeypatch.setattr(told, "publish", counted)
        until_s = time.monotonic() + 1.2
        while time.monotonic() < until_s or not worker.heard:
            await web.tell(told, 2)
            await asyncio.sleep(0.01)
        assert all(later - earlier >= 0.4 for earlier, later in itertools.pairwise(published))
        monkeypatch.setattr(pressure, "LASTS_S", 0.2)
        await until(lambda: not worker.heard)
    finally:
        for one in (told, hearing):
            await one.close()
