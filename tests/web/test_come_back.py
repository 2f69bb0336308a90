"""Forms that come back hold what was in them, and pages that answer a form lead on as they did."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.posts import scheduled
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser, hidden


def chosen(page: str, name: str) -> str:
    """The option of that field that a browser would send."""
    select = re.search(rf'<select[^>]*name="{name}">(.*?)</select>', page, re.DOTALL)
    assert select, name
    marked = re.findall(r'<option value="([^"]*)"( selected)?>', select[1])
    return next((value for value, is_chosen in marked if is_chosen), marked[0][0])


async def test_a_time_for_later_keeps_its_zone(alices: Browser) -> None:
    later = (utc_now() + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M")
    refused = await alices.post("/compose", {"text": "", "due": later, "due_offset": "-120"})
    assert refused.status_code == 422
    assert (hidden(refused.text, "due"), hidden(refused.text, "due_offset")) == (later, "-120")


async def test_editing_leaves_a_language_alone_that_is_not_offered(alices: Browser, alice: Person) -> None:
    for language in ("gsw", None):
        said = await alice.says("Grüezi", language=language)
        assert decoded(await alice.get(f"/api/v1/statuses/{said}"))["language"] == language
        shown = chosen((await alices.get(f"/posts/{said}/edit")).text, "language")
        assert shown == (language or "")
        form = {"text": "Grüezi mitenand", "language": shown}
        assert (await alices.post(f"/posts/{said}/edit", form)).status_code == 303
        assert decoded(await alice.get(f"/api/v1/statuses/{said}"))["language"] == language


async def test_an_edit_that_is_refused_keeps_what_was_chosen(alices: Browser, alice: Person) -> None:
    said = decoded(await alice.post("/api/v1/statuses", {"status": "Hello", "language": "en"}))
    form = {"text": "", "language": "fr", "quote_policy": "2"}
    refused = await alices.post(f"/posts/{said['id']}/edit", form)
    assert refused.status_code == 422
    assert (chosen(refused.text, "language"), chosen(refused.text, "quote_policy")) == ("fr", "2")


async def test_a_worker_that_sends_what_waited_gets_the_reasons_alone(alices: Browser) -> None:
    form = {"text": "Yes or what?", "option_1": "Yes"}
    refused = await alices.post("/compose", form, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("text/plain")
    assert refused.text == "A poll needs two to four different answers, and no pictures."
    stands = await alices.post("/compose", {"text": "Yes"}, headers={"HX-Request": "true"})
    assert (stands.status_code, stands.headers["hx-redirect"]) == (200, "/home")


async def planned(alice: Person, **fields: str) -> dict[str, object]:
    due = (utc_now() + timedelta(hours=1)).isoformat()
    return decoded(await alice.post("/api/v1/statuses", {"status": "Later", "scheduled_at": due, **fields}))


async def test_more_leads_on_also_from_a_list_in_answer_to_a_form(alices: Browser, alice: Person) -> None:
    for _ in range(20):
        one = await planned(alice)
    shown = await alices.post(f"/scheduled/{one['id']}/move", {"due": "tomorrow"})
    assert shown.status_code == 422
    more = re.search(r'href="([^"]+)" rel="next"', shown.text)
    assert more
    assert (await alices.get(unescape(more[1]))).status_code == 200


async def test_why_a_post_for_later_was_not_published_stands_in_the_visitors_language(
    world: World, alices: Browser, alice: Person
) -> None:
    one = await planned(alice)
    await alices.post("/settings/appearance", {"theme": "auto", "locale": "fr"})
    async with world.services.db.transaction() as tx:  # as it is when the operator has allowed less meanwhile
        await tx.execute(
            """
            UPDATE scheduled_post
               SET draft = jsonb_set(draft, '{text}', to_jsonb(repeat('x', 9000))), due_at = now()
             WHERE account_id = $1 AND id = $2
            """,
            alice.id,
            int(str(one["id"])),
        )
    await scheduled.publish_scheduled(world.services, alice.id, int(str(one["id"])), now=utc_now())
    page = unescape((await alices.get("/scheduled")).text)
    assert "C’est trop long." in page
    assert "Validation failed" not in page
    assert "limit" not in page


async def test_a_post_that_fell_due_while_its_author_was_frozen_waits_with_the_reason(
    world: World, alices: Browser, alice: Person
) -> None:
    one = await planned(alice)
    due, number = utc_now() + timedelta(hours=2), int(str(one["id"]))
    for frozen in (True, False):
        async with world.services.db.transaction() as tx:
            await accounts.restrict(tx, alice.id, state=accounts.State.ACTIVE, frozen=frozen)
        if frozen:
            await scheduled.publish_scheduled(world.services, alice.id, number, now=due)
    assert "Your account was frozen or suspended at that time." in (await alices.get("/scheduled")).text
    await scheduled.publish_scheduled(world.services, alice.id, number, now=due)
    assert (await alice.get(f"/api/v1/scheduled_statuses/{number}")).status_code == 404, "it is published"


async def test_a_history_under_another_name_leads_to_its_own(
    alices: Browser, stranger: Browser, alice: Person, bob: Person
) -> None:
    said = await alice.says("Hello")
    assert (await stranger.get(f"/@alice/{said}/history")).status_code == 200
    moved = await stranger.get(f"/@bob/{said}/history")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/@alice/{said}/history")


async def test_no_id_stands_twice_on_a_profile_with_a_pinned_post(alices: Browser, alice: Person) -> None:
    said = await alice.says("Pinned")
    await alices.post(f"/posts/{said}/pin")
    page = (await alices.get("/@alice")).text
    assert page.count("Pinned</p>") >= 1
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(set(ids)) == sorted(ids)
    for name in re.findall(r'aria-labelledby="([^"]+)"', page):
        assert name in ids


async def test_what_a_filter_folds_shows_no_picture_among_the_pictures_either(
    alices: Browser, alice: Person, bob: Person, world: World
) -> None:
    files = {"file": ("a.png", png(60, 40), "image/png")}
    for text in ("The final score", "A quiet field"):
        kept = await world.client.post("/api/v2/media", files=files, headers=bob.headers)
        await bob.post("/api/v1/statuses", {"status": text, "media_ids": [kept.json()["id"]]})
    form = {"title": "Sport", "places": ["account"], "keywords": "score", "action": "warn", "lasts": "0"}
    assert (await alices.post("/filters", form)).status_code == 303
    tiles = (await alices.get("/@bob/media")).text.partition('class="tiles"')[2]
    assert tiles.count('class="tile"') == 2
    assert tiles.count("<img") == 1
    assert "Filtered: Sport" in tiles


async def test_answers_to_choose_from_are_a_group_with_a_name(bobs: Browser, alice: Person) -> None:
    poll = {"options": ["Yes", "No"], "expires_in": 3600}
    said = decoded(await alice.post("/api/v1/statuses", {"status": "Well?", "poll": poll}))
    page = (await bobs.get(f"/@alice/{said['id']}")).text
    group = re.search(r"<fieldset>\s*<legend[^>]*>Your answer</legend>(.*?)</fieldset>", page, re.DOTALL)
    assert group
    assert group[1].count('type="radio"') == 2


async def test_who_signs_out_leaves_nothing_in_the_browser(alices: Browser) -> None:
    answer = await alices.post("/sign-out")
    assert answer.headers["location"] == "/"
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert 'data-notice="signed_out"' in (await alices.get("/")).text
