"""Pages of those who run the place, and what must have happened for them to have something to show."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from parvis import console
from parvis.console import routing
from scripts.screens.furnish import Voices
from tests.rig.pictures import png
from tests.rig.server import Server

console.route_handlers()
OWNERS = {
    one.path.strip("/").replace("/", "-"): one.path
    for one in sorted(routing.door.pages, key=lambda page: page.path)
    if one.method == "GET" and "{" not in one.path and not one.path.endswith((".csv", ".json"))
} | {"console-person": "/console/people/@till", "console-runbook": "/console/runbooks/lock-held"}

RULES = (
    ("Be kind, also when you disagree.", "Argue with what somebody said, not with who they are."),
    ("Do not tell others' secrets.", "Addresses, numbers and private messages stay where they are."),
    ("Mark what not everybody wants to see.", "A warning costs you a second, and others may choose."),
)


def run_the_place(browser: Browser, server: Server, password: str) -> None:
    """Olga, who owns the place, has made rules, announced something, added an emoji, and changed a setting and a role."""
    server.account("mona", password, role="moderator")
    for text, hint in RULES:
        server.run("rule", "add", text, "--hint", hint)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "loaf.png"
        picture.write_bytes(png(64, 64))
        server.run("emoji", "add", "loaf", str(picture), "--category", "Bakery")
    context = browser.new_context(base_url=server.origin, locale="en-GB")
    page = context.new_page()
    sign_in(page, "olga", password)
    page.goto("/console/announcements")
    page.get_by_label("What you want to say").first.fill(
        "On Sunday at noon we move to a larger machine. It takes half an hour."
    )
    page.get_by_role("button", name="Announce", exact=True).click()
    page.goto("/console/rules")
    first = page.locator("ol.list > li").first
    first.locator("summary").click()
    first.get_by_label("The rule, in one sentence").fill("Be kind, even when you disagree.")
    first.get_by_role("button", name="Publish as a new version").click()
    page.goto("/console/settings")
    sentence = page.locator("form", has=page.get_by_label("One sentence about it"))
    sentence.get_by_label("One sentence about it").fill("A square for everybody between the river and the mill.")
    sentence.get_by_role("button", name="Save").click()
    _report_and_restrict(server, page)
    page.goto("/console/gate")
    page.get_by_label("At most so many people a second").fill("25")
    page.get_by_role("button", name="Limit").click()
    page.get_by_role("button", name="As many as the server can bear").click()
    page.wait_for_load_state()
    context.close()


def _report_and_restrict(server: Server, page: Page) -> None:
    """Two have reported somebody, whose account is restricted under the first rule."""
    voices = Voices(server)
    whom = voices.ask("marta", "GET", "/api/v1/accounts/lookup", params={"acct": "till"})["id"]
    words = ("Writes the same sentence under every post of mine.", "Please look at what he said to Jeanne.")
    for who, comment in zip(("marta", "haru"), words, strict=True):
        voices.ask(who, "POST", "/api/v1/reports", json={"account_id": whom, "comment": comment})
    page.goto("/console/people/@till")
    page.locator("input[name=kind]").first.check()
    page.locator("select[name=rule_id]").select_option(index=1)
    page.locator("textarea[name=reason]").fill("The same insult under eleven posts within an hour, after a warning.")
    page.locator("main form button.danger").last.click()
    page.wait_for_load_state()


def sign_in(page: Page, handle: str, password: str) -> None:
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(handle)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/home")
