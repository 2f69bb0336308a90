"""Writing, reading and reacting, as a browser without JavaScript does it, and as htmx does."""

from __future__ import annotations

import re
from html import unescape

import msgspec

from parvis.base.clock import utc_now
from parvis.domain import posts
from parvis.domain.posts import Visibility
from tests.rig.people import Person
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser, hidden

HTMX = {"HX-Request": "true"}


async def write(browser: Browser, **fields: object) -> int:
    """A post through the form; its id."""
    answer = await browser.post("/compose", {"return_to": "", **fields})
    assert answer.status_code == 303, answer.text
    found = re.search(r'data-post="(\d+)"', (await browser.get("/home")).text)
    assert found
    return int(found.group(1))


async def test_a_post_appears_at_home_and_on_the_square(alices: Browser, stranger: Browser) -> None:
    page = await alices.get("/home")
    key = hidden(page.text, "key")
    fields = {"text": "Hello <b>square</b> & all", "visibility": 0, "language": "en", "key": key, "return_to": "/home"}
    published = await alices.post("/compose", fields)
    assert published.headers["location"] == "/home"
    again = await alices.post("/compose", fields)  # pressed twice
    assert again.status_code == 303
    for browser, path in ((alices, "/home"), (stranger, "/public"), (stranger, "/"), (stranger, "/@alice")):
        text = (await browser.get(path)).text
        assert text.count("<p>Hello &lt;b&gt;square&lt;/b&gt; &amp; all</p>") == 1, path


async def test_a_form_used_twice_for_different_texts_asks_again(alices: Browser) -> None:
    key = hidden((await alices.get("/compose")).text, "key")
    assert (await alices.post("/compose", {"text": "One", "key": key})).status_code == 303
    answer = await alices.post("/compose", {"text": "Two", "key": key})
    assert answer.status_code == 422
    assert "This form has published something already." in answer.text
    assert ">Two</textarea>" in answer.text
    assert (await alices.post("/compose", {"text": "Two", "key": hidden(answer.text, "key")})).status_code == 303


async def test_a_post_that_cannot_be_accepted_comes_back_with_its_text(alices: Browser) -> None:
    blank = await alices.post("/compose", {"text": "  ", "warning": "careful"})
    assert blank.status_code == 422
    assert "Write something, or add a picture." in blank.text
    assert 'value="careful"' in blank.text
    long = await alices.post("/compose", {"text": "x" * 1001, "visibility": 2})
    assert long.status_code == 422
    assert "This is too long." in long.text
    assert "x" * 1001 in long.text
    assert re.search(r'<option value="2" selected>', long.text)
    assert (await alices.post("/compose", {"text": "x", "visibility": 9})).status_code == 422


async def test_pictures_travel_with_the_form(alices: Browser, stranger: Browser) -> None:
    files = {"file_1": ("a.png", png(), "image/png"), "file_3": ("b.png", png(), "image/png")}
    answer = await alices.post(
        "/compose", {"text": "Two pictures", "alt_1": "An orange field", "alt_3": "Another"}, files=files
    )
    assert answer.status_code == 303, answer.text
    text = (await stranger.get("/@alice")).text
    assert 'class="pictures n2"' in text
    assert 'alt="An orange field"' in text
    source = re.search(r'<img src="(/media/[^"]+)"[^>]*alt="An orange field"', text)
    assert source
    served = await stranger.get(source.group(1))
    assert served.status_code == 200
    assert served.headers["content-type"] == "image/webp"
    assert "sandbox" in served.headers["content-security-policy"]
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in served.headers["cache-control"]


async def test_a_file_that_is_no_picture_is_refused_with_the_reason(alices: Browser) -> None:
    files = {"file_1": ("a.png", b"<svg onload=alert(1)>" * 50, "image/png")}
    answer = await alices.post("/compose", {"text": "Not a picture"}, files=files)
    assert answer.status_code == 422
    assert "This is no picture that can be read here" in answer.text
    assert ">Not a picture</textarea>" in answer.text


