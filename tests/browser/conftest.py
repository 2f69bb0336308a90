"""Chromium against a running server. Every page is watched: a message on the console, a violation of the policy or a
request to another server fails the test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.rig.pictures import png
from tests.rig.server import Server
from tests.rig.tools import chromium

# The browser's own panels below its address line are pages with much script, made for every window and never seen here:
# without them a window costs a third. The last such list counts, so those that Playwright turns off stand in it too.
_TURNED_OFF = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch",
)  # fmt: skip
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_TURNED_OFF)}",
]
PHONE, DESK = (390, 844), (1280, 900)
PASSWORD = "a long password"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These are tests that need a browser: without one they are skipped, and the run says so at its end."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """One browser process for the tests of a file; each test gets profiles of its own.

    Not for the whole run: while it is open its event loop counts as running, and asynchronous tests could not start.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """What went wrong in the pages of a test."""

    server: Server
    expected: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", self._asked)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(re.search(one, message.text) for one in self.expected):
            self.problems.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(self.server.origin).netloc and request.url[:5] != "data:":
            self.problems.append(f"request to {request.url}")


@dataclass
class People:
    """Opens browsers, as one person each."""

    server: Server
    chrome: Browser
    watched: Watched
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, size: tuple[int, int] = DESK, *, scripts: bool = True, **options: object) -> Page:
        """A page of a browser that nobody is signed in with."""
        context = self.chrome.new_context(
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=scripts,
            base_url=self.server.origin,
            **{"locale": "en-GB", **options},  # type: ignore[arg-type]
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        return self.watched.watch(context.new_page())

    def signed_up(self, handle: str, size: tuple[int, int] = DESK, *, scripts: bool = True) -> Page:
        """A page of a browser whose owner has just signed up, by hand."""
        page = self.page(size, scripts=scripts)
        page.goto("/")
        page.get_by_role("link", name="Sign up").locator("visible=true").first.click()
        page.get_by_label("Name on the square").fill(handle)
        page.get_by_label("E-mail address").fill(f"{handle}@mail.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        page.wait_for_url("**/home")
        return page


@pytest.fixture
def watched(server: Server) -> Iterator[Watched]:
    made = Watched(server)
    yield made
    assert made.problems == []


@pytest.fixture
def people(server: Server, chrome: Browser, watched: Watched) -> Iterator[People]:
    made = People(server, chrome, watched)
    yield made
    for context in made.contexts:
        context.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "field.png"
    path.write_bytes(png(640, 400))
    return path


_count = 0


@pytest.fixture
def handle() -> Callable[[str], str]:
    """Names that nobody on the shared server has yet."""

    def fresh(name: str) -> str:
        global _count
        _count += 1
        return f"{name}{_count}"

    return fresh
