"""The app on the home screen: read and written offline, signed out without a trace, told by messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, People
from tests.browser.test_player import until

# What the browser says of its own accord when there is no network.
NO_NETWORK = ["net::ERR_", "Failed to load resource", "The FetchEvent"]


def ready(page: Page) -> None:
    """The service worker holds the page."""
    until(page, "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
    page.reload()
    until(page, "navigator.serviceWorker.controller !== null")
    until(page, "caches.has('read')")


def publish(page: Page, text: str) -> None:
    page.get_by_label("What is there to say?").fill(text)
    page.get_by_role("button", name="Publish").click()


def test_offline_the_last_home_is_read_and_what_is_written_appears_once(
    people: People, handle: Callable[[str], str]
) -> None:
    people.watched.expected += NO_NETWORK
    name = handle("ida")
    page = people.signed_up(name, PHONE)
    publish(page, "Read me on the train")
    page.locator("article.post", has_text="Read me on the train").wait_for()
    ready(page)
    page.context.set_offline(True)
    page.goto("/home")
    expect(page.locator("article.post", has_text="Read me on the train")).to_be_visible()
    expect(page.locator("[data-offline]")).to_be_visible()
    page.goto("/settings/profile")
    expect(page.get_by_role("heading", name="No network")).to_be_visible()
    page.goto("/home")
    publish(page, "Written in the tunnel")
    expect(page.get_by_text("It is published once you are connected again.")).to_be_visible()
    page.context.set_offline(False)
    post = page.locator("article.post", has_text="Written in the tunnel")
    expect(post).to_have_count(1)  # it is sent and shown by itself
    page.reload()
    expect(post).to_have_count(1)
    page.goto(f"/@{name}")
    expect(page.locator("article.post", has_text="Written in the tunnel")).to_have_count(1)


def test_a_page_that_somebody_is_about_to_open_is_here_already(people: People, handle: Callable[[str], str]) -> None:
    people.watched.expected += NO_NETWORK
    page = people.signed_up(handle("iris"))
    ready(page)
    page.locator(".nav-link", has_text="Explore").hover()
    page.wait_for_timeout(2000)
    page.context.set_offline(True)  # so that only what is here can be shown
    page.locator(".nav-link", has_text="Explore").click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    page.context.set_offline(False)
    page.goto("/home")


def test_a_stranger_gets_pages_ahead_but_none_with_a_form(people: People) -> None:
    people.watched.expected += NO_NETWORK
    page = people.page()
    page.goto("/public")
    until(page, "navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)")
    before = page.context.cookies()
    for name in ("Explore", "Sign in"):
        page.get_by_role("link", name=name).first.hover()
        page.wait_for_timeout(1000)
    assert page.context.cookies() == before
    page.context.set_offline(True)
    page.get_by_role("link", name="Explore").first.click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    page.context.set_offline(False)
    page.goto("/public")
    page.get_by_role("link", name="Sign in").first.hover()
    page.wait_for_timeout(1000)
    page.context.set_offline(True)
    page.get_by_role("link", name="Sign in").first.click()
    expect(page.get_by_role("heading", name="No network")).to_be_visible()
    page.context.set_offline(False)


def test_an_answer_that_was_lost_does_not_publish_twice(people: People, handle: Callable[[str], str]) -> None:
    people.watched.expected += NO_NETWORK
    name = handle("jo")
    page = people.signed_up(name)
    ready(page)
    # The server has it, but the answer never comes: the worker keeps the post and sends it again.
    fields = page.evaluate("Object.fromEntries(new FormData(document.querySelector('[data-compose]')))")
    fields = {key: value for key, value in fields.items() if isinstance(value, str)} | {"text": "Only once"}
    answer = page.request.post("/compose", form=fields, headers={"Origin": people.server.origin}, max_redirects=0)
    assert answer.status == 303
    page.evaluate(
        """fields => new Promise((done) => {
            const opening = indexedDB.open("parvis", 1);
            opening.onsuccess = () => {
                const act = opening.result.transaction("waiting", "readwrite");
                act.objectStore("waiting").put({ key: fields.key, fields: Object.entries(fields), at: Date.now() });
                act.oncomplete = () => (opening.result.close(), done());
            };
            opening.onupgradeneeded = () => {
                opening.result.createObjectStore("waiting", { keyPath: "key" });
                opening.result.createObjectStore("push", { keyPath: "id" });
            };
        })""",
        fields,
    )
    page.reload()
    expect(page.get_by_text("What waited is published.")).to_be_visible()
    page.goto(f"/@{name}")
    expect(page.locator("article.post", has_text="Only once")).to_have_count(1)


def test_signing_out_leaves_nothing_on_the_device(people: People, handle: Callable[[str], str]) -> None:
    people.watched.expected += NO_NETWORK
    page = people.signed_up(handle("kit"))
    publish(page, "For my eyes")
    page.locator("article.post", has_text="For my eyes").wait_for()
    ready(page)
    page.get_by_label("What is there to say?").fill("A draft")
    page.goto("/compose")
    expect(page.get_by_label("What is there to say?")).to_have_value("A draft")  # it stayed on the device
    page.goto("/home")
    page.locator(".nav .me > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="On the square now").wait_for()
    assert page.evaluate("caches.has('read')") is False
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("caches.match('/home')") is None
    until(page, "navigator.serviceWorker.controller !== null")  # the app itself stays
    page.context.set_offline(True)
    page.goto("/home")
    expect(page.get_by_role("heading", name="No network")).to_be_visible()


@pytest.mark.parametrize(
    "more", [{"notification_id": 12}, {"tag": "12", "path": "/ticket/x"}], ids=["settings", "ticket"]
)
def test_a_message_is_shown_by_the_worker(people: People, handle: Callable[[str], str], more: dict[str, Any]) -> None:
    page = people.signed_up(handle("lou"))
    page.context.grant_permissions(["notifications"], origin=people.server.origin)
    ready(page)
    tools = page.context.new_cdp_session(page)
    registrations: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: registrations.extend(one["registrationId"] for one in said["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    until(page, "navigator.serviceWorker.controller !== null")
    for _ in range(100):
        if registrations:
            break
        page.wait_for_timeout(50)
    said = {"title": "Ana follows you", "body": "Baker in Lyon", "icon": "/favicon.ico", **more}
    tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": people.server.origin, "registrationId": registrations[0], "data": json.dumps(said)},
    )
    shown: list[list[str]] = []
    for _ in range(100):
        shown = page.evaluate(
            """async () => {
                const all = await (await navigator.serviceWorker.ready).getNotifications();
                return all.map((one) => [one.title, one.body, one.tag, one.data.path]);
            }"""
        )
        if shown:
            break
        page.wait_for_timeout(100)
    assert shown == [["Ana follows you", "Baker in Lyon", "12", more.get("path", "/notifications")]]


def test_the_manifest_offers_shortcuts_and_takes_what_others_share(
    people: People, handle: Callable[[str], str]
) -> None:
    page = people.signed_up(handle("max"))
    found = page.request.get("/manifest.webmanifest").json()
    assert {one["sizes"] for one in found["icons"]} == {"192x192", "512x512"}
    for one in found["shortcuts"]:
        assert page.request.get(one["url"]).ok
    sharing = found["share_target"]
    page.goto(f"{sharing['action']}?{sharing['params']['text']}=Look&{sharing['params']['url']}=https://a.example/")
    expect(page.get_by_label("What is there to say?")).to_have_value("Look\n\nhttps://a.example/")