async def test_pictures_uploaded_before_are_described_and_posted(alices: Browser, stranger: Browser) -> None:
    token = await alices.token("/settings/appearance")
    headers = {"Origin": "http://parvis.test", "X-Form-Token": token, **HTMX}
    sent = {"file": ("a.png", png(), "image/png")}
    line = await alices.client.post("/compose/media", files=sent, headers=headers)
    assert line.status_code == 200, line.text
    media_id = hidden(line.text, "media_ids")
    wrong = await alices.client.post("/compose/media", files={"file": ("a", b"nothing", "image/png")}, headers=headers)
    assert wrong.status_code == 422
    assert wrong.text == "This is no picture that can be read here: send JPEG, PNG, GIF, WebP, AVIF or HEIC."
    blank = await alices.post("/compose", {"text": "x" * 2000, "media_ids": media_id, f"alt_{media_id}": "A field"})
    assert blank.status_code == 422
    assert hidden(blank.text, "media_ids") == media_id  # still there when the form comes back
    assert ">A field</textarea>" in blank.text
    done = await alices.post("/compose", {"text": "", "media_ids": media_id, f"alt_{media_id}": "A green field"})
    assert done.status_code == 303
    assert 'alt="A green field"' in (await stranger.get("/public")).text


async def test_somebody_elses_picture_cannot_be_posted_or_discarded(alices: Browser, bobs: Browser) -> None:
    headers = {"Origin": "http://parvis.test", "X-Form-Token": await alices.token("/settings/appearance")}
    line = await alices.client.post("/compose/media", files={"file": ("a.png", png(), "image/png")}, headers=headers)
    media_id = hidden(line.text, "media_ids")
    assert (await bobs.post("/compose", {"text": "Mine?", "media_ids": media_id})).status_code == 422
    assert (await bobs.post(f"/compose/media/{media_id}/discard")).status_code == 404
    assert (await alices.post(f"/compose/media/{media_id}/discard")).status_code == 303
    assert (await alices.post("/compose", {"text": "Gone?", "media_ids": media_id})).status_code == 422


async def test_a_reply_names_those_concerned_and_stands_in_the_conversation(
    alices: Browser, bobs: Browser, bob: Person
) -> None:
    first = await write(alices, text="Who is there?")
    page = await bobs.get(f"/@alice/{first}")
    assert '<textarea class="compose-text"' in page.text
    assert "@alice </textarea>" in page.text
    answer = await bobs.post(
        "/compose", {"text": "@alice I am", "in_reply_to_id": first, "return_to": hidden(page.text, "return_to")}
    )
    assert answer.headers["location"].startswith("/@bob/")
    reply = await alices.get(answer.headers["location"])
    assert "Who is there?" in reply.text  # what is answered stands above
    thread = await alices.get(f"/@alice/{first}")
    assert "1 reply" in thread.text
    assert 'class="u-url mention">@<span>alice</span></a></span> I am' in thread.text


async def test_replies_are_indented_as_far_as_is_legible(world: World, alices: Browser, alice: Person) -> None:
    at = first = await alice.says("Start")
    for number in range(8):
        at = await alice.says(f"Level {number}", in_reply_to_id=at)
    text = (await alices.get(f"/@alice/{first}")).text
    assert [text.count(f'class="reply d{depth}"') for depth in (1, 2, 3, 4)] == [1, 1, 1, 4]
    assert text.count('class="reply"') == 1
    assert "8 replies" in text


