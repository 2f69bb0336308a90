"""The form for writing takes videos: in parts, with a pause, on through a lost connection, until they can be posted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.rig import films


def test_a_video_is_sent_paused_resumed_and_posted(
    people: People, handle: Callable[[str], str], tmp_path: Path
) -> None:
    film = films.pattern(tmp_path / "a.mp4", *films.H264, size="320x180", seconds=2)
    page = people.signed_up(handle("alice"))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": film.stat().st_size / 6}
    network.send("Network.emulateNetworkConditions", slow)
    page.locator("input[data-files]").set_input_files(film)
    line = page.locator(".compose-picture")
    line.get_by_role("button", name="Pause").click()
    expect(line.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.get_by_role("button", name="Publish")).to_be_disabled()
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    line.get_by_role("button", name="Resume").click()
    page.get_by_label("What it shows or says").fill("A pattern")
    publish = page.get_by_role("button", name="Publish")
    expect(publish).to_be_enabled(timeout=60_000)
    publish.click()
    expect(page.locator("article.post video[aria-label='A pattern']")).to_be_visible()
