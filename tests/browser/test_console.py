"""The console in Chromium: the owner runs the place from a phone, with scripts and without; axe finds nothing on any page."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Page

from parvis import console
from parvis.console import routing
from tests.browser.conftest import DESK, PASSWORD, PHONE, People
from tests.browser.test_axe import problems
from tests.rig.pictures import png
from tests.rig.server import Server

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

console.route_handlers()
PAGES = sorted(
    one.path
    for one in routing.door.pages
    if one.method == "GET" and "{" not in one.path and not one.path.endswith((".csv", ".json"))
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: its owner changes what it is called."""
    made = Server(tmp_path_factory.mktemp("console"))
    made.start()
    try:
        made.account("olga", PASSWORD, role="owner")
        made.account("ben", PASSWORD)
        yield made
    finally:
        made.stop()


def sign_in(page: Page, name: str = "olga") -> Page:
    page.goto("/sign-in")
    page.get_by_label("E-mail address or name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/home")
    return page


def by_the_way(page: Page, words: str) -> None:
    """On to a page of the console by what is on the screen."""
    folded = page.locator("details.ways-menu")
    if folded.is_visible():
        folded.locator("summary").click()
        folded.get_by_role("link", name=words, exact=True).click()
    else:
        page.locator("aside").get_by_role("link", name=words, exact=True).click()
    page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_the_owner_runs_the_place_from_a_phone(people: People, handle: Callable[[str], str], scripts: bool) -> None:
    mona = handle("mona")
    people.server.account(mona, PASSWORD)
    page = sign_in(people.page(PHONE, scripts=scripts))
    page.goto("/console")
    by_the_way(page, "Announcements")
    page.get_by_label("What you want to say").first.fill("We move to a larger machine at noon.")
    page.get_by_role("button", name="Announce", exact=True).click()
    page.get_by_role("button", name="End it").first.click()
    by_the_way(page, "Rules")
    page.get_by_label("The rule, in one sentence").last.fill("Be kind.")
    page.get_by_role("button", name="Publish", exact=True).click()
    page.locator("summary", has_text="Change").last.click()
    page.locator("ol.list > li").last.get_by_label("The rule, in one sentence").fill("Be kind, always.")
    page.locator("ol.list > li").last.get_by_role("button", name="Publish as a new version").click()
    assert page.get_by_text("an earlier version of rule").count() >= 1
    by_the_way(page, "Emoji")
    page.get_by_label("Its word").fill(f"cat_{mona[-4:]}")
    page.get_by_label("Picture").set_input_files({"name": "cat.png", "mimeType": "image/png", "buffer": png(64, 64)})
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name=re.compile("Let rest")).first.click()
    by_the_way(page, "Settings")
    page.get_by_label("One sentence about it").fill(f"A square for {mona}.")
    page.locator("form", has=page.get_by_label("One sentence about it")).get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    assert page.get_by_label("One sentence about it").input_value() == f"A square for {mona}."
    by_the_way(page, "Staff")
    page.get_by_label("Who", exact=True).fill(mona)
    page.locator("input[name=role][value=moderator]").check()
    page.get_by_role("button", name="Give the role").click()
    page.wait_for_load_state()
    assert page.locator("ul.list").get_by_text(f"@{mona}").count() >= 1
    by_the_way(page, "Log")
    said = page.locator(".entries").inner_text()
    for words in (
        "Gave somebody a role",
        "Changed a setting",
        "Let an emoji rest",
        "Changed a rule",
        "Ended an announcement",
    ):
        assert words in said
    monas = sign_in(people.page(DESK, scripts=scripts), mona)
    monas.goto("/console")
    assert monas.locator("aside").get_by_role("link", name="Log", exact=True).is_visible()
    assert monas.locator("aside").get_by_role("link", name="Settings", exact=True).count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_any_page_of_the_console(
    people: People, scheme: str, size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    page = sign_in(people.page(size, color_scheme=scheme, reduced_motion="reduce"))
    found: list[str] = []
    for path in PAGES:
        page.goto(path)
        page.evaluate("document.querySelectorAll('main details:not(.menu)').forEach((one) => { one.open = true; })")
        found += problems(page)
        wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            found.append(f"{path} is {wide} px too wide")
        if folder := os.environ.get("PARVIS_SCREENS"):
            name = path.strip("/").replace("/", "-")
            page.screenshot(path=str(Path(folder) / f"{name}-{size[0]}-{scheme}.png"), full_page=True)
    with capsys.disabled():
        print(f"\n{scheme}, {size[0]} px: {len(PAGES)} pages of the console, {len(found)} violations")
    assert unescape("\n".join(found)) == ""