async def test_hidden_posts_are_exactly_like_missing_ones(
    world: World, alice: Person, bobs: Browser, alices: Browser, stranger: Browser
) -> None:
    secret = await alice.says("For followers", visibility=Visibility.FOLLOWERS)
    whisper = await alice.whispers("For nobody in particular")
    gone = await alice.says("Deleted in a moment")
    async with world.services.db.transaction() as tx:
        await posts.remove(tx, alice.id, gone, now=utc_now())
    missing = int(gone) + 4096
    for browser in (stranger, bobs):
        answers = [await browser.get(f"/@alice/{one}") for one in (secret, whisper, gone, missing)]
        assert {answer.status_code for answer in answers} == {404}
        assert len({re.sub(r'\d{10,}|value="[^"]+"|Token": "[^"]+"', "", answer.text) for answer in answers}) == 1
        for one in (secret, whisper, gone):
            assert (await browser.get(f"/posts/{one}")).status_code == 404
        for tail in ("favourites", "reposts"):
            assert (await browser.get(f"/@alice/{secret}/{tail}")).status_code == 404
        assert "For followers" not in (await browser.get("/@alice")).text
    for verb in ("favourite", "repost", "bookmark", "unfavourite"):
        assert (await bobs.post(f"/posts/{secret}/{verb}")).status_code == 404
    assert (await bobs.get(f"/compose?in_reply_to={secret}")).status_code == 404
    assert (await bobs.post("/compose", {"text": "Re", "in_reply_to_id": secret})).status_code == 404
    assert "For followers" in (await alices.get(f"/@alice/{secret}")).text


async def test_reactions_without_scripts_lead_back_to_the_post(alices: Browser, bobs: Browser, alice: Person) -> None:
    post_id = await alice.says("Like me")
    for verb in ("favourite", "repost", "bookmark"):
        answer = await bobs.post(f"/posts/{post_id}/{verb}", {"return_to": "/public"})
        assert answer.headers["location"] == f"/public#post-{post_id}"
    text = (await bobs.get(f"/@alice/{post_id}")).text
    assert text.count('aria-pressed="true"') == 3
    assert "1 repost" in text
    assert "1 favourite" in text
    assert "Like me" in (await bobs.get("/bookmarks")).text
    assert "Like me" in (await bobs.get("/favourites")).text
    assert "Like me" in (await bobs.get("/@bob")).text
    assert "@bob" in (await alices.get(f"/@alice/{post_id}/favourites")).text
    assert "@bob" in (await alices.get(f"/@alice/{post_id}/reposts")).text
    for verb in ("unfavourite", "unrepost", "unbookmark"):
        assert (await bobs.post(f"/posts/{post_id}/{verb}")).status_code == 303
    assert 'aria-pressed="true"' not in (await bobs.get(f"/@alice/{post_id}")).text
    assert "Like me" not in (await bobs.get("/bookmarks")).text


async def test_a_post_and_its_repost_on_one_page_are_told_apart(alices: Browser, alice: Person) -> None:
    post_id = await alice.says("Twice here")
    assert (await alices.post(f"/posts/{post_id}/repost")).status_code == 303
    page = (await alices.get("/@alice")).text
    ids = re.findall(r' id="([^"]+)"', page)
    assert sorted(set(ids)) == sorted(ids)
    found = re.search(rf'formaction="(/posts/{post_id}/favourite\?at=(\d+))"', page)
    assert found
    answer = await alices.post(found[1], {"return_to": "/@alice"})
    assert answer.headers["location"] == f"/@alice#post-{found[2]}"
    assert f"post-{found[2]}" in ids


