"""Every page, for everybody: axe, narrow screens, large letters, forced colours, less motion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import DESK, PHONE
from tests.browser.places import Places, missed, sign_in, speak, walkers
from tests.browser.test_axe import problems
from tests.rig.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]
NARROW = (320, 640)
DOUBLED = (640, 450)  # what a desk of 1,280 × 900 has for a page at 200 %

# What reaches past the right (or left) edge and belongs to nothing that scrolls by itself.
SPILLING = """
() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const contained = (one) => /(auto|scroll|hidden|clip)/.test(getComputedStyle(one).overflowX);
  const scrolls = (one) => one && (contained(one) || scrolls(one.parentElement));
  const spills = ({ width: own, left, right }) => own > 0 && (right > width + 1 || left < -1);
  return [...document.body.querySelectorAll("*")]
    .filter((one) => spills(one.getBoundingClientRect()) && !scrolls(one.parentElement))
    .slice(0, 4).map((one) => one.outerHTML.slice(0, 160));
}
"""
MOVING = """
() => [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
}).map((one) => one.outerHTML.slice(0, 120)).slice(0, 3)
"""
# With forced colours shapes are told by lines alone: what can be pressed has a border, an icon or an underline.
BARE = """
() => [...document.querySelectorAll("main button, main a.button, main summary")].filter((one) => {
  const style = getComputedStyle(one);
  if (!one.getBoundingClientRect().width || one.disabled || one.classList.contains("visually-hidden")) return false;
  if (parseFloat(style.borderTopWidth) || /underline/.test(style.textDecorationLine)) return false;
  return !one.querySelector("svg, img, .avatar") && !one.closest(".talk") && one.textContent.trim().length < 2;
}).map((one) => one.outerHTML.slice(0, 160)).slice(0, 3)
"""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """A server of its own, because its door is not to be open."""
    server = Server(tmp_path_factory.mktemp("places"))
    server.settings["PARVIS_GATE"] = "auto"
    server.start()
    made = Places(server)
    try:
        server.run("gate", "open")
        made.furnish()
        yield made
    finally:
        server.stop()


@pytest.fixture(scope="module")
def kept(places: Places, chrome: Browser) -> dict[str, Any]:
    """What Ana's browser remembers, and that of somebody in line."""
    found: dict[str, Any] = {}
    for name in ("ana", "waiting"):
        context = chrome.new_context(base_url=places.server.origin, locale="en-GB")
        page = context.new_page()
        if name == "ana":
            sign_in(page)
            places.invite(page)
        else:
            places.queue(page)
        found[name] = context.storage_state()
        context.close()
    return found


def test_no_page_is_left_out(places: Places, kept: dict[str, Any]) -> None:
    assert kept.keys() == {"ana", "waiting"}
    assert missed(places.all) == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_any_page(
    places: Places,
    kept: dict[str, Any],
    chrome: Browser,
    scheme: str,
    size: tuple[int, int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    walking = walkers(chrome, places, kept, color_scheme=scheme, viewport=viewport)
    found: list[str] = []
    walk = walking.walk()
    for page, path in walk:
        page.goto(path)
        found += problems(page)
    walking.close()
    with capsys.disabled():
        print(f"\n{scheme}, {size[0]} px: {len(walk)} pages, {len(found)} violations", *found, sep="\n")
    assert "\n".join(found) == ""


@pytest.mark.parametrize("size", [NARROW, DOUBLED, PHONE], ids=["320-px", "200-percent", "phone"])
@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_no_page_is_wider_than_the_screen(
    places: Places, kept: dict[str, Any], chrome: Browser, size: tuple[int, int], locale: str
) -> None:
    walking = walkers(chrome, places, kept, viewport={"width": size[0], "height": size[1]}, locale=locale)
    speak(walking.ana, locale[:2])
    found: list[Any] = []
    for page, path in walking.walk():
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == locale[:2], path
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if wide:
            found.append((path, page.evaluate(SPILLING)))
    walking.close()
    assert found == []


def test_with_forced_colours_and_less_motion_everything_can_be_told_and_nothing_moves(
    places: Places, kept: dict[str, Any], chrome: Browser
) -> None:
    walking = walkers(chrome, places, kept, forced_colors="active", viewport={"width": 390, "height": 844})
    found: list[Any] = []
    for page, path in walking.walk():
        page.goto(path)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        found += [(path, one) for one in page.evaluate(BARE) + page.evaluate(MOVING)]
        page.keyboard.press("Tab")
        lines = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if lines == "none":
            found.append((path, "no visible focus", page.evaluate("document.activeElement.outerHTML.slice(0, 160)")))
    walking.close()
    assert found == []
