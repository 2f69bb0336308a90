"""Help while writing and searching: completion, emoji, a word about pictures that nobody described."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, People
from tests.browser.test_axe import problems
from tests.rig.pictures import png

# On every day the narrower one: what fits there fits everywhere.
SIZES = pytest.mark.parametrize("size", [PHONE, pytest.param(DESK, marks=pytest.mark.long)], ids=["phone", "desk"])


def text_of(page: Page) -> Locator:
    return page.locator("[data-compose] textarea[name=text]")


def publish(page: Page, text: str) -> None:
    page.goto("/home")
    text_of(page).fill(text)
    page.get_by_role("button", name="Publish").click()
    page.locator("article.post", has_text=text).first.wait_for()


def within_the_screen(page: Page, selector: str) -> None:
    width, height = page.viewport_size["width"], page.viewport_size["height"]  # type: ignore[index]
    box = page.locator(selector).bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height + 1


@SIZES
def test_a_mention_is_completed_by_keys_and_enter_stays_enter(
    people: People, handle: Callable[[str], str], size: tuple[int, int]
) -> None:
    other, name = f"{handle('zelda')}x", handle("zed")
    people.signed_up(other)
    page = people.signed_up(name, size)
    text = text_of(page)
    text.press_sequentially(f"Hello @{other[:-1]}")
    options = page.get_by_role("listbox", name="Suggestions")
    option = options.get_by_role("option", name=f"@{other}")
    expect(option).to_be_visible()
    expect(option).to_have_attribute("aria-selected", "true")
    assert text.get_attribute("aria-activedescendant") == option.get_attribute("id")
    within_the_screen(page, ".options")
    assert problems(page) == []
    page.keyboard.press("Enter")
    expect(text).to_have_value(f"Hello @{other} ")
    expect(options).to_be_hidden()
    page.keyboard.press("Enter")
    expect(text).to_have_value(f"Hello @{other} \n")  # nothing is open, so it is a new line
    text.press_sequentially(f"and @{other[:-1]}")
    expect(option).to_be_visible()
    page.keyboard.press("Escape")
    expect(options).to_be_hidden()
    page.keyboard.press("Enter")
    expect(text).to_have_value(f"Hello @{other} \nand @{other[:-1]}\n")
    text.press_sequentially(f"@{other[:-1]}")
    expect(option).to_be_visible()
    page.keyboard.press("Tab")
    expect(text).to_have_value(f"Hello @{other} \nand @{other[:-1]}\n@{other} ")
    expect(text).to_be_focused()


def test_a_hashtag_is_taken_by_arrow_or_by_touch(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("tia"))
    publish(page, "Baked #sourdoughs and #sourgrass")
    page.goto("/compose")
    text = text_of(page)
    text.press_sequentially("More #sour")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options).to_have_count(2)
    page.keyboard.press("Enter")  # nothing is chosen yet: a hashtag may be new
    expect(text).to_have_value("More #sour\n")
    text.press_sequentially("#sour")
    expect(options).to_have_count(2)
    page.keyboard.press("ArrowUp")
    last = options.nth(1)
    expect(last).to_have_attribute("aria-selected", "true")
    wanted = last.inner_text().strip()
    page.keyboard.press("Enter")
    expect(text).to_have_value(f"More #sour\n{wanted} ")
    text.press_sequentially("#sour")
    options.first.click()
    expect(text).to_be_focused()
    assert text.input_value().endswith(" ")
    assert text.input_value().count("#sour") == 3


@SIZES
def test_emoji_are_chosen_from_a_box_and_by_their_names(
    people: People, handle: Callable[[str], str], tmp_path: Path, size: tuple[int, int]
) -> None:
    picture = tmp_path / "loaf.png"
    picture.write_bytes(png(64, 64))
    code = f"{handle('sourloaf')}x"
    people.server.run("emoji", "add", code, str(picture), "--category", "Bread")
    page = people.signed_up(handle("emi"), size)
    known = 0
    while known < 8:  # processes look for new ones now and then, each for itself
        known = known + 1 if code in page.request.get("/compose/emoji").text() else 0
        page.wait_for_timeout(50 if known else 500)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/compose")
    text = text_of(page)
    text.fill("Good")
    assert not [one for one in asked if "emoji" in one]  # nothing of it is loaded before it is wanted
    page.get_by_role("button", name="Emoji").click()
    box = page.get_by_role("dialog", name="Emoji")
    expect(box).to_be_visible()
    within_the_screen(page, ".emoji-box")
    expect(box.get_by_role("button", name=f":{code}:")).to_be_visible()
    box.get_by_role("button", name="Food and drink").click()
    expect(box.get_by_role("button", name="bread", exact=True)).to_be_visible()
    assert problems(page) == []
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.get_by_role("button", name="Emoji").click()
    box.get_by_label("Search emoji").fill("grinning cat")
    expect(box.get_by_role("button", name="grinning cat", exact=True)).to_be_visible()
    assert problems(page) == []
    box.get_by_label("Search emoji").press("Enter")
    expect(box).to_be_hidden()
    expect(text).to_have_value("Good😺")
    expect(text).to_be_focused()
    text.press_sequentially(f" :{code[:-1]}")
    expect(page.get_by_role("option", name=":sourloaf")).to_have_count(1)  # that of the other size begins alike
    expect(page.get_by_role("option", name=f":{code}:")).to_be_visible()
    page.keyboard.press("Enter")
    expect(text).to_have_value(f"Good😺 :{code}: ")
    text.press_sequentially("at 10:30 :croiss")
    expect(page.get_by_role("option", name="croissant")).to_be_visible()
    page.keyboard.press("Enter")
    expect(text).to_have_value(f"Good😺 :{code}: at 10:30 🥐 ")
    page.get_by_role("button", name="Publish").click()
    post = page.locator("article.post", has_text="at 10:30")
    expect(post.locator(f"img.emoji[title=':{code}:']")).to_be_visible()


def test_the_box_of_emoji_is_walked_by_keys_and_remembers(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("key"))
    page.goto("/compose")
    text = text_of(page)
    page.get_by_role("button", name="Emoji").press("Enter")
    box = page.get_by_role("dialog", name="Emoji")
    box.get_by_role("button", name="People and bodies").click()
    box.get_by_label("Skin tone").select_option("3")
    box.get_by_label("Search emoji").focus()
    page.keyboard.press("ArrowDown")
    expect(box.get_by_role("button", name="waving hand", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(box.get_by_role("button", name="waving hand", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(text).to_have_value("👋🏽")
    page.get_by_role("button", name="Emoji").click()
    expect(box.get_by_role("heading")).to_have_text("Last used")
    expect(box.locator("[data-signs] button")).to_have_count(1)
    box.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Emoji")).to_be_focused()


def test_the_box_of_emoji_speaks_the_readers_language(people: People, handle: Callable[[str], str]) -> None:
    page = people.signed_up(handle("luc"))
    page.goto("/settings/appearance")
    page.get_by_label("Français").check()
    page.get_by_role("button", name="Save").click()
    page.goto("/compose")
    page.get_by_role("button", name="Émojis").click()
    box = page.get_by_role("dialog", name="Émojis")
    box.get_by_label("Chercher un émoji").fill("drapeau allemagne")  # the country's name is the browser's
    expect(box.get_by_role("button", name="Allemagne")).to_be_visible()
    box.get_by_label("Chercher un émoji").fill("visage rieur")
    expect(box.get_by_role("button", name="visage rieur", exact=True)).to_be_visible()


@SIZES
def test_a_search_offers_people_and_operators_as_one_types(
    people: People, handle: Callable[[str], str], size: tuple[int, int]
) -> None:
    other = f"{handle('quentin')}x"
    people.signed_up(other)
    page = people.signed_up(handle("quincy"), size)
    page.goto("/search")
    field = page.locator("main").get_by_label("Search people")
    field.press_sequentially(other[:-1])
    expect(page.get_by_role("option", name=f"@{other}")).to_be_visible()
    within_the_screen(page, ".options")
    assert problems(page) == []
    field.press("Enter")  # no option was gone to: it is a search
    page.wait_for_url("**/search?q=*")
    field.fill("")
    field.press_sequentially("bread has:po")
    expect(page.get_by_role("option", name="has:poll")).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("bread has:poll")
    field.fill("")
    field.press_sequentially(other[:-1])
    page.get_by_role("option", name=f"@{other}").wait_for()
    field.press("ArrowDown")
    field.press("Enter")
    page.wait_for_url(f"**/@{other}")


def test_a_picture_that_nobody_described_is_asked_about_once(
    people: People, handle: Callable[[str], str], picture: Path
) -> None:
    page = people.signed_up(handle("pia"))
    text_of(page).fill("No words for it")
    page.locator("[data-files]").set_input_files(picture)
    described = page.get_by_label("What the picture shows")
    described.wait_for()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Publish once more to leave it so.")).to_be_visible()
    expect(described).to_be_focused()
    page.get_by_role("button", name="Publish").click()
    page.locator("article.post", has_text="No words for it").wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_thread_goes_on_below_each_part(people: People, handle: Callable[[str], str], scripts: bool) -> None:
    page = people.signed_up(handle("ted"), scripts=scripts)
    page.goto("/compose")
    page.get_by_label("What is there to say?").fill("First part")
    page.locator("[data-more] > summary").click()
    page.get_by_label("Go on below it afterwards").check()
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/compose?in_reply_to=*")
    expect(page.locator("article.post", has_text="First part")).to_be_visible()
    page.get_by_label("And then?").fill("Second part")
    page.get_by_label("Go on below it afterwards").uncheck()
    page.get_by_role("button", name="Reply").last.click()
    page.wait_for_url("**/@ted*/*")
    expect(page.locator("article.post", has_text="First part")).to_be_visible()
    expect(page.locator("article.post", has_text="Second part")).to_be_visible()
