"""The whole way from the form to the first page at home: with a line and without, with scripts and without, in both
languages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from parvis.infra.catalogues import catalogue_of
from tests.browser.conftest import DESK, PASSWORD, PHONE, People, Watched
from tests.browser.test_main_path import no_sideways_scrolling
from tests.rig.phones import App
from tests.rig.server import Server

WHY = "The larger hall is being swept."
EVERY_WAY = [
    # Either language and either way once is enough for every day.
    pytest.param(True, "en-GB", id="scripts-en"),
    pytest.param(True, "fr-FR", id="scripts-fr", marks=pytest.mark.long),
    pytest.param(False, "en-GB", id="plain-en", marks=pytest.mark.long),
    pytest.param(False, "fr-FR", id="plain-fr"),
]


@pytest.fixture
def closed(server: Server) -> Iterator[None]:
    """The door is closed, and stands open again afterwards."""
    server.run("gate", "pause", "--reason", WHY)
    yield
    server.run("gate", "open")


def fill_in(page: Page, say: Callable[[str], str], name: str, password: str | None) -> None:
    page.get_by_label(say("Name on the square")).fill(name)
    page.get_by_label(say("E-mail address")).fill(f"{name}@mail.example")
    if password is not None:
        page.get_by_label(say("Password")).fill(password)


def turned_up(page: Page, heading: str, *, scripts: bool) -> None:
    """The page has found out by itself that it is time; half a minute between two looks is made to pass quickly."""
    for _ in range(40):
        if page.get_by_role("heading", name=heading).count():
            break
        if scripts:
            page.clock.fast_forward(70_000)
        else:
            page.reload()  # as the page would do by itself in half a minute
        page.wait_for_timeout(700)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()


@pytest.mark.parametrize(("scripts", "locale"), EVERY_WAY)
def test_without_a_line_the_form_leads_home(
    people: People, handle: Callable[[str], str], scripts: bool, locale: str
) -> None:
    say = catalogue_of(locale[:2]).text
    page = people.page(PHONE if scripts else DESK, scripts=scripts, locale=locale)
    page.goto("/sign-up")
    expect(page.get_by_text(say("A name, an address, a password. The door is open."))).to_be_visible()
    no_sideways_scrolling_if(page, scripts)
    name = handle("gina")
    fill_in(page, say, name, PASSWORD)
    page.get_by_role("button", name=say("Sign up")).click()
    page.wait_for_url("**/home")
    expect(page.get_by_text(say("Welcome to the square."))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])


@pytest.mark.parametrize(("scripts", "locale"), EVERY_WAY)
@pytest.mark.timeout(180)
def test_through_a_line_the_ticket_leads_home(
    server: Server, people: People, handle: Callable[[str], str], closed: None, scripts: bool, locale: str
) -> None:
    say = catalogue_of(locale[:2]).text
    friend, name = handle("fred"), handle("wim")
    server.account(friend)
    page = people.page(PHONE if scripts else DESK, scripts=scripts, locale=locale)
    if scripts:
        page.clock.install()
    page.goto("/sign-up")
    expect(page.get_by_label(say("Password"))).to_have_count(0)
    fill_in(page, say, name, None)
    page.get_by_role("button", name=say("Take a ticket")).click()
    page.wait_for_url("**/ticket/*")
    ticket = page.url
    expect(page.get_by_role("heading", name=say("Your place is kept"))).to_be_visible()
    if scripts:
        page.clock.run_for(4000)
    expect(page.get_by_text(say("Your number"), exact=True)).to_be_visible(timeout=20_000)  # without a click
    expect(page.get_by_text(WHY)).to_be_visible()
    expect(page.get_by_text(f"@{name}")).to_be_visible()
    no_sideways_scrolling_if(page, scripts)

    page.get_by_role("link", name=say("Choose people")).click()
    page.get_by_label(say("Name"), exact=True).fill(f"@{friend}")
    page.get_by_role("button", name=say("Follow"), exact=True).first.click()
    expect(page.get_by_role("heading", name=say("Chosen"))).to_be_visible()
    no_sideways_scrolling_if(page, scripts)
    page.get_by_role("link", name=say("Back to the ticket")).click()
    page.get_by_role("link", name=say("Correct the address")).click()
    page.get_by_label(say("E-mail address")).fill(f"{name}@post.example")
    page.get_by_role("button", name=say("Save")).click()
    expect(page.get_by_text("@post.example")).to_be_visible()
    page.get_by_role("link", name=say("Proof")).click()
    expect(page.get_by_text("received")).to_be_visible()
    page.goto("/sign-up")
    page.get_by_role("link", name=say("See where it stands")).click()
    assert page.url == ticket

    server.run("gate", "open")
    turned_up(page, say("It is your turn"), scripts=scripts)
    no_sideways_scrolling_if(page, scripts)
    page.get_by_label(say("Password")).fill(PASSWORD)
    page.get_by_role("button", name=say("Come in")).click()
    page.wait_for_url("**/home")
    expect(page.get_by_text(say("Welcome to the square."))).to_be_visible()
    for _ in range(40):
        page.goto(f"/@{friend}")
        if page.get_by_role("button", name=say("Following")).count():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_role("button", name=say("Following"))).to_be_visible()
    letters = "".join(one.read_text("utf-8", "replace") for one in (server.home / "mail").iterdir())
    assert f"{name}@post.example" in letters
    page.goto(ticket)
    expect(page.get_by_role("heading", name=say("This ticket waits no more"))).to_be_visible()


def no_sideways_scrolling_if(page: Page, scripts: bool) -> None:
    if scripts:  # Playwright measures by a script
        no_sideways_scrolling(page)


@pytest.fixture
def dear(tmp_path: Path) -> Iterator[Server]:
    """A server where every sign-up after the first costs a proof of work."""
    made = Server(
        tmp_path / "dear",
        settings={"PARVIS_RATE_LIMITS": "on", "PARVIS_FREE_SIGN_UPS": "1", "PARVIS_WEB_WORKERS": "1"},
    )
    made.start(patience_s=120)
    yield made
    made.stop()


@pytest.mark.timeout(240)
def test_where_many_sign_up_the_browser_calculates_and_says_so_if_it_cannot(chrome: Browser, dear: Server) -> None:
    watched = Watched(dear)
    people = People(dear, chrome, watched)
    first = people.page()
    first.goto("/sign-up")
    expect(first.locator("[data-puzzle]")).to_have_count(0)
    fill_in(first, str, "first", PASSWORD)
    first.get_by_role("button", name="Sign up").click()
    first.wait_for_url("**/home")

    plain = people.page(scripts=False)
    plain.goto("/sign-up")
    expect(plain.get_by_text("If that is not possible, come back in an hour")).to_be_visible()
    fill_in(plain, str, "plain", PASSWORD)
    watched.expected.append("422")
    plain.get_by_role("button", name="Sign up").click()
    expect(plain.get_by_text("Your browser must do the small calculation first")).to_be_visible()

    second = people.page(PHONE)
    second.goto("/sign-up")
    fill_in(second, str, "second", PASSWORD)
    second.get_by_role("button", name="Sign up").click()  # before it is done or after
    second.wait_for_url("**/home", timeout=120_000)
    for context in people.contexts:
        context.close()
    assert watched.problems == []


CALLED = """
    PushManager.prototype.getSubscription = async () => null;
    PushManager.prototype.subscribe = async ({ applicationServerKey, userVisibleOnly }) => {
        if (applicationServerKey.length !== 65 || !userVisibleOnly) throw new Error("no such key");
        return { toJSON: () => ({ endpoint: "https://push.example/one", keys: KEYS }) };
    };
"""


def test_the_ticket_offers_a_message_on_this_device(
    server: Server, people: People, handle: Callable[[str], str], closed: None
) -> None:
    page = people.page(PHONE)
    page.context.grant_permissions(["notifications"], origin=server.origin)
    page.add_init_script(CALLED.replace("KEYS", json.dumps(App().keys)))  # the browser's own service is on the internet
    page.goto("/sign-up")
    fill_in(page, str, handle("tess"), None)
    page.get_by_role("button", name="Take a ticket").click()
    page.wait_for_url("**/ticket/*")
    page.get_by_role("button", name="Tell me").click()
    expect(page.get_by_text("A message appears on the device you chose")).to_be_visible()
    assert page.evaluate("localStorage.getItem('called')") == "1"
    no_sideways_scrolling(page)
    page.get_by_role("button", name="No message").click()
    expect(page.get_by_role("button", name="Tell me")).to_be_visible()
