"""The status page on a server of files: it says by itself that nobody keeps it up to date."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import health
from parvis.worker import status_files, status_page


@pytest.fixture
def files(tmp_path: Path) -> Iterator[str]:
    """Where the folder is served, and by whom: a program that knows nothing of Parvis."""
    serve = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/status/"
    server.shutdown()
    server.server_close()


def write(settings: Settings, judgement: health.Judgement) -> None:
    status_files.write(Path(settings.status_directory), status_page.files(settings, judgement, []))


def test_a_page_that_nobody_writes_any_more_says_so(chrome: Browser, files: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, status_directory=str(tmp_path / "status"))
    page = chrome.new_page()
    write(settings, health.Judgement(utc_now(), "healthy", ()))
    with page.expect_request(lambda one: one.method == "HEAD"):
        page.goto(files)
    expect(page.get_by_role("status")).to_have_text("All is well.")
    write(settings, health.Judgement(utc_now() - timedelta(minutes=2), "healthy", ()))
    later = utc_now().timestamp() + 10  # files are told apart by the second
    os.utime(tmp_path / "status" / "index.html", (later, later))
    page.goto(files)
    expect(page.get_by_role("status")).to_contain_text("Nobody has looked for a while")
    page.close()


def test_moments_are_in_words_and_by_the_clock_of_whoever_reads(chrome: Browser, files: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, status_directory=str(tmp_path / "status"))
    write(settings, health.Judgement(datetime(2026, 8, 7, 22, 5, tzinfo=UTC), "healthy", ()))
    for scripts, name, said in (
        (True, "index.html", "Looked at 8 August 2026, 00:05; this page renews itself."),
        (True, "index.fr.html", "Observé le 8 août 2026, 00:05\u00a0; cette page"),
        (False, "index.html", "Looked at 7 August 2026, 22:05 UTC; this page renews itself."),
    ):
        context = chrome.new_context(timezone_id="Europe/Paris", java_script_enabled=scripts)
        page = context.new_page()
        page.goto(files + name)
        expect(page.locator("main")).to_contain_text(said)
        assert page.locator("time").first.get_attribute("datetime") == "2026-08-07T22:05:00.000Z"
        context.close()
