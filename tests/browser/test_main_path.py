"""The whole way: sign up, publish with a picture, follow, see the next post arrive. With scripts and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, People
from tests.rig.server import Server

SIZES = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])


def no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def opened_with(page: Page, path: str, wanted: Locator) -> None:
    """The page shows it, after a reload or two: without scripts nothing comes by itself."""
    for _ in range(20):
        page.goto(path)
        if wanted.count():
            break
        page.wait_for_timeout(250)
    expect(wanted).to_be_visible()


@SIZES
def test_the_main_path_with_scripts(
    people: People, handle: Callable[[str], str], picture: Path, size: tuple[int, int]
) -> None:
    bob, alice = handle("bob"), handle("alice")
    bobs = people.signed_up(bob)
    page = people.signed_up(alice, size)
    no_sideways_scrolling(page)

    page.get_by_label("What is there to say?").fill("My first picture")
    page.locator("input[data-files]").set_input_files(picture)
    page.get_by_label("What the picture shows").fill("A red and a blue field")
    page.get_by_role("button", name="Publish").click()
    post = page.locator("article.post", has_text="My first picture")
    expect(post.get_by_role("img", name="A red and a blue field")).to_be_visible()
    no_sideways_scrolling(page)

    page.goto(f"/@{bob}")
    no_sideways_scrolling(page)
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    assert page.url.endswith(f"/@{bob}")  # htmx swapped the button alone

    page.goto("/home")
    before = page.evaluate("performance.timeOrigin")
    bobs.goto("/home")
    bobs.get_by_label("What is there to say?").fill("News for those who follow me")
    bobs.keyboard.press("Control+Enter")
    bobs.locator("article.post", has_text="News for those who follow me").wait_for()
    expect(page.locator("article.post", has_text="News for those who follow me")).to_be_visible()
    assert page.evaluate("performance.timeOrigin") == before  # without reloading
    no_sideways_scrolling(page)


@SIZES
def test_the_main_path_without_scripts(
    people: People, handle: Callable[[str], str], picture: Path, size: tuple[int, int]
) -> None:
    bob, alice = handle("bob"), handle("alice")
    bobs = people.signed_up(bob, scripts=False)
    page = people.signed_up(alice, size, scripts=False)

    page.get_by_label("What is there to say?").fill("My first picture")
    page.get_by_text("Pictures", exact=True).click()
    page.get_by_label("Picture 1", exact=True).set_input_files(picture)
    page.get_by_label("What picture 1 shows").fill("A red and a blue field")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("article.post").get_by_role("img", name="A red and a blue field")).to_be_visible()

    page.goto(f"/@{bob}")
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_role("button", name="Following")).to_be_visible()

    bobs.goto("/home")
    bobs.get_by_label("What is there to say?").fill("News for those who follow me")
    bobs.get_by_role("button", name="Publish").click()
    post = page.locator("article.post", has_text="News for those who follow me")
    opened_with(page, "/home", post)
    post.get_by_role("button", name="Favourite").click()
    expect(post.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    post.get_by_role("link", name="Reply").click()
    page.get_by_label(f"Your reply to {bob}").fill(f"@{bob} good news")
    page.get_by_role("button", name="Reply").click()
    expect(page.locator("article.post.large", has_text="good news")).to_be_visible()
    no_sideways_scrolling(page)

    opened_with(bobs, "/notifications", bobs.get_by_text("likes your post"))
    opened_with(bobs, "/notifications", bobs.locator("article.post", has_text="good news"))

    page.goto("/@" + alice)
    post = page.locator("article.post", has_text="My first picture")
    post.get_by_label("More").click()
    post.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted.")).to_be_visible()
    expect(page.locator("article.post", has_text="My first picture")).to_have_count(0)


def test_an_app_is_allowed_in_and_called_back(people: People, handle: Callable[[str], str], server: Server) -> None:
    """Chromium applies form-action to redirects too, so this shows that consent reaches the app."""
    page = people.signed_up(handle("carol"))
    callback = "http://127.0.0.1:9/back"
    people.watched.expected.append("ERR_|Failed to load")
    app = page.request.post(
        "/api/v1/apps", form={"client_name": "Some App", "redirect_uris": callback, "scopes": "read"}
    ).json()
    asked: list[str] = []
    page.route(callback + "*", lambda route: (asked.append(route.request.url), route.fulfill(body="back")))
    page.goto(
        f"/oauth/authorize?response_type=code&client_id={app['client_id']}&redirect_uri={callback}&scope=read&state=s"
    )
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(callback + "*")
    assert "code=" in asked[0]
    assert "state=s" in asked[0]
    people.watched.problems[:] = [one for one in people.watched.problems if callback not in one]
