"""The operators' first page renews itself under whoever reads it, and disturbs nothing they do there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, People
from tests.browser.test_console import sign_in

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

# What a reader aloud would say of the verdicts: what changes there outside the parts that are to be silent.
HEAR = """() => {
  window.heard = [];
  const verdict = document.querySelector("[data-key=verdict]");
  const hear = (changes) => changes.forEach(({ type, target, addedNodes }) => {
    const at = target.nodeType === 1 ? target : target.parentElement;
    if (at?.closest("[aria-live]") !== verdict) return;
    const said = type === "childList" ? [...addedNodes] : [target];
    window.heard.push(...said.map((one) => one.textContent.trim()).filter(Boolean));
  });
  new MutationObserver(hear).observe(verdict, { subtree: true, childList: true, characterData: true });
}"""


def waits_at_the_door(people: People, name: str) -> None:
    page = people.page()
    page.goto("/sign-up")
    page.get_by_label("Name on the square").fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@mail.example")
    page.get_by_role("button", name="Take a ticket").click()
    page.wait_for_url("**/ticket/**")


def test_a_new_incident_comes_to_an_open_page_and_what_is_open_there_stays_open(
    people: People, handle: Callable[[str], str]
) -> None:
    olga = handle("olga")
    people.server.account(olga, PASSWORD, role="owner")
    page = sign_in(people.page(), olga)
    page.goto("/console")
    summary = page.locator(".spark summary", has_text="Processor")
    expect(summary).to_be_visible(timeout=60_000)  # after the watch has looked for the first time
    summary.focus()
    page.keyboard.press("Enter")
    table = page.locator(".spark details", has_text="Processor")
    expect(table).to_have_attribute("open", "")
    page.evaluate("window.kept = true")
    page.evaluate(HEAR)
    people.server.run("gate", "pause", "--reason", "The disk is being changed.")
    try:
        expect(page.locator("[data-key=gate]")).to_contain_text("Closed for now", timeout=30_000)
        waits_at_the_door(people, handle("nora"))
        expect(page.locator("[data-key=gate_paused]")).to_be_visible(timeout=90_000)
        looked = page.locator("[data-key=looked]").inner_html()
        assert page.evaluate("window.kept"), "the page was loaded anew"
        expect(table).to_have_attribute("open", "")
        expect(table.locator("table")).to_be_visible()
        expect(summary).to_be_focused()
        page.wait_for_function(
            "(then) => document.querySelector('[data-key=looked]').innerHTML !== then", arg=looked, timeout=90_000
        )
        heard = page.evaluate("window.heard")
        assert sum("by order" in one for one in heard) == 1, (
            heard
        )  # what is the same at the next look is not said again
    finally:
        people.server.run("gate", "auto")


def test_a_page_that_gets_no_answer_says_that_it_is_old(people: People, handle: Callable[[str], str]) -> None:
    mona = handle("mona")
    people.server.account(mona, PASSWORD, role="moderator")
    people.watched.expected.append("ERR_FAILED")
    page = sign_in(people.page(), mona)
    page.goto("/console")
    aged = page.locator("[data-aged]")
    expect(aged).to_be_hidden()
    page.route("**/console", lambda route: route.abort())
    expect(aged).to_be_visible(timeout=30_000)
    page.unroute("**/console")
    expect(aged).to_be_hidden(timeout=30_000)
