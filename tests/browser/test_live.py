"""Tabs share one connection; nothing is lost or doubled when it is cut, sleeps, or its tab closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, PASSWORD, People, Watched
from tests.rig.relay import Relay, relay
from tests.rig.server import Server
from tests.rig.tools import chromium


@pytest.fixture
def wire(server: Server) -> Iterator[Relay]:
    with relay(urlsplit(server.origin).port or 0) as made:
        yield made


@pytest.fixture
def chrome(server: Server, wire: Relay) -> Iterator[Browser]:
    """A browser whose way to the server leads through the wire."""
    host = urlsplit(server.origin).netloc
    with sync_playwright() as playwright:
        flags = [*FLAGS, f"--host-resolver-rules=MAP {host} 127.0.0.1:{wire.port}"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield browser
        browser.close()


@pytest.fixture
def watched(server: Server) -> Iterator[Watched]:
    made = Watched(server, expected=["net::ERR_", "Failed to load resource"])
    yield made
    assert made.problems == []


_tokens: dict[str, str] = {}


def says(people: People, name: str, text: str) -> None:
    """Somebody publishes with an app, past the wire."""
    if name not in _tokens:
        _tokens[name] = people.server.token(name)
    headers = {"Authorization": f"Bearer {_tokens[name]}"}
    answer = httpx.post(f"{people.server.origin}/api/v1/statuses", data={"status": text}, headers=headers)
    assert answer.status_code == 200, answer.text


def tabs(people: People, name: str, author: str) -> tuple[Page, Page]:
    """Two tabs of one browser, at home, by somebody who follows the author."""
    first = people.signed_up(name)
    first.goto(f"/@{author}")
    first.get_by_role("button", name="Follow", exact=True).click()
    first.get_by_role("button", name="Following").wait_for()
    second = people.watched.watch(first.context.new_page())
    for page in (first, second):
        page.clock.install()
        page.goto("/home")
    return first, second


def shown(page: Page) -> list[str]:
    return page.locator("[data-list] article.post .prose").all_inner_texts()


def test_two_tabs_share_one_connection_and_hand_it_on(
    people: People, handle: Callable[[str], str], wire: Relay
) -> None:
    bob, eve = handle("bob"), handle("eve")
    people.signed_up(bob).context.close()
    people.contexts.pop()
    first, second = tabs(people, eve, bob)
    first.locator("html[data-live-leader]").wait_for()
    before = wire.lives
    says(people, bob, "Heard in both")
    for page in (first, second):
        expect(page.locator("article.post", has_text="Heard in both")).to_have_count(1)
    assert second.locator("html[data-live-leader]").count() == 0
    assert wire.lives == before
    first.close()
    second.locator("html[data-live-leader]").wait_for()
    says(people, bob, "Heard by the other")
    expect(second.locator("article.post", has_text="Heard by the other")).to_have_count(1)
    assert wire.lives == before + 1


def test_a_cut_connection_leaves_no_gap(people: People, handle: Callable[[str], str], wire: Relay) -> None:
    bob, eve = handle("bob"), handle("eve")
    people.signed_up(bob).context.close()
    people.contexts.pop()
    first, second = tabs(people, eve, bob)
    first.locator("html[data-live-leader]").wait_for()
    wire.cut()
    says(people, bob, "While it was cut")
    for page in (first, second):
        expect(page.locator("article.post", has_text="While it was cut")).to_have_count(1, timeout=20_000)


def test_a_laptop_that_slept_for_ten_minutes_misses_and_doubles_nothing(
    people: People, handle: Callable[[str], str], wire: Relay
) -> None:
    bob, eve = handle("bob"), handle("eve")
    people.signed_up(bob).context.close()
    people.contexts.pop()
    first, second = tabs(people, eve, bob)
    first.locator("html[data-live-leader]").wait_for()
    says(people, bob, "Before")
    for page in (first, second):
        page.locator("article.post", has_text="Before").wait_for()
    wire.sleep()
    words = [f"Said in the night {number}." for number in range(24)]  # more than a page holds
    for text in words:
        says(people, bob, text)
    for page in (first, second):
        page.clock.fast_forward("10:00")
    for page in (first, second):
        page.locator("article.post", has_text=words[-1]).wait_for(timeout=20_000)
        assert shown(page)[:20] == words[::-1][:20]
        older = page.locator(".more")
        if older.count():
            older.scroll_into_view_if_needed()
        page.locator("article.post", has_text="Before").wait_for()
        found = shown(page)
        assert found[:25] == [*words[::-1], "Before"]
        assert len(found) == len(set(found))


def test_what_came_before_the_first_word_of_the_server_is_not_missed(
    people: People, handle: Callable[[str], str]
) -> None:
    bob, eve = handle("bob"), handle("eve")
    people.server.account(bob, PASSWORD)
    page = people.signed_up(eve)
    page.goto(f"/@{bob}")
    page.get_by_role("button", name="Follow", exact=True).click()
    page.get_by_role("button", name="Following").wait_for()
    state = page.context.storage_state()
    people.watched.expected.append("blocked by Playwright")
    page = people.page(service_workers="block", storage_state=state)
    page.route("**/live", lambda route: route.abort("connectionreset"))
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/live")):
        page.goto("/home")
    says(people, bob, "Before the first word")
    page.unroute("**/live")
    expect(page.locator("article.post", has_text="Before the first word")).to_have_count(1, timeout=20_000)
