"""Takes the pictures in docs/screens from the demo community: every page at two widths, the main ones light and dark.

    .venv/bin/python scripts/take_screens.py [page …]

It starts a server of its own in a folder that is gone afterwards. Fonts are those of the machine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pyvips
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from parvis.infra.catalogues import LOCALES, babel_locale  # noqa: E402
from scripts.screens.console import OWNERS, run_the_place  # noqa: E402
from scripts.screens.furnish import furnish  # noqa: E402
from scripts.screens.pages import (  # noqa: E402
    ABOUT_TO,
    LANGUAGES,
    MAIN,
    MEMBERS,
    SPOKEN,
    SPOKEN_BY_MEMBERS,
    STRANGERS,
    where,
)
from tests.browser.conftest import DESK, FLAGS, PHONE  # noqa: E402
from tests.rig.server import Server  # noqa: E402
from tests.rig.tools import chromium  # noqa: E402

SCREENS = ROOT / "docs" / "screens"
WIDTHS = {390: PHONE, 1280: DESK}
# Pages of those who wait, taken while the door lets few in: what a look means is (width, scheme, language).
WAITING = ("line", "ticket", "ticket-follow", "ticket-proof", "your-turn")
LOOKS = ((390, "light", "en"), (390, "dark", "en"), (1280, "light", "en"), (390, "light", "fr"))
PEOPLE_BEFORE = 240
OLGAS = "a long password"
COLOUR_QUALITY = 95


def main() -> None:
    wanted = sys.argv[1:] or [*STRANGERS, *MEMBERS, *OWNERS, *LANGUAGES, "status", *WAITING]
    SCREENS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = Server(Path(home))
        status = Path(home) / "status"
        server.settings["PARVIS_STATUS_DIRECTORY"] = str(status)
        server.settings["PARVIS_ORIGIN"] = "http://parvis.example"
        server.settings["PARVIS_PAGE_CACHE_BYTES"] = str(32 * 1024 * 1024)
        server.start("--demo", patience_s=120)
        _wait_for_the_demo(server)
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            server.account("olga", OLGAS, role="owner")
            made = furnish(server) if {*MEMBERS, *STRANGERS} & {*wanted} else {}
            if {*OWNERS} & {*wanted}:
                run_the_place(browser, server, OLGAS)
            for scheme in ("light", "dark"):
                for width in WIDTHS:
                    _take(browser, server, [name for name in wanted if _worth(name, scheme)], width, scheme, made)
                    if "status" in wanted:
                        _take_status(browser, status, width, scheme)
            for locale in LOCALES:
                if locale != "en" and {*LANGUAGES} & {*wanted}:
                    _take_in(browser, server, wanted, locale, made)
            for locale in SPOKEN:
                _take_spoken(browser, server, wanted, locale, made)
            if {*WAITING} & {*wanted}:
                _take_waiting(browser, server)
            browser.close()
        finally:
            server.stop()


def _wait_for_the_demo(server: Server) -> None:
    """The community is there, and everybody has heard of what happened."""
    for _ in range(240):
        if "with the password" in server.log():
            break
        time.sleep(0.5)
    time.sleep(5)


def _worth(name: str, scheme: str) -> bool:
    return scheme == "light" or name in MAIN or name in OWNERS


def _take(browser: Browser, server: Server, wanted: list[str], width: int, scheme: str, made: dict[str, str]) -> None:
    size = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        base_url=server.origin,
        locale="en-GB",
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1,
        reduced_motion="reduce",
    )
    page = context.new_page()
    for name, path in STRANGERS.items():
        if name in wanted:
            page.goto(where(page, path, made))
            _keep(page, f"{name}-{width}-{scheme}")
    _sign_in(page, "demo", (server.home / "demo-password").read_text().strip())
    for name, path in MEMBERS.items():
        if name in wanted:
            page.goto(where(page, path, made))
            if name in ABOUT_TO:
                ABOUT_TO[name](page)
            _keep(page, f"{name}-{width}-{scheme}")
            page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.context.clear_cookies()
    if {*OWNERS} & {*wanted}:
        _sign_in(page, "olga", OLGAS)
    for name, path in OWNERS.items():
        if name in wanted:
            page.goto(path)
            _keep(page, f"{name}-{width}-{scheme}")
    context.close()


def _take_status(browser: Browser, folder: Path, width: int, scheme: str) -> None:
    """The page that stands when nothing else does."""
    size = WIDTHS[width]
    viewport = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto((folder / "index.html").as_uri())
    _keep(page, f"status-{width}-{scheme}")
    page.close()


def _take_in(browser: Browser, server: Server, wanted: list[str], locale: str, made: dict[str, str]) -> None:
    """The first pages in that language, on a phone, and on a desk where it reads the other way."""
    for width in (390, 1280) if babel_locale(locale).text_direction == "rtl" else (390,):
        size = WIDTHS[width]
        page = browser.new_page(
            viewport={"width": size[0], "height": size[1]},
            base_url=server.origin,
            locale=locale,
            reduced_motion="reduce",
        )
        for name, path in LANGUAGES.items():
            if name in wanted:
                page.goto(where(page, path, made))
                _keep(page, f"{name}-{locale}-{width}-light")
        page.close()


def _take_spoken(browser: Browser, server: Server, wanted: list[str], locale: str, made: dict[str, str]) -> None:
    """What members see most, on a phone, as somebody sees it who has chosen that language."""
    names = [name for name in SPOKEN_BY_MEMBERS if name in wanted]
    if not names:
        return
    page = browser.new_page(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        base_url=server.origin,
        locale="en-GB",
        reduced_motion="reduce",
    )
    _sign_in(page, "demo", (server.home / "demo-password").read_text().strip())
    _speak(page, locale)
    for name in names:
        page.goto(where(page, MEMBERS[name], made))
        if name in ABOUT_TO:
            ABOUT_TO[name](page)
        _keep(page, f"{name}-member-{locale}-390-light")
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
    _speak(page, "en")
    page.close()


def _speak(page: Page, locale: str) -> None:
    page.goto("/settings/appearance")
    page.locator(f"input[name=locale][value={locale}]").check()
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()


def _take_waiting(browser: Browser, server: Server) -> None:
    """The whole way through a line: the form, the ticket and its pages, and the moment when it is one's turn."""
    server.run("gate", "cap", "0.1")
    asking = browser.new_context(base_url=server.origin).request
    for number in range(PEOPLE_BEFORE):
        body = {"username": f"waiting_{number}", "email": f"w{number}@mail.example"}
        assert asking.post("/api/parvis/v1/admission/receipts", data=body).ok
    time.sleep(25)  # the gate has looked twice
    tickets: list[tuple[Page, str]] = []
    for number, (width, scheme, language) in enumerate(LOOKS):
        context = browser.new_context(
            viewport={"width": WIDTHS[width][0], "height": WIDTHS[width][1]},
            base_url=server.origin,
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        page = context.new_page()
        look = f"{width}-{scheme}" if language == "en" else f"{language}-{width}-{scheme}"
        page.goto("/sign-up")
        _keep(page, f"line-{look}", whole=True)
        page.locator("#username").fill(f"carol_{number}")
        page.locator("#email").fill(f"carol{number}@mail.example")
        page.locator("form.form button[type=submit]").click()
        page.locator("[data-number]").wait_for()
        ticket = page.url
        page.goto(ticket + "/follow")
        page.locator("form.do button").nth(0).click()
        page.locator("form.do button").nth(3).click()
        _keep(page, f"ticket-follow-{look}", whole=True)
        page.goto(ticket + "/proof")
        _keep(page, f"ticket-proof-{look}", whole=True)
        page.goto(ticket)
        _keep(page, f"ticket-{look}", whole=True)
        tickets.append((page, look))
    server.run("gate", "open")
    for page, look in tickets:
        for _ in range(60):
            page.reload()
            if page.locator("#password").count():
                break
            time.sleep(1)
        _keep(page, f"your-turn-{look}", whole=True)


def _sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address or name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/home")


def _keep(page: Page, name: str, *, whole: bool = False) -> None:
    """The picture is in docs/screens, with few colours, which keeps it small."""
    page.wait_for_load_state("load")
    page.evaluate("Promise.all([...document.images].map(i => i.loading = 'eager').concat(document.fonts.ready))")
    page.wait_for_timeout(600)
    data = page.screenshot(full_page=whole)
    image = pyvips.Image.pngload_buffer(data)
    image.pngsave(str(SCREENS / f"{name}.png"), palette=True, Q=COLOUR_QUALITY, dither=1.0, keep=0)
    print(name, (SCREENS / f"{name}.png").stat().st_size)


if __name__ == "__main__":
    main()
