"""Lists, conversations, hashtags, filters, silence, posts for later, exploring, announcements, reports: by forms alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.moderation import announcements, house_rules, reports
from parvis.domain.relationships import filters
from parvis.domain.relationships.filters import FilterChange, KeywordChange
from parvis.infra.overload import levels
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser, hidden


async def test_a_list_is_made_filled_read_and_deleted(
    world: World, alices: Browser, bobs: Browser, alice: Person, bob: Person
) -> None:
    assert "No lists yet" in (await alices.get("/lists")).text
    assert "Give it a name." in (await alices.post("/lists", {"title": " "})).text
    edit = (await alices.post("/lists", {"title": "Bakers & friends"})).headers["location"]
    assert (
        "You can add people whom you follow."
        in (await alices.post(edit.replace("/edit", "/members"), {"name": "@bob"})).text
    )
    await world.follows(alice, bob)
    assert (await alices.post(edit.replace("/edit", "/members"), {"name": "@bob"})).headers["location"] == edit
    await bob.says("Fresh from the oven")
    assert "Fresh from the oven" in (await alices.get(edit.removesuffix("/edit"))).text
    assert "Bakers &amp; friends" in (await alices.get("/@bob/lists")).text
    assert (await bobs.get(edit)).status_code == 404
    assert (await alices.post("/@bob/lists", {})).headers["location"] == "/@bob"
    assert "Fresh from the oven" not in (await alices.get(edit.removesuffix("/edit"))).text
    answer = await alices.post(edit, {"title": "Renamed", "replies": "none", "exclusive": "1"})
    assert answer.headers["location"] == edit.removesuffix("/edit")
    assert "Renamed" in (await alices.get("/lists")).text
    await alices.post(edit.replace("/edit", "/delete"))
    assert "No lists yet" in (await alices.get("/lists")).text


async def test_a_direct_conversation_is_listed_opened_and_taken_off(
    world: World, alices: Browser, bobs: Browser, bob: Person
) -> None:
    post_id = await bob.whispers("@alice between us")
    await world.settle()
    page = (await alices.get("/conversations")).text
    assert "between us" in page
    assert "Not read:" in page
    opening = re.search(r'formaction="(/conversations/\d+/open)"', page)
    assert opening
    assert (await bobs.post(opening[1])).status_code == 404
    assert (await alices.post(opening[1])).headers["location"] == f"/@bob/{post_id}"
    assert "Not read:" not in (await alices.get("/conversations")).text
    await alices.post(opening[1].replace("/open", "/unread"))
    assert "Not read:" in (await alices.get("/conversations")).text
    await alices.post(opening[1].replace("/open", "/remove"))
    assert "No conversations yet" in (await alices.get("/conversations")).text


async def test_hashtags_are_followed_and_shown_on_a_profile(
    world: World, alices: Browser, stranger: Browser, alice: Person, bob: Person
) -> None:
    await bob.says("A loaf of #bread")
    await alice.says("My own #bread")
    assert "This is no hashtag." in (await alices.post("/followed-tags", {"name": "not one"})).text
    await alices.post("/followed-tags", {"name": "#Bread"})
    await world.settle()
    assert "A loaf of" in (await alices.get("/home")).text
    assert "Stop following" in (await alices.get("/tags/bread")).text
    await alices.post("/tags/bread/feature")
    assert 'href="/@alice/tagged/bread"' in (await stranger.get("/@alice")).text
    tagged = (await stranger.get("/@alice/tagged/bread")).text
    assert "My own" in tagged
    assert "A loaf of" not in tagged
    await alices.post("/tags/bread/unfollow")
    await alices.post("/tags/bread/unfeature")
    await world.settle()
    assert "A loaf of" not in (await alices.get("/home")).text
    assert "/tagged/" not in (await alices.get("/@alice")).text


async def test_filters_fold_and_leave_out_on_pages_too(
    world: World, alices: Browser, alice: Person, bob: Person
) -> None:
    await world.follows(alice, bob)
    await bob.says("The final score was amazing")
    await bob.says("Nothing about that")
    await alice.says("My own score")
    await world.settle()
    form = {"title": "Sport", "places": ["home", "public"], "keywords": "score\nmatch", "action": "warn", "lasts": "0"}
    assert (await alices.post("/filters", form)).headers["location"] == "/filters"
    for path in ("/home", "/public"):
        page = (await alices.get(path)).text
        assert page.count("Filtered:") == 1, path  # not one's own
        assert "The final score" in page
    assert "Filtered:" not in (await alices.get("/@bob")).text
    edit = re.search(r'href="(/filters/\d+)"', (await alices.get("/filters")).text)
    assert edit
    assert "score\nmatch" in (await alices.get(edit[1])).text
    await alices.post(edit[1], form | {"action": "hide", "keywords": "score", "lasts": ""})
    page = (await alices.get("/home")).text
    assert "The final score" not in page
    assert "Nothing about that" in page
    await alices.post(edit[1] + "/delete")
    assert "The final score" in (await alices.get("/home")).text
    refused = await alices.post("/filters", {"title": "", "keywords": "x"})
    assert refused.status_code == 422


async def test_a_filter_for_pictures_leaves_words_alone(
    world: World, alices: Browser, alice: Person, bob: Person
) -> None:
    await bob.says("A spider of words")
    wanted = FilterChange(title="Spiders", places=["public"], action="blur")
    async with world.services.db.transaction() as tx:
        await filters.create(
            tx, world.services.ids, alice.id, wanted=wanted, keywords=[KeywordChange(keyword="spider")], now=utc_now()
        )
    assert "Filtered:" not in (await alices.get("/public")).text


async def test_silence_is_listed_and_lifted(world: World, alices: Browser, alice: Person, bob: Person) -> None:
    carol = await world.person("carol")
    assert "You mute nobody" in (await alices.get("/mutes")).text
    await alices.post("/@bob/mute", {"hours": "24"})
    await alices.post("/@carol/block")
    mutes, blocks = (await alices.get("/mutes")).text, (await alices.get("/blocks")).text
    assert "@bob" in mutes
    assert "until" in mutes
    assert f"@{carol.handle}" in blocks
    assert "@bob" not in blocks
    assert (
        "This is not the name of another server."
        in (await alices.post("/blocked-servers", {"domain": "no server"})).text
    )
    await alices.post("/blocked-servers", {"domain": "https://loud.example/"})
    assert "loud.example" in (await alices.get("/blocked-servers")).text
    await alices.post("/blocked-servers/loud.example/remove")
    assert "loud.example" not in (await alices.get("/blocked-servers")).text


async def test_a_post_for_later_is_made_moved_and_taken_back(alices: Browser, bobs: Browser, alice: Person) -> None:
    wanted = utc_now() + timedelta(hours=4)
    later = wanted.strftime("%Y-%m-%dT%H:%M")
    soon = utc_now().strftime("%Y-%m-%dT%H:%M")
    assert "at least five minutes" in (await alices.post("/compose", {"text": "Too soon", "due": soon})).text
    assert "This is no time." in (await alices.post("/compose", {"text": "When?", "due": "tomorrow"})).text
    key = hidden((await alices.get("/compose")).text, "key")
    for _ in range(2):  # pressed twice
        answer = await alices.post("/compose", {"text": "Good morning", "due": later, "due_offset": "-120", "key": key})
        assert answer.headers["location"] == "/scheduled", answer.text
    page = (await alices.get("/scheduled")).text
    assert page.count("Good morning") == 1
    due = re.search(r'datetime="([^"]+)"', page)
    assert due
    assert due[1][:16] == (wanted - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")  # two hours ahead of UTC
    moving = re.search(r'action="(/scheduled/\d+/move)"', page)
    assert moving
    assert (await bobs.post(moving[1], {"due": later})).status_code == 404
    assert (await alices.post(moving[1], {"due": later})).headers["location"] == "/scheduled"
    assert "Good morning" not in (await alices.get("/home")).text
    await alices.post(moving[1].replace("/move", "/cancel"))
    assert "Nothing for later" in (await alices.get("/scheduled")).text


async def test_a_poll_is_asked_answered_once_and_shown(
    world: World, alices: Browser, bobs: Browser, stranger: Browser, alice: Person
) -> None:
    refused = await alices.post("/compose", {"text": "Which?", "option_1": "Rye"})
    assert "two to four different answers" in refused.text
    await alices.post("/compose", {"text": "Which?", "option_1": "Rye", "option_2": "Spelt", "poll_length": "86400"})
    shown = (await bobs.get("/public")).text
    vote = re.search(r'action="(/posts/\d+/vote)"', shown)
    assert vote
    assert 'type="radio"' in shown
    assert "/vote" not in (await alices.get("/public")).text  # nobody answers themself
    again = await bobs.post(vote[1], {"return_to": "/public"})
    assert "published" not in again.headers.get("set-cookie", "")
    answer = await bobs.post(vote[1], {"choices": "1", "return_to": "/public"})
    assert answer.headers["location"].startswith("/public#post-")
    part = await bobs.post(vote[1], {"choices": "0"}, headers={"HX-Request": "true"})
    assert "You have voted already." in part.text
    assert "<html" not in part.text
    for browser in (bobs, alices, stranger):
        page = (await browser.get("/public")).text
        assert "100 %" in page
        assert "1 person" in page


async def test_words_are_edited_and_their_history_is_public(
    alices: Browser, bobs: Browser, stranger: Browser, alice: Person, bob: Person
) -> None:
    post_id = await alice.says("Bred is good")
    form = await alices.get(f"/posts/{post_id}/edit")
    assert "Bred is good" in form.text
    assert (await bobs.get(f"/posts/{post_id}/edit")).status_code == 404
    assert (await bobs.post(f"/posts/{post_id}/edit", {"text": "Mine"})).status_code == 404
    assert (await alices.post(f"/posts/{post_id}/edit", {"text": ""})).status_code == 422
    answer = await alices.post(f"/posts/{post_id}/edit", {"text": "Bread is good", "language": "en"})
    assert answer.headers["location"] == f"/@alice/{post_id}"
    assert "Changed on" in (await stranger.get(f"/@alice/{post_id}")).text
    history = (await stranger.get(f"/@alice/{post_id}/history")).text
    assert history.index("Bread is good") < history.index("Bred is good")


async def test_editing_words_leaves_the_poll_and_its_votes(alices: Browser, bobs: Browser, alice: Person) -> None:
    await alices.post("/compose", {"text": "Wich?", "option_1": "Rye", "option_2": "Spelt", "poll_hidden": "1"})
    vote = re.search(r"/posts/(\d+)/vote", (await bobs.get("/public")).text)
    assert vote
    await bobs.post(vote[0], {"choices": "1"})
    assert "100 %" not in (await bobs.get("/public")).text  # hidden until it is over
    await alices.post(f"/posts/{vote[1]}/edit", {"text": "Which?", "language": "en"})
    page = (await bobs.get(f"/@alice/{vote[1]}")).text
    assert "Which?" in page
    assert "your vote" in page


async def test_a_pinned_post_stands_at_the_top_of_the_profile(
    alices: Browser, bobs: Browser, stranger: Browser, alice: Person
) -> None:
    first = await alice.says("The one to remember")
    await alice.says("Small talk")
    await alices.post(f"/posts/{first}/pin", {"return_to": "/@alice"})
    page = (await stranger.get("/@alice")).text
    assert page.index("The one to remember") < page.index("Small talk")
    assert "Pinned" in page
    assert (await bobs.post(f"/posts/{first}/pin")).status_code == 422
    await alices.post(f"/posts/{first}/unpin")
    assert "Pinned" not in (await bobs.get("/@alice")).text


async def test_quoting_and_taking_a_quote_back(alices: Browser, bobs: Browser, alice: Person) -> None:
    post_id = await alice.says("Worth repeating")
    form = (await bobs.get(f"/compose?quote={post_id}")).text
    assert "Worth repeating" in form
    assert hidden(form, "quote_of_id") == str(post_id)
    await bobs.post("/compose", {"text": "Look at this", "quote_of_id": str(post_id)})
    assert "Look at this" in (await alices.get(f"/@alice/{post_id}/quotes")).text
    revoke = re.search(rf"/posts/{post_id}/quotes/\d+/revoke", (await alices.get("/public")).text)
    assert revoke
    await alices.post(revoke[0])
    page = (await bobs.get("/@bob")).text
    assert "Look at this" in page
    assert "Worth repeating" not in page


async def test_nothing_more_is_heard_of_a_conversation(
    world: World, alices: Browser, alice: Person, bob: Person
) -> None:
    post_id = await alice.says("A long talk")
    await alices.post(f"/posts/{post_id}/mute")
    await bob.says("@alice one more thing", in_reply_to_id=post_id)
    await world.settle()
    assert "one more thing" not in (await alices.get("/notifications")).text
    assert "Hear of this conversation again" in (await alices.get(f"/@alice/{post_id}")).text


async def test_announcements_are_read_and_answered(world: World, alices: Browser, alice: Person) -> None:
    assert "Nothing is announced" in (await alices.get("/announcements")).text
    async with world.services.db.transaction() as tx:
        await announcements.announce(tx, world.services.ids, text="Maintenance on Sunday", now=utc_now())
    part = await alices.get("/announcements", **{"HX-Request": "true"})
    assert "Maintenance on Sunday" in part.text
    assert "<html" not in part.text
    react = re.search(r"/announcements/(\d+)/react", part.text)
    assert react
    await alices.post(react[0], {"name": "🎉"})
    assert "🎉 1" in (await alices.get("/announcements")).text
    await alices.post(react[0], {"name": "🎉"})
    assert "🎉 1" not in (await alices.get("/announcements")).text
    await alices.post(f"/announcements/{react[1]}/dismiss")
    assert "Maintenance" not in (await alices.get("/announcements", **{"HX-Request": "true"})).text
    assert "Maintenance" in (await alices.get("/announcements")).text


async def test_a_report_reaches_the_moderators_with_its_post_and_rule(
    world: World, alices: Browser, alice: Person, bob: Person
) -> None:
    post_id = await bob.says("Something rude")
    async with world.services.db.transaction() as tx:
        rule = await house_rules.add(tx, world.services.ids, text="Be kind", now=utc_now())
    form = (await alices.get(f"/@bob/report?post_id={post_id}")).text
    assert "Something rude" in form
    assert "Be kind" in form
    assert "Be kind" in (await alices.get("/about")).text
    fields = {"post_id": str(post_id), "category": "violation", "rule_ids": str(rule.id), "comment": "See there"}
    sent = await asyncio.gather(*(alices.post("/@bob/report", fields) for _ in range(3)))
    assert {one.headers["location"] for one in sent} == {"/@bob"}
    async with world.services.db.connection() as db:
        (made,) = await reports.waiting(db)
    assert (made.target_id, made.post_ids, made.rule_ids, made.comment) == (bob.id, [post_id], [rule.id], "See there")
    assert (await alices.post("/@bob/report", fields | {"comment": "And there"})).status_code == 303
    async with world.services.db.transaction() as tx:
        assert [one.comment for one in await reports.waiting(tx)] == ["See there", "And there"]
        await reports.dismiss_by_command(tx, made.id, answer="It is rude, and no more.", now=utc_now())
    assert (await alices.post("/@bob/report", fields)).status_code == 303  # it was decided: this is another one
    async with world.services.db.connection() as db:
        assert [one.comment for one in await reports.waiting(db)] == ["And there", "See there"]
    assert (await alices.get("/@alice/report")).status_code == 404


async def test_what_is_settled_with_somebody(world: World, alices: Browser, alice: Person, bob: Person) -> None:
    await world.follows(alice, bob)
    await alices.post("/@bob/options", {"notify": "1", "comment": "Met in Lyon"})
    page = (await alices.get("/@bob")).text
    assert "Met in Lyon" in page
    form = (await alices.get("/@bob/options")).text
    assert re.search(r'name="notify" value="1" checked', form)
    assert not re.search(r'name="show_reposts" value="1" checked', form)


async def test_notifications_wait_by_choice_and_are_let_in(
    world: World, alices: Browser, alice: Person, bob: Person
) -> None:
    await alices.post("/settings/notifications", {"not_following": "filter"})
    assert re.search(r'value="filter" selected', (await alices.get("/settings/notifications")).text)
    await bob.says("@alice hello there")
    await world.settle()
    assert "hello there" not in (await alices.get("/notifications")).text
    page = (await alices.get("/notifications/requests")).text
    assert "hello there" in page
    accept = re.search(r"/notifications/requests/\d+/accept", page)
    assert accept
    await alices.post(accept[0])
    assert "Nobody waits" in (await alices.get("/notifications/requests")).text
    assert "hello there" in (await alices.get("/notifications?only=mentions")).text
    assert "hello there" not in (await alices.get("/notifications?only=follows")).text


async def test_exploring_shows_tabs_and_people(
    world: World, alices: Browser, stranger: Browser, open_browser: Callable[[], Browser], bob: Person
) -> None:
    async with world.services.db.transaction() as tx:
        await accounts.update_profile(tx, bob.id, change=accounts.ProfileChange(discoverable=True), now=utc_now())
    for path in ("/explore", "/explore/tags", "/explore/links"):
        for browser in (alices, stranger):
            assert (await browser.get(path)).status_code == 200
    assert "@bob" in (await stranger.get("/explore/people")).text
    page = (await alices.get("/explore/people")).text
    assert "@bob" in page
    assert "dismiss" in page
    world.services.pressure.level = levels.PAUSED
    page = (await alices.get("/explore/people")).text
    assert "@bob" in page, "who lets others find them is listed all the same"
    assert "dismiss" not in page
    world.services.pressure.level = levels.WELL
    assert (await alices.post(f"/explore/people/{bob.id}/dismiss")).headers["location"] == "/explore/people"
