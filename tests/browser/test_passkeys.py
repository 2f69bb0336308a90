"""Passkeys in a real browser, with an authenticator of Chromium's own that needs no finger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE
from tests.rig.server import Server, free_port


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a name: browsers make no passkeys for bare addresses."""
    port = free_port()
    settings = {"PARVIS_ORIGIN": f"http://localhost:{port}", "PARVIS_WEB_WORKERS": "1"}
    made = Server(Path(tmp_path_factory.mktemp("named")), port=port, settings=settings)
    made.start(patience_s=120)
    yield made
    made.stop()


@pytest.fixture
def page(chrome: Browser, named: Server) -> Iterator[Page]:
    """A browser on a device that recognises its owner."""
    context = chrome.new_context(
        base_url=f"http://localhost:{named.port}",
        viewport={"width": PHONE[0], "height": PHONE[1]},
        service_workers="block",
    )
    made = context.new_page()
    tools = context.new_cdp_session(made)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield made
    context.close()


def fill_in(page: Page, name: str) -> None:
    page.goto("/sign-up")
    page.get_by_label("Name on the square").fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@mail.example")


def sign_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in")


@pytest.mark.timeout(240)
def test_from_sign_up_to_settings_without_any_password(page: Page) -> None:
    page.goto("/sign-up")
    page.get_by_role("button", name="Use a passkey").click()  # nothing is filled in: the browser says so
    assert page.url.endswith("/sign-up")
    fill_in(page, "tina")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home")
    expect(page.get_by_text("Welcome to the square.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/home")
    page.goto("/settings/security/passkeys")
    if "/prove" in page.url:
        page.get_by_role("button", name="Prove it with a passkey").click()
        page.wait_for_url("**/settings/security/passkeys")
    expect(page.get_by_text("Made at sign-up")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Passkeys")).to_have_count(0)  # the only way in is not taken out
    page.goto("/settings/security/passkeys")
    expect(page.get_by_text("Made at sign-up")).to_be_visible()


@pytest.mark.timeout(240)
def test_a_name_that_is_taken_costs_no_second_passkey(page: Page) -> None:
    fill_in(page, "vera")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home")
    sign_out(page)
    fill_in(page, "vera")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Your passkey is ready.")).to_be_visible()
    page.get_by_label("Name on the square").fill("veronica")
    page.get_by_label("E-mail address").fill("veronica@mail.example")
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/home")


@pytest.mark.timeout(240)
def test_through_a_line_with_a_passkey(page: Page, named: Server) -> None:
    named.run("gate", "pause", "--reason", "A moment, please.")
    fill_in(page, "walt")
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    page.get_by_role("button", name="Take a ticket").click()
    page.wait_for_url("**/ticket/*")
    named.run("gate", "open")
    for _ in range(60):
        if page.get_by_role("heading", name="It is your turn").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/home")
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/home")
