"""What scripts add: quick reactions, live posts that move nothing, comfortable writing, keys, menus."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from parvis.infra.catalogues import LOCALES
from parvis.load import people as crowds
from tests.browser.conftest import PHONE, People
from tests.browser.test_axe import problems
from tests.rig.pictures import png


def publish(page: Page, text: str) -> None:
    page.goto("/home")
    page.get_by_label("What is there to say?").fill(text)
    page.get_by_role("button", name="Publish").click()
    page.locator("article.post", has_text=text).first.wait_for()


def test_a_favourite_shows_at_once_and_is_taken_back_when_it_fails(
    people: People, handle: Callable[[str], str]
) -> None:
    page = people.signed_up(handle("dora"))
    publish(page, "Something to like")
    post = page.locator("article.post", has_text="Something to like")
    heart = post.get_by_role("button", name="Favourite")
    held: list[object] = []
    page.route("**/posts/*/favourite", lambda route: held.append(route))
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")  # before the server has said anything
    expect(heart).to_have_text("1")
    for _ in range(200):  # the request may be on its way still
        if held:
            break
        page.wait_for_timeout(50)
    held[0].continue_()  # type: ignore[attr-defined]
    post.locator("[formaction$='/unfavourite']").wait_for()  # what the server says has taken its place
    expect(post.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.unroute("**/posts/*/favourite")
    people.watched.expected.append("Failed to load resource|Response Status Error")
    page.route("**/posts/*/unfavourite", lambda route: route.fulfill(status=503, body="no"))
    heart = post.get_by_role("button", name="Favourite")
    heart.click()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    expect(heart).to_have_attribute("aria-pressed", "true")
    page.unroute("**/posts/*/unfavourite")
    page.reload()
    expect(page.locator("article.post", has_text="Something to like").locator(".heart")).to_have_text("1")


@pytest.mark.long
def test_new_posts_wait_behind_a_button_while_somebody_reads_further_down(
    people: People, handle: Callable[[str], str]
) -> None:
    bob, eve = handle("bob"), handle("eve")
    bobs, page = people.signed_up(bob), people.signed_up(eve, PHONE)
    for number in range(8):
        publish(page, f"Post number {number} " + "with words " * 20)
    page.goto(f"/@{bob}")
    page.get_by_role("button", name="Follow", exact=True).click()
    page.get_by_role("button", name="Following").wait_for()
    page.goto("/home")
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 500")
    top = page.evaluate("document.querySelector('article.post:nth-of-type(4)').getBoundingClientRect().top")
    publish(bobs, "First fresh one")
    publish(bobs, "Second fresh one")
    button = page.get_by_role("button", name="2 new posts")
    expect(button).to_be_visible()
    assert top == page.evaluate("document.querySelector('article.post:nth-of-type(4)').getBoundingClientRect().top")
    button.click()
    expect(page.locator("article.post").first).to_contain_text("Second fresh one")
    expect(page.locator("article.post").nth(1)).to_contain_text("First fresh one")
    expect(button).to_be_hidden()
    bobs.goto(f"/@{bob}")
    bobs.locator("article.post", has_text="First fresh one").get_by_label("More").click()
    bobs.get_by_role("link", name="Delete").click()
    bobs.get_by_role("button", name="Delete").click()
    expect(page.locator("article.post", has_text="First fresh one")).to_have_count(0)


def test_notifications_are_counted_as_they_come(people: People, handle: Callable[[str], str]) -> None:
    bob, fay = handle("bob"), handle("fay")
    bobs, page = people.signed_up(bob), people.signed_up(fay)
    badge = page.locator(".nav [data-unread]")
    expect(badge).to_be_hidden()
    bobs.goto(f"/@{fay}")
    bobs.get_by_role("button", name="Follow", exact=True).click()
    expect(badge).to_have_text("1")
    page.goto("/notifications")
    expect(page.get_by_text("follows you")).to_be_visible()
    expect(badge).to_be_hidden()
    page.goto("/public")
    page.wait_for_timeout(500)
    expect(badge).to_be_hidden()  # they were read


def test_writing_counts_uploads_and_warns(people: People, handle: Callable[[str], str], picture: Path) -> None:
    page = people.signed_up(handle("gil"))
    form = page.locator("form[data-compose]")
    submit, text = form.get_by_role("button", name="Publish"), form.get_by_label("What is there to say?")
    expect(submit).to_be_disabled()
    text.fill("👩‍👩‍👧‍👦 https://a.example/" + "x" * 100)
    expect(form.locator("[data-counter]")).to_have_text(str(1000 - 1 - 1 - 23))
    text.fill("x" * 1001)
    expect(form.locator("[data-counter]")).to_have_text("-1")
    expect(submit).to_be_disabled()
    text.fill("")
    form.locator("[data-files]").set_input_files([picture] * 5)
    expect(form.locator("[data-picture-item]")).to_have_count(4)
    expect(form.get_by_text("Four pictures fit")).to_be_visible()
    form.get_by_label("Remove the picture").first.click()
    expect(form.locator("[data-picture-item]")).to_have_count(3)
    expect(submit).to_be_enabled()
    expect(form.get_by_label("Content warning", exact=True).locator("visible=true")).to_have_count(1)
    form.get_by_role("button", name="Content warning").click()
    form.get_by_placeholder("Content warning").fill("colours")
    form.get_by_label("Mark the pictures as sensitive").check()
    submit.click()
    submit.click()  # nobody has described the pictures, which is asked about once
    post = page.locator("article.post", has_text="colours")
    expect(post.locator(".pictures")).to_be_hidden()
    post.locator("summary", has_text="colours").click()
    expect(post.locator(".pictures.n3")).to_be_visible()


# German has the longest words; all others are tried with the long tests.
@pytest.mark.parametrize(
    "locale", [pytest.param(one, marks=[] if one == "de" else [pytest.mark.long]) for one in LOCALES]
)
def test_what_belongs_to_writing_is_one_line_on_a_phone(
    people: People, handle: Callable[[str], str], locale: str
) -> None:
    page = people.signed_up(handle("gus"), PHONE)
    page.set_extra_http_headers({"Accept-Language": locale})
    page.goto("/settings/appearance")
    page.locator(f'input[name=locale][value="{locale}"]').check()
    page.locator("main form button[type=submit]").click()
    page.wait_for_load_state()
    page.goto("/compose")
    page.locator("textarea[name=text]").fill("x" * 20)
    bar, button = page.locator(".compose-bar").bounding_box(), page.locator(".compose-bar .primary").bounding_box()
    assert bar
    assert button
    assert bar["height"] < 1.5 * button["height"], locale
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0], locale
    tools = page.locator(".compose-bar > *").locator("visible=true").all()
    ends = sorted((one.bounding_box() or {})["x"] for one in tools)
    assert all(after - before >= 24 for before, after in pairwise(ends)), locale  # none lies over another
    page.locator(".compose-more > summary").click()
    for more in page.locator(".compose-more, .compose-more .compose-files, .compose-more :is(input, select)").all():
        box = more.bounding_box()
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= PHONE[0]), locale


def test_a_file_that_is_no_picture_is_refused_with_the_reason(
    people: People, handle: Callable[[str], str], tmp_path: Path
) -> None:
    people.watched.expected.append("422")
    page = people.signed_up(handle("hal"))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture at all")
    page.locator("[data-files]").set_input_files(broken)
    expect(page.get_by_text("This is no picture that can be read here")).to_be_visible()
    expect(page.locator("[data-picture-item], .compose-picture")).to_have_count(0)


def test_a_picture_opens_large_and_closes_again(people: People, handle: Callable[[str], str], picture: Path) -> None:
    page = people.signed_up(handle("ida"))
    page.locator("[data-files]").set_input_files(picture)
    page.get_by_label("What the picture shows").fill("Two colours")
    page.get_by_role("button", name="Publish").click()
    page.locator("article.post a.picture").first.click()
    box = page.locator("dialog.lightbox")
    expect(box.get_by_role("img", name="Two colours")).to_be_visible()
    expect(box.get_by_text("Two colours")).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_pictures_of_one_post_follow_each_other(people: People, handle: Callable[[str], str], picture: Path) -> None:
    page = people.signed_up(handle("ivo"))
    page.locator("[data-files]").set_input_files([picture] * 3)
    for number, line in enumerate(("One", "Two", "Three")):
        page.get_by_label("What the picture shows").nth(number).fill(line)
    page.get_by_role("button", name="Publish").click()
    page.locator("article.post a.picture").nth(1).click()
    box = page.locator("dialog.lightbox")
    expect(box.get_by_role("img", name="Two")).to_be_visible()
    expect(box.get_by_text("2 / 3")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(box.get_by_role("img", name="Three")).to_be_visible()
    box.get_by_role("button", name="The next picture").click()
    expect(box.get_by_role("img", name="One")).to_be_visible()
    assert problems(page) == []
    box.get_by_role("button", name="Close").click()
    expect(box).to_have_count(0)


def test_keys_move_act_and_lead_about(people: People, handle: Callable[[str], str]) -> None:
    name = handle("jon")
    page = people.signed_up(name)
    for number in range(3):
        publish(page, f"Post {number}")
    page.goto("/home")
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("article.post").nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("article.post").nth(1)).to_be_focused()
    page.keyboard.press("k")
    first = page.locator("article.post").nth(0)
    expect(first).to_be_focused()
    page.keyboard.press("f")
    expect(first.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    first.locator("[formaction$='/unfavourite']").wait_for()
    page.keyboard.press("n")
    expect(page.get_by_label("What is there to say?")).to_be_focused()
    page.keyboard.press("g")  # in a text, a letter is a letter
    expect(page.get_by_label("What is there to say?")).to_have_value("g")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#side-search")).to_be_focused()
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url(f"**/@{name}")
    page.locator("h1").first.click()
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**/@{name}/*")


@pytest.mark.long
def test_all_keys_are_told_and_can_be_switched_off(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("joy"))
    publish(page, "One to go to")
    page.goto("/home")
    page.locator("h1").click()
    page.keyboard.press("?")
    box = page.get_by_role("dialog", name="Keys")
    expect(box.get_by_text("next and previous post")).to_be_visible()
    assert problems(page) == []
    box.get_by_label("Use single keys on this device").uncheck()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    page.goto("/keys")
    expect(page.get_by_label("Use single keys on this device")).not_to_be_checked()
    page.goto("/home")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("?")
    page.wait_for_timeout(300)
    expect(page.locator("article.post").nth(0)).not_to_be_focused()
    expect(box).to_have_count(0)
    page.goto("/keys")
    page.get_by_label("Use single keys on this device").check()
    page.goto("/home")
    page.locator("h1").click()
    page.keyboard.press("j")
    expect(page.locator("article.post").nth(0)).to_be_focused()


def test_everything_can_be_reached_by_tab(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("kim"))
    publish(page, "Reach me")
    page.goto("/home")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("(e => e.getAttribute('aria-label') || e.textContent.trim())(document.activeElement)")
        )
    for name in ("Home", "Notifications", "Favourite", "Repost", "Bookmark", "Reply", "More"):
        assert name in reached, (name, reached)


@pytest.mark.long
def test_older_posts_come_by_themselves(people: People, handle: Callable[[str], str]) -> None:
    name = handle("lee")
    page = people.signed_up(name)
    token = people.server.token(name)
    for number in range(45):
        answer = page.request.post(
            "/api/v1/statuses", form={"status": f"Number {number}."}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.ok
    page.goto(f"/@{name}")
    expect(page.locator("article.post")).to_have_count(20)
    for _ in range(8):
        page.mouse.wheel(0, 4000)
        page.wait_for_timeout(150)
    expect(page.locator("article.post")).to_have_count(45)
    assert page.locator(".more").count() == 0


def test_going_back_leads_to_the_same_place(people: People, handle: Callable[[str], str]) -> None:
    name = handle("lou")
    page = people.signed_up(name, PHONE)
    token = people.server.token(name)
    for number in range(45):
        answer = page.request.post(
            "/api/v1/statuses", form={"status": f"Number {number}."}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.ok
    page.goto(f"/@{name}")
    posts = page.locator("article.post")
    while posts.count() < 45:
        page.mouse.wheel(0, 2000)
        page.wait_for_timeout(100)
    wanted = page.locator("article.post", has_text="Number 7.")
    wanted.scroll_into_view_if_needed()
    top = wanted.bounding_box()
    wanted.locator(".post-when").click()
    page.wait_for_url(f"**/@{name}/*")
    page.get_by_role("button", name="Favourite").first.click()
    page.locator("[formaction$='/unfavourite']").first.wait_for()
    page.go_back()
    expect(posts).to_have_count(45)
    expect(wanted).to_be_in_viewport()
    now = wanted.bounding_box()
    assert top
    assert now
    assert abs(top["y"] - now["y"]) < 4
    wanted.get_by_role("button", name="Repost").click()  # what came back can be used
    wanted.locator("[formaction$='/unrepost']").wait_for()
    page.goto(f"/@{name}")  # going there anew is not going back
    expect(posts).to_have_count(20)


def _come_back_to(page: Page, rows: Locator, wanted: int, all_of_them: int) -> None:
    """From a row far down to what it leads to, and back: the row is where it was."""
    while rows.count() < all_of_them:
        page.mouse.wheel(0, 2000)
        page.wait_for_timeout(100)
    row, path = rows.nth(wanted), page.url
    row.scroll_into_view_if_needed()
    top = row.bounding_box()
    row.locator("xpath=self::a | .//a[contains(@class, 'who')]").first.click()
    page.wait_for_url(lambda url: url != path)
    page.go_back()
    expect(rows).to_have_count(all_of_them)
    expect(row).to_be_in_viewport()
    now = row.bounding_box()
    assert top
    assert now
    assert abs(top["y"] - now["y"]) < 4


@pytest.mark.long
def test_grids_of_pictures_and_lists_of_people_are_as_long_as_they_were_too(
    people: People, handle: Callable[[str], str]
) -> None:
    name = handle("mia")
    page = people.signed_up(name, PHONE)
    mine = {"Authorization": f"Bearer {people.server.token(name)}"}
    people.server.run("simulate", "--prepare", "--members", "30", patience_s=120)
    me = page.request.get(f"/api/v1/accounts/lookup?acct={name}").json()["id"]
    for member in crowds.read(people.server.home / crowds.FILE).members[:30]:
        theirs = {"Authorization": f"Bearer {member.token}"}
        assert page.request.post(f"/api/v1/accounts/{me}/follow", headers=theirs).ok
    for number in range(30):
        file = {"name": "a.png", "mimeType": "image/png", "buffer": png(120 + number, 80)}
        sent = page.request.post("/api/v2/media", headers=mine, multipart={"file": file}).json()
        form = {"status": f"Picture {number}.", "media_ids[]": sent["id"]}
        assert page.request.post("/api/v1/statuses", headers=mine, form=form).ok
    page.goto(f"/@{name}/media")
    _come_back_to(page, page.locator(".tile"), 27, 30)
    page.goto(f"/@{name}/followers")
    _come_back_to(page, page.locator("li.person"), 26, 30)


@pytest.mark.long
def test_dark_is_dark_and_light_is_light(people: People, handle: Callable[[str], str]) -> None:
    def brightness(page: Page) -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(one) for one in re.findall(r"\d+", colour)[:3])

    assert brightness(_opened(people, "dark")) < 100
    assert brightness(_opened(people, "light")) > 600
    page = people.signed_up(handle("mia"))
    page.goto("/settings/appearance")
    page.get_by_label("Dark", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert brightness(page) < 100  # although the device asks for light


def _opened(people: People, scheme: str) -> Page:
    page = people.page(color_scheme=scheme)
    page.goto("/")
    return page


@pytest.mark.long
def test_no_page_scrolls_sideways_on_the_smallest_phones(people: People, handle: Callable[[str], str]) -> None:
    name = handle("nia")
    page = people.signed_up(name, (320, 640))
    publish(page, "Unbreakable" + "x" * 200 + " https://example.example/" + "y" * 200)
    wide = (
        "/home", "/public", f"/@{name}", "/notifications", "/compose", "/search?q=x", "/about", "/bookmarks",
        "/settings/profile", "/settings/account", "/settings/appearance", "/settings/access", "/follow-requests",
    )  # fmt: skip
    for path in wide:
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 320, (path, width)
    visitor = people.page((320, 640))
    for path in ("/", "/sign-up", "/sign-in", "/forgot", f"/@{name}"):
        visitor.goto(path)
        assert visitor.evaluate("document.documentElement.scrollWidth") <= 320, path