async def test_htmx_gets_the_part_that_changes(bobs: Browser, alice: Person) -> None:
    post_id = await alice.says("Like me quickly")
    answer = await bobs.post(f"/posts/{post_id}/favourite", headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.strip().startswith("<footer")
    assert 'aria-pressed="true"' in answer.text
    assert "<html" not in answer.text
    slice_ = await bobs.get("/public?after=0", **HTMX)
    assert slice_.text.strip().startswith("<article")
    assert "<html" not in slice_.text


async def test_what_is_new_is_fetched_alone(alices: Browser, alice: Person) -> None:
    first = await alice.says("Known #already")
    await alice.says("Fresh #already")
    for path in ("/home", "/public", "/tags/already", "/@alice"):
        text = (await alices.get(f"{path}?after={first}", **HTMX)).text
        assert "Fresh" in text, path
        assert "Known" not in text, path
        assert (await alices.get(f"{path}?after={first + (1 << 40)}", **HTMX)).text.strip() == "", path
    assert "x-full" not in (await alices.get(f"/public?after={first}", **HTMX)).headers
    for number in range(20):
        await alice.says(f"More #already {number}")
    assert (await alices.get(f"/public?after={first}", **HTMX)).headers["x-full"] == "1"  # however many filters leave


async def test_a_post_is_deleted_by_its_author_after_a_question(alices: Browser, bobs: Browser, alice: Person) -> None:
    post_id = await alice.says("Away with me")
    assert (await bobs.get(f"/posts/{post_id}/delete")).status_code == 404
    assert (await bobs.post(f"/posts/{post_id}/delete")).status_code == 404
    assert "Delete this post?" in (await alices.get(f"/posts/{post_id}/delete")).text
    assert (await alices.post(f"/posts/{post_id}/delete")).headers["location"] == "/@alice"
    assert (await alices.get(f"/@alice/{post_id}")).status_code == 404


async def test_a_warned_post_shows_its_text_on_demand(alices: Browser, stranger: Browser) -> None:
    await write(alices, text="The butler did it", warning="the end of a novel")
    text = (await stranger.get("/public")).text
    details = re.search(r'<details class="warned".*?</details>', text, re.DOTALL)
    assert details
    assert "the end of a novel" in details.group()
    assert "The butler did it" in details.group()
    post = re.search(r"/@alice/\d+", text)
    assert post
    assert (
        "The butler did it"
        not in re.findall(r"<head>.*?</head>", (await stranger.get(post.group())).text, re.DOTALL)[0]
    )


async def test_timelines_are_paged(world: World, alice: Person, stranger: Browser) -> None:
    for number in range(45):
        await alice.says(f"Number {number:02}")
    seen: list[str] = []
    path = "/public"
    for _ in range(5):
        text = (await stranger.get(path)).text
        seen += re.findall(r"Number \d\d", text)
        older = re.search(r'<a class="more" href="([^"]+)"', text)
        if not older:
            break
        path = unescape(older.group(1))
    assert seen == [f"Number {number:02}" for number in range(44, -1, -1)]


async def test_the_operator_names_the_post(world: World, alices: Browser, stranger: Browser) -> None:
    world.services.settings = msgspec.structs.replace(world.services.settings, post_name="truth")
    assert "New truth" in (await alices.get("/compose")).text
    assert "short truths" in (await stranger.get("/")).text
    assert "Truths" in (await stranger.get("/@alice")).text
    assert "Nouveau truth" not in (await alices.get("/compose")).text


async def test_an_address_that_names_the_wrong_author_leads_to_the_right_one(
    stranger: Browser, alice: Person, bob: Person
) -> None:
    post_id = await alice.says("Mine")
    answer = await stranger.get(f"/@bob/{post_id}")
    assert answer.headers["location"] == f"/@alice/{post_id}"
    assert (await stranger.get(f"/posts/{post_id}")).headers["location"] == f"/@alice/{post_id}"


async def test_a_conversation_says_who_may_reply_and_offers_no_form_to_others(
    alices: Browser, bobs: Browser, stranger: Browser
) -> None:
    post_id = await write(alices, text="For a few", reply_policy=3)
    path = f"/@alice/{post_id}"
    assert (await alices.get(path)).text.count('name="in_reply_to_id"') == 1
    for browser in (bobs, stranger):
        text = (await browser.get(path)).text
        assert "Nobody may reply" in text
        assert 'name="in_reply_to_id"' not in text
    assert "Whoever began this conversation" in (await bobs.get(path)).text
    assert (await bobs.get(f"/compose?in_reply_to={post_id}")).status_code == 422
    refused = await bobs.post("/compose", {"text": "All the same", "in_reply_to_id": post_id})
    assert refused.status_code == 422
    assert "Whoever began this conversation has chosen who may reply." in refused.text
    assert ">All the same</textarea>" in refused.text
    form = {"text": "For all", "reply_policy": 0}
    assert (await alices.post(f"/posts/{post_id}/edit", form)).status_code == 303
    assert (await bobs.post("/compose", {"text": "Thank you", "in_reply_to_id": post_id})).status_code == 303
