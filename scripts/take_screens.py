"""Takes the pictures in docs/screens from the demo community: every page at two widths, light and dark.

    .venv/bin/python scripts/take_screens.py [page …]

It starts a server of its own in a folder that is gone afterwards. Fonts are those of the machine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyvips
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from parvis.infra.catalogues import LOCALES, babel_locale  # noqa: E402
from tests.browser.conftest import DESK, FLAGS, PHONE  # noqa: E402
from tests.rig.server import Server  # noqa: E402
from tests.rig.tools import chromium  # noqa: E402

SCREENS = ROOT / "docs" / "screens"
WIDTHS = {390: PHONE, 1280: DESK}
STRANGERS = {
    "landing": "/",
    "sign-up": "/sign-up",
    "sign-in": "/sign-in",
    "about": "/about",
    "public-profile": "/@marta",
    "public-search": "/search?q=bread",
}
MEMBERS = {
    "home": "/home",
    "profile": "/@marta",
    "thread": "thread",
    "compose": "/compose",
    "notifications": "/notifications",
    "settings": "/settings/profile",
    "explore": "/explore",
    "explore-people": "/explore/people",
    "pictures": "/@marta/media",
    "poll": "poll",
    "conversations": "/conversations",
    "lists": "/lists",
    "filters": "/filters",
    "scheduled": "/scheduled",
    "muted": "/mutes",
    "report": "/@marta/report",
    "disturb": "/settings/notifications",
    "search": "/search?q=bread",
    "tag": "/tags/bread",
    "bookmarks": "/bookmarks",
    "account": "/settings/account",
    "appearance": "/settings/appearance",
    "security": "/settings/security",
    "access": "/settings/access",
    "data": "/settings/data",
    "options": "/@marta/options",
    "announcements": "/announcements",
    "compose-poll": "/compose",
    "lightbox": "picture",
    "menu": "/home",
}
OWNERS = {
    "console": "/console",
    "console-gate": "/console/gate",
    "console-mail": "/console/mail",
    "console-invitations": "/console/invitations",
}
# In other languages: what a stranger sees first, a post with its answers, the form to sign up.
LANGUAGES = {"landing": "/", "thread": "thread", "sign-up": "/sign-up", "about": "/about"}
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
        server.settings["PARVIS_PAGE_CACHE_BYTES"] = str(32 * 1024 * 1024)
        server.start("--demo", patience_s=120)
        _wait_for_the_demo(server)
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            server.account("olga", OLGAS, role="owner")
            if {*MEMBERS} & {*wanted}:
                _fill(browser, server)
            for scheme in ("light", "dark"):
                for width in WIDTHS:
                    _take(browser, server, wanted, width, scheme)
                    if "status" in wanted:
                        _take_status(browser, status, width, scheme)
            for locale in LOCALES:
                if locale != "en" and {*LANGUAGES} & {*wanted}:
                    _take_in(browser, server, wanted, locale)
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


def _take(browser: Browser, server: Server, wanted: list[str], width: int, scheme: str) -> None:
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
            page.goto(path)
            _keep(page, f"{name}-{width}-{scheme}")
    _sign_in(page, "demo", (server.home / "demo-password").read_text().strip())
    for name, path in MEMBERS.items():
        if name in wanted:
            page.goto(FOUND[path](page) if path in FOUND else path)
            if name in ABOUT_TO:
                ABOUT_TO[name](page)
            _keep(page, f"{name}-{width}-{scheme}")
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


def _take_in(browser: Browser, server: Server, wanted: list[str], locale: str) -> None:
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
                page.goto(FOUND[path](page) if path in FOUND else path)
                _keep(page, f"{name}-{locale}-{width}-light")
        page.close()


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


def _fill(browser: Browser, server: Server) -> None:
    """Some pages show what only their owner has: a poll, a list, a filter, something for later, words between two."""
    page = browser.new_context(base_url=server.origin, locale="en-GB").new_page()
    _sign_in(page, "demo", (server.home / "demo-password").read_text().strip())
    headers = {"Authorization": f"Bearer {server.token('demo')}"}
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    poll = {"options": ["Rye", "Spelt", "Whatever is warm"], "expires_in": 86400}
    for body in (
        {"status": "Which loaf for Sunday?", "poll": poll},
        {"status": "@marta the clock is right twice a day, shall we?", "visibility": "direct"},
        {"status": "Good morning, square. The market opens at seven.", "scheduled_at": tomorrow},
    ):
        assert page.request.post("/api/v1/statuses", data=body, headers=headers).ok
    for title in ("Bakers", "The council"):
        page.request.post("/api/v1/lists", data={"title": title}, headers=headers)
    words = [{"keyword": word, "whole_word": True} for word in ("score", "penalty")]
    form = {"title": "Football", "context": ["home", "public"], "keywords_attributes": words}
    assert page.request.post("/api/v2/filters", data=form, headers=headers).ok
    time.sleep(3)
    page.context.close()


def _poll(page: Page) -> str:
    found = page.request.get("/api/v1/timelines/public?limit=40").json()
    one = next(one for one in found if one["poll"])
    return f"/@{one['account']['acct']}/{one['id']}"


def _thread(page: Page) -> str:
    """The conversation of words with the most replies."""
    found = page.request.get("/api/v1/timelines/public?limit=40").json()
    best = max(found, key=lambda one: (not one["media_attachments"], one["replies_count"]))
    return f"/@{best['account']['acct']}/{best['id']}"


def _write(page: Page) -> None:
    found = page.request.get("/api/v1/timelines/public?limit=40&only_media=true").json()
    picture = next(one["media_attachments"][0] for one in found if one["account"]["acct"] == "marta")
    page.get_by_label("What is there to say?").fill(
        "Market day. The baker sold out before nine, the clock says otherwise, and somebody left a red balloon."
    )
    page.locator("input[data-files]").set_input_files(
        {"name": "market.webp", "mimeType": "image/webp", "buffer": page.request.get(picture["url"]).body()}
    )
    page.get_by_label("What the picture shows").fill("Stalls under striped awnings in front of the clock tower")


def _with_pictures(page: Page) -> str:
    """A post with pictures to open."""
    found = page.request.get("/api/v1/timelines/public?limit=40&only_media=true").json()
    one = next(
        one for one in found if one["media_attachments"][0]["type"] == "image" and one["account"]["acct"] == "marta"
    )
    return f"/@{one['account']['acct']}/{one['id']}"


def _open_picture(page: Page) -> None:
    page.locator("a[data-picture]").first.click()
    page.locator("dialog.lightbox[open]").wait_for()


def _ask(page: Page) -> None:
    page.get_by_label("What is there to say?").fill("Which loaf for Sunday?")
    page.locator("[data-more] > summary").click()
    for number, answer in enumerate(("Rye", "Spelt", "Whatever is warm"), 1):
        page.locator(f"input[name=option_{number}]").fill(answer)


def _open_menu(page: Page) -> None:
    menu = page.locator("article.post details.menu").first
    menu.locator("summary").click()


FOUND = {"thread": _thread, "poll": _poll, "picture": _with_pictures}
ABOUT_TO = {"compose": _write, "compose-poll": _ask, "lightbox": _open_picture, "menu": _open_menu}


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
