"""What was written and has not reached the server is lost only when its author says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, People
from tests.browser.test_installed import NO_NETWORK, publish, ready
from tests.browser.test_player import until
from tests.rig.server import Server

WAITING = """() => new Promise((done) => {
    const opening = indexedDB.open("parvis", 1);
    opening.onsuccess = () => {
        const all = opening.result.transaction("waiting").objectStore("waiting").getAll();
        all.onsuccess = () => (opening.result.close(), done(all.result.map((one) => Object.fromEntries(one.fields).text)));
    };
})"""
SEND = """() => navigator.serviceWorker.ready.then(({ active }) => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done();
    setTimeout(done, 3000);
    active.postMessage({ kind: "send" }, [port2]);
}))"""
DRAFTS = "Object.keys(localStorage).filter((name) => name.startsWith('draft ')).map((name) => localStorage[name])"


def written_offline(page: Page, text: str) -> None:
    """The text waits in the service worker."""
    page.context.set_offline(True)
    publish(page, text)
    expect(page.get_by_text("It is published once you are connected again.")).to_be_visible()


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address or name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/home")


def test_what_waits_for_a_session_is_kept_until_its_author_is_back(
    people: People, handle: Callable[[str], str]
) -> None:
    people.watched.expected += NO_NETWORK
    name = handle("nora")
    page = people.signed_up(name)
    ready(page)
    page.goto("/home")
    written_offline(page, "Not lost")
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.evaluate(SEND)
    assert page.evaluate(WAITING) == ["Not lost"]
    sign_in(page, name)
    expect(page.locator("article.post", has_text="Not lost")).to_have_count(1)
    page.goto(f"/@{name}")
    expect(page.locator("article.post", has_text="Not lost")).to_have_count(1)
    assert page.evaluate(WAITING) == []


@pytest.mark.long
def test_what_waits_is_nobody_elses(people: People, handle: Callable[[str], str], server: Server) -> None:
    people.watched.expected += NO_NETWORK
    page, other = people.signed_up(handle("olga")), handle("pia")
    server.account(other, PASSWORD)
    ready(page)
    page.goto("/home")
    written_offline(page, "Mine alone")
    page.context.clear_cookies()
    page.context.set_offline(False)
    sign_in(page, other)
    ready(page)
    page.evaluate(SEND)
    assert page.evaluate(WAITING) == ["Mine alone"]
    assert page.get_by_label("What is there to say?").input_value() == ""
    page.goto(f"/@{other}")
    expect(page.locator("article.post")).to_have_count(0)


def test_what_waited_and_is_refused_stands_in_the_form_again_with_the_reason(
    people: People, handle: Callable[[str], str]
) -> None:
    people.watched.expected += [*NO_NETWORK, "422"]
    name = handle("quinn")
    page = people.signed_up(name)
    ready(page)
    page.goto("/home")
    page.locator("[data-more] > summary").click()
    page.get_by_label("Answer 1").fill("Yes")
    written_offline(page, "To be or not to be?")
    page.context.set_offline(False)
    text = page.get_by_label("What is there to say?")
    expect(text).to_have_value("To be or not to be?")
    expect(page.locator("[data-upload-problem]")).to_have_text(
        "A poll needs two to four different answers, and no pictures."
    )
    expect(page.get_by_label("Answer 1")).to_have_value("Yes")
    expect(page.get_by_role("button", name="Publish")).to_be_enabled()
    until(page, f"({WAITING})().then((all) => all.length === 0)")
    page.get_by_label("Answer 2").fill("No")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("article.post .poll-option")).to_have_count(2)


def test_a_draft_stays_until_the_server_has_said_that_it_stands(
    people: People, handle: Callable[[str], str], server: Server
) -> None:
    people.watched.expected += [*NO_NETWORK, "blocked by Playwright"]
    name = handle("rosa")
    server.account(name, PASSWORD)
    page = people.page(service_workers="block")
    sign_in(page, name)
    page.route("**/compose", lambda route: route.fulfill(status=503, body="One moment", content_type="text/plain"))
    publish(page, "A long thought")
    expect(page.get_by_text("One moment")).to_be_visible()
    page.goto("/home")
    text = page.get_by_label("What is there to say?")
    expect(text).to_have_value("A long thought")
    page.unroute("**/compose")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("article.post", has_text="A long thought")).to_have_count(1)
    expect(text).to_have_value("")
    assert page.evaluate(DRAFTS) == []


PUT = """(one) => new Promise((done) => {
    const opening = indexedDB.open("parvis", 1);
    opening.onsuccess = () => {
        const act = opening.result.transaction("waiting", "readwrite");
        act.objectStore("waiting").put({ ...one, fields: Object.entries(one.fields) });
        act.oncomplete = () => (opening.result.close(), done());
    };
})"""


def test_of_two_posts_written_offline_both_appear(people: People, handle: Callable[[str], str]) -> None:
    people.watched.expected += NO_NETWORK
    name = handle("sara")
    page = people.signed_up(name)
    ready(page)
    page.goto("/home")
    written_offline(page, "First in the tunnel")
    publish(page, "Second in the tunnel")
    until(page, f"({WAITING})().then((all) => all.length === 2)")
    page.context.set_offline(False)
    for text in ("First in the tunnel", "Second in the tunnel"):
        expect(page.locator("article.post", has_text=text)).to_have_count(1)
    page.goto(f"/@{name}")
    expect(page.locator("article.post")).to_have_count(2)


def test_what_was_begun_for_few_does_not_come_back_for_everybody(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("tess"))
    text = page.get_by_label("What is there to say?")
    page.goto("/compose?visibility=3")
    text.fill("Only for you")
    page.goto("/home")
    expect(text).to_have_value("Only for you")
    expect(page.locator("form.compose select[name=visibility]")).to_have_value("3")
    page.goto("/share?text=Look")
    expect(text).to_have_value("Look")
    text.fill("Look here")
    page.goto("/home")
    expect(text).to_have_value("Only for you")
    page.goto("/share?text=Look")
    expect(text).to_have_value("Look here")


def test_without_a_network_nothing_is_sent_that_would_be_lost(people: People, handle: Callable[[str], str]) -> None:
    people.watched.expected += NO_NETWORK
    page = people.signed_up(handle("uma"))
    ready(page)
    page.goto("/home")
    page.get_by_label("What is there to say?").fill("A draft")
    page.goto("/settings/profile")
    page.get_by_label("About you").fill("I live by the sea")
    page.context.set_offline(True)
    page.locator("main form button[type=submit]").last.click()
    expect(page.locator("#telling")).to_have_text("There is no network. Try again once you are connected.")
    expect(page.get_by_label("About you")).to_have_value("I live by the sea")
    page.locator(".nav .me > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_timeout(500)
    assert "A draft" in str(page.evaluate(DRAFTS))
    page.context.set_offline(False)
    page.goto("/home")
    expect(page.get_by_label("What is there to say?")).to_have_value("A draft")


def test_the_other_tabs_of_whoever_signs_out_are_over(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("vera"))
    ready(page)
    other = page.context.new_page()
    other.goto("/bookmarks")
    until(other, "navigator.serviceWorker.controller !== null")
    page.goto("/home")
    page.locator(".nav .me > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="On the square now").wait_for()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_refused_reply_comes_back_under_its_post_and_nowhere_else(
    people: People, handle: Callable[[str], str], server: Server
) -> None:
    name = handle("wanda")
    page = people.signed_up(name)
    ready(page)
    page.goto("/home")
    publish(page, "What do you say?")
    post = page.locator("article.post", has_text="What do you say?").first
    post.wait_for()
    number = post.get_attribute("data-post")
    fields = {"who": name, "text": "Nothing at all", "in_reply_to_id": number, "key": "1"}
    page.evaluate(PUT, {"key": "1", "fields": fields, "at": 1, "refused": "One moment"})
    page.goto("/home")
    page.get_by_role("link", name="Something that waited could not be published.").click()
    page.wait_for_url("**/compose?in_reply_to=*")
    expect(page.locator("form.compose textarea[name=text]")).to_have_value("Nothing at all")
    until(page, f"({WAITING})().then((all) => all.length === 0)")
