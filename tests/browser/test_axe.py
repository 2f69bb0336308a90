"""axe finds nothing wrong with any page, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, People

AXE = Path(__file__).parent.parent / "clients" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

STRANGERS = ("/", "/public", "/about", "/sign-up", "/sign-in", "/forgot", "/explore", "/explore/tags", "/explore/people",
             "/search", "/search?q=bread", "/offline", "/nothing-here")  # fmt: skip
MEMBERS = (
    "/home", "/public", "/explore", "/explore/tags", "/explore/links", "/explore/people", "/search?q=bread",
    "/notifications", "/notifications/requests", "/conversations", "/lists", "/bookmarks", "/favourites",
    "/followed-tags", "/scheduled", "/follow-requests", "/mutes", "/blocks", "/blocked-servers", "/filters",
    "/announcements", "/compose", "/about", "/tags/bread", "/settings/profile", "/settings/account",
    "/settings/appearance", "/settings/notifications", "/settings/security", "/settings/access",
)  # fmt: skip
SHORT = ("/home", "/compose", "/notifications", "/settings/notifications")


_tokens: dict[str, str] = {}


def problems(page: Page) -> list[str]:
    """What axe finds on the page as it is."""
    page.evaluate(AXE.read_text() + "; 0")
    found: dict[str, Any] = page.evaluate(
        f"axe.run({{ runOnly: {RULES}, resultTypes: ['violations'] }})".replace("'", '"')
    )
    return [
        f"{page.url} {one['id']}: {one['help']}: {node['html'][:200]} ({node.get('failureSummary', '')[:300]})"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


def prepared(
    people: People, handle: Callable[[str], str], scheme: str, size: tuple[int, int]
) -> tuple[Page, list[str]]:
    """Somebody's browser, with pages that have something on them."""
    ana, ben = handle("ana"), handle("ben")
    page = people.signed_up(ana, size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    post = _says(people, ana, "Fresh #bread at https://bread.example/ for everybody")
    people.server.account(ben)
    question = _says(people, ben, f"@{ana} which one?", options=["Rye", "Spelt"])
    _says(people, ben, f"@{ana} between us", visibility="direct")
    _says(people, ben, "Careful", spoiler_text="Mushrooms")
    page.goto("/lists")
    page.get_by_label("Name of a new list").fill("Bakers")
    page.get_by_role("button", name="Make the list").click()
    page.goto("/filters")
    page.get_by_label("Name", exact=True).fill("Sport")
    page.get_by_label("Words, one line each").fill("score")
    page.get_by_role("button", name="Save").click()
    page.locator(".person.line").wait_for()
    edit = page.locator(".person.line a").first.get_attribute("href") or ""
    page.goto("/lists")
    lists = [one.get_attribute("href") or "" for one in page.locator(".person.line a").all()]
    own = [f"/@{ana}/{post}", f"/posts/{post}/edit", f"/@{ana}/{post}/history", f"/posts/{post}/delete"]
    theirs = [f"/@{ben}/{question}", f"/compose?quote={question}", f"/compose?in_reply_to={question}"]
    person = [f"/@{ben}{end}" for end in ("", "/replies", "/media", "/followers", "/following", "/report", "/options",
                                          "/lists", "/mute", "/block")]  # fmt: skip
    return page, [*own, *theirs, *person, *lists, edit]


def _says(people: People, name: str, text: str, **more: Any) -> str:
    options = more.pop("options", None)
    body: dict[str, Any] = {"status": text, **more}
    if options:
        body["poll"] = {"options": options, "expires_in": 86400}
    if name not in _tokens:
        _tokens[name] = people.server.token(name)
    headers = {"Authorization": f"Bearer {_tokens[name]}"}
    answer = httpx.post(f"{people.server.origin}/api/v1/statuses", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_any_page(
    people: People, handle: Callable[[str], str], scheme: str, size: tuple[int, int]
) -> None:
    people.watched.expected.append("404")
    page, more = prepared(people, handle, scheme, size)
    found: list[str] = []
    paths = [*MEMBERS, *more]
    for path in paths:
        page.goto(path)
        found += problems(page)
    visitor = people.page(size, color_scheme=scheme, reduced_motion="reduce")
    for path in (*STRANGERS, more[0], more[7]):
        visitor.goto(path)
        found += problems(visitor)
    print(f"{scheme}, {size[0]} px: {len(paths) + len(STRANGERS) + 2} pages, {len(found)} violations")
    assert found == []


def test_axe_finds_nothing_on_the_pages_most_used(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("ana"), PHONE)
    found: list[str] = []
    for path in SHORT:
        page.goto(path)
        found += problems(page)
    assert found == []
