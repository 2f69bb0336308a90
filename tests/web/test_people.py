"""Profiles, following, muting, blocking, requests, notifications, search."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.accounts import Field, ProfileChange
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser

HTMX = {"HX-Request": "true"}


async def test_a_profile_shows_who_somebody_is(world: World, stranger: Browser, alice: Person) -> None:
    change = ProfileChange(
        display_name="Alice <script>",
        note="Baker. See https://bread.example/ and #bread",
        fields=[Field(name="Town", value="Lyon & around")],
        bot=True,
    )
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, alice.id, change=change, now=utc_now())
    answer = await stranger.get("/@Alice")
    assert answer.status_code == 200
    assert "Alice &lt;script&gt;" in answer.text
    assert 'href="https://bread.example/"' in answer.text
    assert 'href="/tags/bread"' in answer.text  # our own links are paths, wherever the server is found
    assert "Lyon &amp; around" in answer.text
    assert "Automated" in answer.text
    assert "/sign-in?return_to=/@alice" in answer.text
    assert (await stranger.get("/@alice@parvis.test")).status_code == 200
    assert (await stranger.get("/@alice@elsewhere.example")).status_code == 404


async def test_tabs_of_a_profile(stranger: Browser, alice: Person, bob: Person) -> None:
    first = await bob.says("A question")
    await alice.says("A statement")
    await alice.says("@bob an answer", in_reply_to_id=first)
    posts, replies = (await stranger.get("/@alice")).text, (await stranger.get("/@alice/replies")).text
    assert "A statement" in posts
    assert "an answer" not in posts
    assert "A statement" in replies
    assert "an answer" in replies
    assert "Nothing here yet" in (await stranger.get("/@alice/media")).text


async def test_following_with_a_form_and_with_htmx(world: World, alices: Browser, bobs: Browser, bob: Person) -> None:
    answer = await alices.post("/@bob/follow")
    assert answer.headers["location"] == "/@bob"
    await world.settle()
    await bob.says("Good morning, followers")
    assert "Good morning, followers" in (await alices.get("/home")).text
    assert "@alice" in (await alices.get("/@bob/followers")).text
    assert "@bob" in (await alices.get("/@alice/following")).text
    button = await alices.post("/@bob/unfollow", headers=HTMX)
    assert 'formaction="/@bob/follow"' in button.text
    assert "<html" not in button.text
    assert "Good morning, followers" not in (await alices.get("/home")).text
    assert (await alices.post("/@alice/follow")).status_code == 403


async def test_locked_people_are_asked_first(
    world: World, alices: Browser, open_browser: Callable[[], Browser]
) -> None:
    lena = await world.person("lena", locked=True)
    lenas = await open_browser().sign_in(lena)
    assert "Ask to follow" in (await alices.get("/@lena")).text
    await alices.post("/@lena/follow")
    assert "Requested" in (await alices.get("/@lena")).text
    asked = await lenas.get("/follow-requests")
    assert "@alice" in asked.text
    alice_id = world.people["alice"].id
    assert (await alices.post(f"/follow-requests/{alice_id}/accept")).status_code == 404
    assert (await lenas.post(f"/follow-requests/{alice_id}/accept")).headers["location"] == "/follow-requests"
    assert "Nobody is asking" in (await lenas.get("/follow-requests")).text
    assert "Following" in (await alices.get("/@lena")).text
    assert (await lenas.post(f"/follow-requests/{alice_id}/reject")).status_code == 404


async def test_blocking_asks_once_more_and_parts_the_two(
    world: World, alices: Browser, bobs: Browser, alice: Person, bob: Person
) -> None:
    await world.follows(bob, alice)
    post_id = await alice.says("Only for friends of mine")
    assert "neither sees what the other publishes" in (await alices.get("/@bob/block")).text
    await alices.post("/@bob/block")
    assert "Unblock" in (await alices.get("/@bob")).text
    assert (await bobs.get(f"/@alice/{post_id}")).status_code == 404
    assert (await bobs.post("/@alice/follow")).status_code == 403
    await alices.post("/@bob/unblock")
    assert (await bobs.get(f"/@alice/{post_id}")).status_code == 200
    assert (await alices.get("/@alice/block")).status_code == 404


async def test_muting_for_a_while(world: World, alices: Browser, alice: Person, bob: Person) -> None:
    await world.follows(alice, bob)
    await bob.says("Something loud")
    assert "Thirty days" in (await alices.get("/@bob/mute")).text
    await alices.post("/@bob/mute", {"hours": 24, "hide_notifications": 1})
    assert "Something loud" not in (await alices.get("/home")).text
    assert "Muted" in (await alices.get("/@bob")).text
    await alices.post("/@bob/unmute")
    assert "Something loud" in (await alices.get("/home")).text


async def test_c8_a_hidden_list_of_followers_stays_hidden(
    world: World, alices: Browser, bobs: Browser, alice: Person, bob: Person
) -> None:
    carol = await world.person("carol")
    await world.follows(carol, alice)
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, alice.id, change=ProfileChange(hide_collections=True), now=utc_now())
    assert "@carol" not in (await bobs.get("/@alice/followers")).text
    assert "keeps the list to themself" in (await bobs.get("/@alice/followers")).text
    assert "@carol" in (await alices.get("/@alice/followers")).text


async def test_notifications_tell_what_happened(world: World, alices: Browser, bobs: Browser, alice: Person) -> None:
    carol = await world.person("carol")
    post_id = await alice.says("Something likeable")
    await bobs.post(f"/posts/{post_id}/favourite")
    await bobs.post(f"/posts/{post_id}/repost")
    await bobs.post("/@alice/follow")
    await carol.post(f"/api/v1/statuses/{post_id}/favourite")
    await carol.says("@alice a word with you")
    await world.settle()
    text = (await alices.get("/notifications")).text
    assert re.search(r"<bdi>(carol|bob)</bdi></a> and 1 other like your post", text)
    assert "<bdi>bob</bdi></a> reposted your post" in text
    assert "<bdi>bob</bdi></a> follows you" in text
    assert "a word with you" in text
    mentions = (await alices.get("/notifications?only=mentions")).text
    assert "a word with you" in mentions
    assert "follows you" not in mentions
    newest = (await alice.get("/api/v1/notifications?limit=1")).json()[0]["id"]
    assert (await alices.post("/notifications/read", {"last": newest})).status_code == 204
    assert (await alice.get("/api/v1/notifications/unread_count")).json() == {"count": 0}
    assert (await alices.post("/notifications/clear")).headers["location"] == "/notifications"
    assert "All quiet" in (await alices.get("/notifications")).text


async def test_people_and_hashtags_are_found(stranger: Browser, alice: Person, bob: Person) -> None:
    await alice.says("In praise of #gardening")
    people = await stranger.get("/search?q=ali")
    assert 'href="/@alice"' in people.text
    assert 'href="/@bob"' not in people.text
    assert 'href="/tags/gardening"' in (await stranger.get("/search?q=%23gard")).text
    assert "In praise of" in (await stranger.get("/tags/Gardening")).text
    assert "Nothing found" in (await stranger.get("/search?q=zzzz")).text


async def test_e1_what_somebody_called_themself_cannot_break_a_page(
    world: World, alices: Browser, bobs: Browser, bob: Person
) -> None:
    evil = "\"><img src=x onerror=alert(1)>'{{ 7*7 }}%(who)s"
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, bob.id, change=ProfileChange(display_name=evil[:40]), now=utc_now())
    await bob.says(evil + ' @alice #a"b', warning=evil)
    await bobs.post("/@alice/follow")
    await world.settle()
    for path in ("/public", "/@bob", "/notifications", "/@alice/followers", "/@bob/block", f"/compose?text={evil}"):
        text = (await alices.get(path)).text
        assert "<img src=x" not in text, path
        assert "49" not in text or "{{ 7*7 }}" in text, path


async def test_searching_shows_people_hashtags_and_posts_with_their_words(
    alices: Browser, bob: Person, world: World
) -> None:
    for number in range(21):
        await bob.says(f"#bread number {number}")
    await world.settle()
    page = (await alices.get("/search?q=bread")).text
    assert "/tags/bread" in page
    assert page.count("<article") == 20
    older = re.search(r'class="more" href="([^"]+)"', page)
    assert older
    rest = (await alices.get(unescape(older[1]), **HTMX)).text
    assert rest.count("<article") == 1
    assert "number 0" in rest
    assert "/@bob" in (await alices.get("/search?q=bob&only=people")).text
    assert "<article" not in (await alices.get("/search?q=bread&only=people")).text
    assert "from:me" in (await alices.get("/search")).text
