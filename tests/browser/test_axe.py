"""axe finds nothing wrong with the pages most used; test_everyone.py walks all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import PHONE, People

AXE = Path(__file__).parent.parent / "clients" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

SHORT = ("/home", "/compose", "/notifications", "/settings/notifications")


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


def test_axe_finds_nothing_on_the_pages_most_used(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("ana"), PHONE)
    found: list[str] = []
    for path in SHORT:
        page.goto(path)
        found += problems(page)
    assert found == []
