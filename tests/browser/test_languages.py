"""The main path in languages that read one way and the other: sign in, write, be answered, hear of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from babel.dates import format_date
from playwright.sync_api import expect

from parvis.infra.catalogues import LOCALES, babel_locale, catalogue_of
from tests.browser.conftest import DESK, PASSWORD, PHONE, People
from tests.browser.test_main_path import no_sideways_scrolling, opened_with

SPOKEN = [one for one in ("en", "fr", "ar") if one in LOCALES]


@pytest.mark.long
def test_days_are_written_by_scripts_as_by_the_server(people: People, handle: Callable[[str], str]) -> None:
    ana = handle("ana")
    people.server.account(ana)
    bearer = {"Authorization": f"Bearer {people.server.token(ana)}"}
    post = httpx.post(f"{people.server.origin}/api/v1/statuses", data={"status": "Now"}, headers=bearer, timeout=30)
    path = f"/@{ana}/{post.json()['id']}/history"
    made = datetime.fromisoformat(post.json()["created_at"])
    zone, hours = ("Pacific/Kiritimati", 14) if made.hour >= 10 else ("Etc/GMT+12", -12)
    there = made.astimezone(timezone(timedelta(hours=hours)))
    assert there.date() != made.date()
    for locale in LOCALES:
        said = []
        for scripts in (False, True):
            page = people.page(scripts=scripts, locale=locale, timezone_id="UTC")
            page.goto(path)
            moment = page.locator("time[data-moment]").first
            if scripts:
                expect(moment).to_have_attribute("data-local", "1")
            said.append(moment.inner_text())
            page.context.close()
        assert said[1] == said[0].removesuffix(" UTC")
        assert said[1] != said[0]
        # Where it is another day, scripts write that too.
        page = people.page(locale=locale, timezone_id=zone)
        page.goto(path)
        expect(page.locator("time[data-moment]").first).to_have_text(
            f"{format_date(there, 'long', locale=babel_locale(locale))}, {there:%H:%M}"
        )
        page.context.close()


WAYS = [
    pytest.param(locale, size, scripts, id=f"{locale}-{size[0]}-{'scripts' if scripts else 'plain'}", marks=marks)
    for locale in SPOKEN
    for size in (PHONE, DESK)
    for scripts in (True, False)
    # One way through two languages, one from right to left, is enough for every day.
    for marks in ([] if (size, scripts) == (PHONE, True) and locale in ("fr", "ar") else [pytest.mark.long],)
]


@pytest.mark.parametrize(("locale", "size", "scripts"), WAYS)
def test_the_main_path_in_a_language(
    people: People, handle: Callable[[str], str], locale: str, size: tuple[int, int], scripts: bool
) -> None:
    text = catalogue_of(locale).text
    ana, ben = handle("ana"), handle("ben")
    for one in (ana, ben):
        people.server.account(one)
    page = people.page(size, scripts=scripts, locale=locale)
    page.goto("/sign-in")
    direction = babel_locale(locale).text_direction
    assert page.locator("html").get_attribute("lang") == locale
    assert (page.locator("html").get_attribute("dir") or "ltr") == direction
    page.locator("input[name=login]").fill(ana)
    page.locator("input[name=password]").fill(PASSWORD)
    no_sideways_scrolling(page)
    page.get_by_role("button", name=text("Sign in"), exact=True).click()
    page.wait_for_url("**/home")
    page.goto("/settings/appearance")
    page.locator(f'input[name=locale][value="{locale}"]').check()
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()

    page.goto("/home")
    no_sideways_scrolling(page)
    page.get_by_label(text("What is there to say?")).fill("Pain · خبز · bread")
    page.get_by_role("button", name=text("Publish"), exact=True).click()
    post = page.locator("article.post", has_text="Pain · خبز · bread")
    expect(post).to_be_visible()
    face, words = post.locator(".post-avatar").bounding_box(), post.locator(".prose").bounding_box()
    assert face
    assert words
    assert (face["x"] > words["x"]) == (direction == "rtl")
    no_sideways_scrolling(page)

    mine = post.locator(".post-when").get_attribute("href") or ""
    bens = people.page(size, scripts=scripts, locale=locale)
    bens.goto("/sign-in")
    bens.locator("input[name=login]").fill(ben)
    bens.locator("input[name=password]").fill(PASSWORD)
    bens.get_by_role("button", name=text("Sign in"), exact=True).click()
    bens.wait_for_url("**/home")
    bens.goto(mine)
    bens.locator("form.compose textarea[name=text]").fill(f"@{ana} oui · نعم")
    bens.locator("form.compose button[type=submit]").click()
    expect(bens.locator("article.post", has_text="oui · نعم").first).to_be_visible()

    opened_with(page, "/notifications", page.locator("article.post", has_text="oui · نعم"))
    no_sideways_scrolling(page)
