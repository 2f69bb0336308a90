"""Videos in Chromium: they play, change size with the connection, show captions, and obey keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import People
from tests.rig import films
from tests.rig.server import Server

WEBVTT = "WEBVTT\n\n00:00.000 --> 00:59.000\nWhat is said\n"
STATE = "v => ({at: v.currentTime, wide: v.videoWidth, error: v.error && v.error.message, paused: v.paused})"


def posted(server: Server, handle: str, film: Path, *, captions: str = "") -> str:
    """The path of a post that shows the film, once everything is made of it."""
    server.account(handle)
    headers = {"Authorization": f"Bearer {server.token(handle)}"}
    with httpx.Client(base_url=server.origin, headers=headers, timeout=30) as app:
        sent = app.post("/api/v2/media", files={"file": (film.name, film.read_bytes())}).json()
        until = time.monotonic() + 240
        while "processing" in (item := app.get(f"/api/v1/media/{sent['id']}").json()) or not item.get("url"):
            assert time.monotonic() < until, item
            time.sleep(0.2)
        if captions:
            answer = app.put(f"/api/parvis/v1/media/{sent['id']}/captions/en", json={"text": captions})
            assert answer.status_code == 200, answer.text
        status = app.post("/api/v1/statuses", json={"status": "A film", "media_ids": [sent["id"]]})
        assert status.status_code == 200, status.text
        return f"/@{handle}/{status.json()['id']}"


def state(video: Locator) -> dict[str, Any]:
    return json.loads(json.dumps(video.evaluate(STATE)))


def plays_on(page: Page, video: Locator, to_s: float, *, patience_s: float = 30) -> None:
    """The film goes on to that moment, without an error."""
    until = time.monotonic() + patience_s
    while (now := state(video))["at"] < to_s:
        assert now["error"] is None, now
        assert time.monotonic() < until, now
        page.wait_for_timeout(100)


def until(page: Page, true: str, *, patience_s: float = 30) -> None:
    """The expression is true on the page. (Playwright's own waiting evaluates strings, which our policy forbids.)"""
    end = time.monotonic() + patience_s
    while not page.evaluate(true):
        assert time.monotonic() < end, true
        page.wait_for_timeout(100)


def test_a_video_plays_with_captions_and_obeys_keys(
    people: People, handle: Callable[[str], str], tmp_path: Path, server: Server
) -> None:
    film = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=4)
    page = people.page()
    page.goto(posted(server, handle("alice"), film, captions=WEBVTT))
    video = page.locator("video")
    expect(video).to_be_visible()
    assert state(video)["paused"]
    assert not page.evaluate("performance.getEntriesByType('resource').some(r => r.name.includes('hls.js'))")

    video.evaluate("v => { v.muted = true; v.play().catch(() => {}) }")
    plays_on(page, video, 1.0)
    assert page.evaluate("performance.getEntriesByType('resource').some(r => r.name.includes('hls.js'))")
    assert page.locator("[data-player]").get_attribute("data-lines") == "180"
    bar = page.locator("[data-player-bar]")
    expect(bar).to_be_visible()

    track = "v => { const t = v.textTracks[0]; return [t.label, t.mode, t.activeCues && [...t.activeCues].map(c => c.text)] }"
    if video.evaluate(track)[1] != "showing":
        video.focus()
        page.keyboard.press("c")
    until(page, "document.querySelector('video').textTracks[0].activeCues?.length === 1")
    assert video.evaluate(track) == ["English", "showing", ["What is said"]]

    strip = page.locator("[data-strip]")
    expect(strip).to_be_visible()
    strip.hover(position={"x": 10, "y": 3})
    expect(page.locator("[data-preview]")).to_be_visible()
    assert "-tiles.webp" in page.locator("[data-preview]").evaluate("e => getComputedStyle(e).backgroundImage")

    bar.get_by_label("Speed").select_option("2")
    assert video.evaluate("v => v.playbackRate") == 2
    video.focus()
    page.keyboard.press("k")
    until(page, "document.querySelector('video').paused")
    page.keyboard.press("0")
    until(page, "document.querySelector('video').currentTime < 0.3")
    assert page.url.endswith(page.evaluate("location.pathname"))


def test_without_scripts_the_plain_file_plays(
    people: People, handle: Callable[[str], str], tmp_path: Path, server: Server
) -> None:
    film = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=1)
    page = people.page(scripts=False)
    page.goto(posted(server, handle("alice"), film))
    source = page.locator("video[controls] > source")
    address = source.get_attribute("src") or ""
    assert address.endswith(".mp4")
    answer = httpx.get(server.origin + address, headers={"Range": "bytes=0-99"})
    assert (answer.status_code, answer.headers["content-type"]) == (206, "video/mp4")
    assert page.locator("video[autoplay]").count() == 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_video_gets_smaller_when_the_connection_does(
    people: People, handle: Callable[[str], str], tmp_path: Path, server: Server
) -> None:
    film = films.pattern(tmp_path / "a.mp4", *films.H264, "-b:v", "6M", "-g", "50", size="1280x720", seconds=60)
    page = people.page()
    page.goto(posted(server, handle("alice"), film))
    video, box = page.locator("video"), page.locator("[data-player]")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    video.evaluate("v => { v.style.width = '1280px'; v.muted = true; v.play().catch(() => {}) }")
    plays_on(page, video, 1.0)
    box.evaluate("b => { b.hls.capLevelToPlayerSize = false; b.hls.autoLevelCapping = -1 }")
    # Little is fetched ahead, so that what is fetched under other conditions is soon what is seen.
    box.evaluate("b => { b.hls.config.maxBufferLength = b.hls.config.maxMaxBufferLength = 8 }")
    until(page, "document.querySelector('[data-player]').dataset.lines === '720'", patience_s=30)
    slow = {"offline": False, "latency": 60, "downloadThroughput": 900_000 / 8, "uploadThroughput": 100_000}
    network.send("Network.emulateNetworkConditions", slow)
    until(page, "Number(document.querySelector('[data-player]').dataset.lines) < 720", patience_s=60)
    low = box.get_attribute("data-lines")
    at = state(video)["at"]
    plays_on(page, video, at + 2)
    fast = slow | {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", fast)
    print(f"\n720 lines, then {low} at 900 kbit/s, playing on at {state(video)['at']:.1f} s")
    assert state(video)["error"] is None
