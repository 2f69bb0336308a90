"""What people do every day, each a way through the pages: narrow and wide, light and dark, with scripts and without."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import DESK, PASSWORD, PHONE, People
from tests.browser.test_main_path import no_sideways_scrolling, opened_with
from tests.rig.server import Server

ANA, BEN = "ana_goes", "ben_goes"


@dataclass
class Pair:
    """Two people who have signed in once, and what their browsers and apps remember."""

    server: Server
    kept: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def call(self, name: str, path: str, **form: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        answer = httpx.post(f"{self.server.origin}{path}", headers=headers, json=form, timeout=30)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def id_of(self, name: str) -> str:
        found = httpx.get(f"{self.server.origin}/api/v1/accounts/lookup", params={"acct": name}, timeout=30)
        return str(found.json()["id"])

    def says(self, name: str, text: str, **more: Any) -> str:
        """The path of a new post."""
        return f"/@{name}/{self.call(name, '/api/v1/statuses', status=text, **more)['id']}"


@pytest.fixture(scope="module")
def pair(server: Server, chrome: Browser) -> Pair:
    made = Pair(server)
    for name in (ANA, BEN):
        server.account(name)
        made.tokens[name] = server.token(name)
        context = chrome.new_context(base_url=server.origin, locale="en-GB")
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("E-mail address or name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/home")
        made.kept[name] = context.storage_state()
        context.close()
    return made


@dataclass
class Way:
    """How the browsers of a journey are, and a word that nothing else says."""

    people: People
    pair: Pair
    word: str
    size: tuple[int, int]
    scheme: str
    scripts: bool
    pages: list[Page] = field(default_factory=list)

    def page(self, name: str) -> Page:
        kept = self.pair.kept[name]
        page = self.people.page(self.size, scripts=self.scripts, color_scheme=self.scheme, storage_state=kept)
        self.pages.append(page)
        return page

    def publish(self, page: Page, text: str, button: str = "Publish") -> None:
        page.locator("form.compose textarea[name=text]").fill(text)
        page.locator("form.compose").get_by_role("button", name=button, exact=True).click()

    def looked_right(self) -> None:
        """No page was wider than its screen, and each as dark as the device asked for."""
        for page in self.pages:
            no_sideways_scrolling(page)
            ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
            light = sum(int(one) for one in ground[4:-1].split(","))
            assert (light > 600) == (self.scheme == "light"), ground


def post_with(page: Page, text: str) -> Locator:
    return page.locator("article.post", has_text=text)


def pressed(page: Page, button: Locator, path: str) -> None:
    """It was pressed, and the server has heard of it."""
    with page.expect_response(lambda answer: path in answer.url and answer.request.method == "POST"):
        button.click()
    page.wait_for_load_state()


def profile_and_follow(way: Way) -> None:
    way.pair.call(ANA, f"/api/v1/accounts/{way.pair.id_of(BEN)}/unfollow")
    bens, anas = way.page(BEN), way.page(ANA)
    bens.goto("/settings/profile")
    bens.get_by_label("Name shown").fill(f"Ben {way.word}")
    bens.get_by_label("About you").fill(f"Bakes {way.word}")
    bens.get_by_role("button", name="Save").click()
    expect(bens.get_by_text("Saved.")).to_be_visible()
    way.pair.says(BEN, f"For my followers {way.word}", visibility="private")
    anas.goto(f"/@{BEN}")
    expect(anas.get_by_role("heading", name=f"Ben {way.word}", level=2)).to_be_visible()
    expect(anas.get_by_text(f"Bakes {way.word}")).to_be_visible()
    expect(post_with(anas, way.word)).to_have_count(0)
    anas.get_by_role("button", name="Follow", exact=True).click()
    expect(anas.get_by_role("button", name="Following")).to_be_visible()
    opened_with(anas, f"/@{BEN}", post_with(anas, f"For my followers {way.word}"))
    anas.get_by_role("button", name="Following").click()
    expect(anas.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    anas.reload()
    expect(post_with(anas, f"For my followers {way.word}")).to_have_count(0)


def search(way: Way) -> None:
    way.pair.says(BEN, f"@{ANA} here is {way.word}")
    page = way.page(ANA)
    page.goto("/search")
    page.locator("#q").fill(way.word)
    page.locator("#q").press("Enter")
    page.wait_for_url(f"**/search?q={way.word}")
    opened_with(page, f"/search?q={way.word}", post_with(page, f"here is {way.word}"))
    page.goto(f"/search?q={way.word}+from:{BEN}")
    expect(post_with(page, f"here is {way.word}")).to_be_visible()
    page.goto(f"/search?q={way.word}+from:me")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.goto(f"/search?only=people&q={BEN}")
    expect(page.locator(".person", has_text=f"@{BEN}")).to_be_visible()


def lists_and_filters(way: Way) -> None:
    way.pair.call(ANA, f"/api/v1/accounts/{way.pair.id_of(BEN)}/follow")
    page = way.page(ANA)
    page.goto("/lists")
    page.get_by_label("Name of a new list").fill(f"List {way.word}")
    page.get_by_role("button", name="Make the list").click()
    page.goto("/lists")
    page.locator(".person", has_text=f"List {way.word}").get_by_role("link", name="People and name").click()
    page.get_by_label("Name of somebody whom you follow").fill(BEN)
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".person", has_text=f"@{BEN}")).to_be_visible()
    listed = page.url.removesuffix("/edit").removesuffix("/members")
    page.goto("/filters")
    page.get_by_label("Name", exact=True).fill(f"Filter {way.word}")
    page.get_by_label("Words, one line each").fill(way.word)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".person", has_text=f"Filter {way.word}")).to_be_visible()
    way.pair.says(BEN, f"Not again {way.word}")
    folded = page.locator("summary", has_text=f"Filter {way.word}")
    opened_with(page, listed, folded)
    words = page.locator(".prose", has_text=f"Not again {way.word}")
    expect(words).to_be_hidden()
    folded.click()
    expect(words).to_be_visible()
    page.goto("/filters")
    page.locator(".person", has_text=f"Filter {way.word}").get_by_role("button", name="Delete").click()
    expect(page.locator(".person", has_text=f"Filter {way.word}")).to_have_count(0)
    page.goto(listed)
    expect(page.locator(".prose", has_text=f"Not again {way.word}")).to_be_visible()


def settings(way: Way) -> None:
    page = way.page(ANA)
    other = "light" if way.scheme == "dark" else "dark"
    for theme, shown in ((other, other), ("auto", way.scheme)):
        page.goto("/settings/appearance")
        page.locator(f'input[name=theme][value="{theme}"]').check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        assert page.locator("html").get_attribute("data-theme") == theme
        expect(page.locator("body")).to_have_css("color-scheme", shown if theme != "auto" else "light dark")
    for visibility in ("1", "0"):
        page.goto("/settings/account")
        page.locator("#default_visibility").select_option(visibility)
        page.locator("form", has=page.locator("#default_visibility")).get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        page.goto("/compose")
        expect(page.locator("select[name=visibility]")).to_have_value(visibility)


def direct_conversation(way: Way) -> None:
    anas, bens = way.page(ANA), way.page(BEN)
    anas.goto("/compose?visibility=3")
    way.publish(anas, f"@{BEN} between us {way.word}")
    expect(anas.get_by_text("It stands on the square.").or_(post_with(anas, way.word)).first).to_be_visible()
    opened_with(bens, "/conversations", bens.locator(".talk", has_text=f"between us {way.word}"))
    bens.locator(".talk", has_text=f"between us {way.word}").locator(".talk-open").click()
    expect(post_with(bens, f"between us {way.word}").first).to_be_visible()
    assert way.people.page().request.get(bens.url.partition("#")[0]).status == 404
    bens.locator("form.compose select[name=visibility]").select_option("3")
    way.publish(bens, f"@{ANA} agreed {way.word}", "Reply")
    expect(post_with(bens, f"agreed {way.word}").first).to_be_visible()
    opened_with(anas, "/conversations", anas.locator(".talk", has_text=f"agreed {way.word}"))


def poll(way: Way) -> None:
    anas, bens = way.page(ANA), way.page(BEN)
    anas.goto("/compose")
    anas.locator("[data-more] > summary").click()
    anas.get_by_label("Answer 1").fill("Rye")
    anas.get_by_label("Answer 2").fill("Spelt")
    way.publish(anas, f"Which one, {way.word}?")
    asked = post_with(anas, way.word)
    expect(asked).to_be_visible()
    bens.goto(asked.locator(".post-when").get_attribute("href") or "")
    bens.get_by_label("Spelt").check()
    bens.get_by_role("button", name="Vote").click()
    mine = bens.locator(".poll-option.mine")
    expect(mine).to_contain_text("Spelt")
    expect(mine).to_contain_text("100 %")
    bens.reload()
    expect(mine).to_contain_text("your vote")


def post_for_later(way: Way) -> None:
    page = way.page(ANA)
    page.goto("/compose")
    page.locator("[data-more] > summary").click()
    page.get_by_label("Publish later").fill(time.strftime("%Y-%m-%dT07:00", time.localtime(time.time() + 2 * 86400)))
    way.publish(page, f"At seven {way.word}")
    expect(page.get_by_text("It will be published at that time.")).to_be_visible()
    page.goto("/scheduled")
    planned = page.locator(".revision", has_text=f"At seven {way.word}")
    expect(planned).to_be_visible()
    expect(planned.locator("time")).to_contain_text("07:00")
    page.goto(f"/@{ANA}")
    expect(post_with(page, way.word)).to_have_count(0)
    page.goto("/scheduled")
    planned.get_by_role("button", name="Do not publish").click()
    expect(planned).to_have_count(0)


def edit_and_history(way: Way) -> None:
    page = way.page(ANA)
    path = way.pair.says(ANA, f"First said {way.word}")
    page.goto(path)
    large = page.locator("article.post.large")
    large.get_by_label("More").click()
    large.get_by_role("link", name="Edit").click()
    page.get_by_label("What it says").fill(f"Better said {way.word}")
    page.get_by_role("button", name="Save").click()
    page.goto(path)
    expect(large).to_contain_text(f"Better said {way.word}")
    large.get_by_role("link", name="Changed on").click()
    expect(page.locator(".revision").first).to_contain_text(f"Better said {way.word}")
    expect(page.locator(".revision").last).to_contain_text(f"First said {way.word}")
    page.goto(path)
    large.get_by_label("More").click()
    large.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted.")).to_be_visible()
    assert page.request.get(path).status == 404


def keep_and_mute(way: Way) -> None:
    page = way.page(ANA)
    path = way.pair.says(BEN, f"Worth keeping {way.word}")
    page.goto(path)
    large = page.locator("article.post.large")
    for name, verb, kept in (("Bookmark", "bookmark", "/bookmarks"), ("Favourite", "favourite", "/favourites")):
        pressed(page, large.get_by_role("button", name=name), f"/{verb}")
        page.goto(kept)
        expect(post_with(page, f"Worth keeping {way.word}")).to_be_visible()
        page.goto(path)
        expect(large.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    page.goto(f"/@{BEN}/mute")
    page.locator("main").get_by_role("button", name="Mute").click()
    page.goto("/mutes")
    expect(page.locator(".person", has_text=f"@{BEN}")).to_be_visible()
    page.goto(f"/@{BEN}")
    page.locator(".profile").get_by_label("More").click()
    page.get_by_role("button", name="Stop muting").click()
    expect(page.locator(".profile .tag-label", has_text="Muted")).to_have_count(0)


JOURNEYS = (
    profile_and_follow,
    search,
    lists_and_filters,
    settings,
    direct_conversation,
    post_for_later,
    poll,
    edit_and_history,
    keep_and_mute,
)
WAYS = [(size, scheme, scripts) for size in (PHONE, DESK) for scheme in ("light", "dark") for scripts in (True, False)]
# Every journey goes one way every day, each another one; all of them all ways takes minutes.
CASES = [
    pytest.param(
        journey,
        *way,
        id=f"{journey.__name__}-{way[0][0]}-{way[1]}-{'scripts' if way[2] else 'plain'}",
        marks=[] if at == number % len(WAYS) else [pytest.mark.long],
    )
    for number, journey in enumerate(JOURNEYS)
    for at, way in enumerate(WAYS)
]


@pytest.mark.parametrize(("journey", "size", "scheme", "scripts"), CASES)
def test_a_journey(
    people: People,
    pair: Pair,
    handle: Callable[[str], str],
    journey: Callable[[Way], None],
    size: tuple[int, int],
    scheme: str,
    scripts: bool,
) -> None:
    way = Way(people, pair, handle("quince"), size, scheme, scripts)
    journey(way)
    way.looked_right()
