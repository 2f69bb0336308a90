"""From a report to a post that is back: whoever is withheld reads why, appeals, and somebody else looks at it again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, PHONE, People
from tests.browser.test_axe import problems

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SCREENS = os.environ.get("PARVIS_SCREENS")  # a folder: what is seen on the way is kept there
RULE = "Be kind to one another."


def comes_in(people: People, name: str) -> Page:
    page = people.page(PHONE)
    page.goto("/sign-in")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/home")
    return page


def keep(page: Page, name: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    assert problems(page) == [], name
    if SCREENS:
        page.screenshot(path=str(Path(SCREENS) / f"{name}.png"), full_page=True)


def test_a_report_leads_to_a_withheld_post_and_an_appeal_to_somebody_else_brings_it_back(
    people: People, handle: Callable[[str], str]
) -> None:
    server = people.server
    people.watched.expected.append("404")
    author, reader, moderator, other = (handle(name) for name in ("anna", "ben", "mona", "max"))
    for name, role in ((author, None), (reader, None), (moderator, "moderator"), (other, "moderator")):
        server.account(name, PASSWORD, role=role)
    server.run("rule", "add", RULE)
    headers = {"Authorization": f"Bearer {server.token(author)}"}
    made = httpx.post(f"{server.origin}/api/v1/statuses", json={"status": "Ben is a fool"}, headers=headers, timeout=30)
    post = f"/@{author}/{made.json()['id']}"

    page = comes_in(people, reader)
    page.goto(f"/@{author}/report?post_id={made.json()['id']}")
    page.get_by_label("It breaks a rule of this place").check()
    page.get_by_label(RULE).first.check()
    page.get_by_label("What the moderators should know").fill("He names me.")
    page.get_by_role("button", name="Report").click()
    page.wait_for_url(f"**/@{author}")

    staff = comes_in(people, moderator)
    staff.goto("/console/reports")
    keep(staff, "reports")
    staff.get_by_role("link", name=f"@{author}").click()
    expect(staff.get_by_text("Ben is a fool").first).to_be_visible()
    staff.get_by_label("Withhold").check()
    staff.get_by_label("Under which rule").select_option(label=RULE)
    staff.get_by_label("Why").first.fill("It calls a neighbour names.")
    keep(staff, "report")
    staff.get_by_role("button", name="Restrict", exact=True).click()
    staff.wait_for_url("**/console/reports")
    assert (page.goto(post)).status == 404  # type: ignore[union-attr]

    own = comes_in(people, author)
    own.goto("/settings/standing")
    expect(own.get_by_text("It calls a neighbour names.")).to_be_visible()
    expect(own.get_by_text("Ben is a fool")).to_be_visible()
    expect(own.get_by_text(moderator)).to_have_count(0)
    keep(own, "standing")
    own.get_by_label("Appeal: why it should be lifted").fill("It is a line of a play.")
    own.get_by_role("button", name="Appeal").click()
    expect(own.get_by_text("Nobody has decided yet.")).to_be_visible()

    keep(own, "appealed")
    staff.goto("/console/appeals")
    expect(staff.get_by_text("You decided this, so somebody else decides about the appeal.")).to_be_visible()
    second = comes_in(people, other)
    second.goto("/console/appeals")
    keep(second, "appeals")
    appeal = second.locator("section", has_text="It is a line of a play.")
    appeal.get_by_label("Lift it").check()
    appeal.get_by_label("Why").fill("So it is, and it says whose.")
    appeal.get_by_role("button", name="Decide").click()
    second.wait_for_url("**/console/appeals")

    assert (page.goto(post)).status == 200  # type: ignore[union-attr]
    own.goto("/settings/standing")
    expect(own.get_by_text("So it is, and it says whose.").first).to_be_visible()
    second.goto(f"/console/people/@{author}")
    keep(second, "person")
    second.goto("/console/people?standing=staff")
    keep(second, "people")
    second.goto(f"/console/posts/{made.json()['id']}")
    keep(second, "post")
