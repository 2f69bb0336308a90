"""Chromium is counted, with and without the service worker, and the owner reads what was counted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PASSWORD, PHONE, People
from tests.browser.test_axe import problems

# The browser of the tests says that it is headless, and so is a program.
SOMEBODY = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HANDED_OVER_S = 150


def owner(people: People, handle: Callable[[str], str], **options: Any) -> Page:
    """A page of the browser of somebody who owns the place."""
    name = handle("olga")
    people.server.account(name, role="owner")
    page = people.page(user_agent=SOMEBODY, **options)
    page.goto("/sign-in")
    page.get_by_label("E-mail address or name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/home")
    return page


def counted(page: Page) -> dict[tuple[str, str], int]:
    document = page.request.get("/console/insights.json?days=7").json()
    found: dict[tuple[str, str], int] = {}
    for one in document["counts"]:
        key = one["kind"], one["name"]
        found[key] = found.get(key, 0) + one["count"]
    return found


@pytest.mark.long
@pytest.mark.timeout(600)
def test_pages_count_once_whether_or_not_the_service_worker_fetches_them(
    people: People, handle: Callable[[str], str]
) -> None:
    olga = owner(people, handle)
    before = counted(olga)
    page = people.page(user_agent=SOMEBODY)
    page.goto("/explore/people")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(1500)
    for _ in range(3):
        page.goto("/explore/people")
    with page.expect_response("**/installed") as answer:
        page.evaluate("() => { dispatchEvent(new Event('appinstalled')); dispatchEvent(new Event('appinstalled')); }")
    assert answer.value.status == 204
    wanted = {("page", "/explore/people"): 4, ("install", "installed"): 1}
    until = time.monotonic() + HANDED_OVER_S
    grown: dict[tuple[str, str], int] = {}
    while grown != wanted and time.monotonic() < until:
        time.sleep(3)
        after = counted(olga)
        grown = {key: after.get(key, 0) - before.get(key, 0) for key in wanted}
    print(f"four looks of a browser, three of them through its service worker: {grown}")
    assert grown == wanted


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_the_owners_page_of_numbers(
    people: People, handle: Callable[[str], str], scheme: str, size: tuple[int, int]
) -> None:
    page = owner(people, handle, size=size, color_scheme=scheme, reduced_motion="reduce")
    page.goto("/console/insights?days=30")
    for summary in page.locator("main .page details summary").all():
        summary.click()
    found = problems(page)
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if folder := os.environ.get("PARVIS_SCREENS"):
        page.screenshot(path=str(Path(folder) / f"insights-{size[0]}-{scheme}.png"), full_page=True)
    print(f"{scheme}, {size[0]} px: {len(found)} violations, {wide} px too wide")
    assert found == []
    assert wide <= 0
