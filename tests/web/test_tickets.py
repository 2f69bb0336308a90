"""From the form to the way in, with a line and without, in both languages, without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

from parvis.base.clock import utc_now
from parvis.domain import admission
from parvis.domain.admission import Expected
from parvis.infra.html.visit import ticket_cookie
from parvis.infra.overload import levels
from parvis.web.queue import poll_s, span
from tests.domain.admission.line import in_days, let_in, line_of
from tests.rig.phones import App
from tests.rig.world import World
from tests.web.conftest import Browser

PASSWORD = "a long password"
CLOSED = "We are moving to a larger hall."


async def close(world: World) -> None:
    async with world.services.db.transaction() as tx:
        await admission.command_gate(tx, "pause", message=CLOSED, now=utc_now())


async def apply(browser: Browser, name: str = "carol", **more: str) -> str:
    """Where the ticket of a new sign-up is."""
    answer = await browser.post("/sign-up", {"username": name, "email": f"{name}@mail.example", **more})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith("/ticket/")
    await admission.sequence(browser.world.services, now=utc_now())
    return answer.headers["location"]


async def test_in_a_line_the_form_asks_for_no_password_and_says_how_long_it_is(
    world: World, stranger: Browser, open_browser: Callable[[], Browser]
) -> None:
    await line_of(world.services, "alice", "bob")
    form = await stranger.get("/sign-up")
    assert "At most 2 people are before you." in form.text
    assert 'name="password"' not in form.text
    path = await apply(stranger)
    page = await stranger.get(path)
    assert "Your place is kept" in page.text
    assert re.search(r"At most <strong[^>]*>2</strong> people are before you", page.text)
    assert "@carol" in page.text
    assert "ca…@mail.example" in page.text
    assert "carol@mail.example" not in page.text
    assert '<noscript><meta http-equiv="refresh" content="' in page.text
    assert page.headers["cache-control"] == "private, no-store"
    again = await stranger.get("/sign-up")
    assert path in again.text  # this browser finds its ticket again
    assert path not in (await open_browser().get("/sign-up")).text


async def test_the_whole_way_through_a_line(world: World, stranger: Browser) -> None:
    bob = await world.person("bob")
    await line_of(world.services, "alice")
    path = await apply(stranger)
    early = await stranger.post(path, {"password": PASSWORD})
    assert early.status_code == 403
    chosen = await stranger.post(path + "/follow", {"name": "@bob"})
    assert chosen.headers["location"] == path + "/follow"
    assert "You will follow 1 person" in (await stranger.get(path)).text
    await let_in(world.services, 2)
    page = await stranger.get(path)
    assert "It is your turn" in page.text
    assert "http-equiv" not in page.text
    short = await stranger.post(path, {"password": "short"})
    assert short.status_code == 422
    assert "At least 8 characters." in short.text
    entered = await stranger.post(path, {"password": PASSWORD})
    assert entered.headers["location"] == "/home"
    await world.settle()
    assert "Welcome to the square." in (await stranger.get("/home")).text
    following = await stranger.get("/@carol/following")
    assert "@bob" in following.text
    assert bob.handle == "bob"
    done = await stranger.get(path)
    assert "This ticket waits no more" in done.text


async def test_a_place_only_falls_and_says_why_one_waits(world: World, stranger: Browser) -> None:
    await close(world)
    await line_of(world.services, "alice", "bob", "dora")
    path = await apply(stranger)
    page = await stranger.get(path)
    assert CLOSED in page.text
    assert "Your turn in about" not in page.text  # nobody is let in, so there is nothing to say
    seen = []
    for _ in range(3):
        found = re.search(r"data-ahead=\"(\d+)\"", (await stranger.get(path)).text)
        assert found is not None
        seen.append(int(found.group(1)))
        await let_in(world.services, 1)
    assert seen == [3, 2, 1]


async def test_an_estimate_its_record_and_the_reason_are_told(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)

    published = {
        "ranges": [{"ahead": 0, "low_s": 4000.0, "high_s": 8000.0}, {"ahead": 100, "low_s": 9000.0, "high_s": 9000.0}],
        "within_range": 0.83,
        "cause": "database_slow",
    }
    await world.services.db.pool.execute(
        "UPDATE gate_state SET rate_per_s = 2, binding = 'database', published = $1", json.dumps(published)
    )
    page = unescape((await stranger.get(path)).text).replace("\u00a0", " ")
    assert "1\u2060–\u20603 hours" in page
    assert "83 % of people got in within the time they had been told" in page
    assert "The database has as much to do as it can bear." in page
    assert "about 120 people a minute come in" in page
    assert "What is wrong at the moment: The database answers late." in page
    assert 'http-equiv="refresh" content="40"' in page  # a hundredth of what is left
    french = unescape((await stranger.get(path, **{"Accept-Language": "fr"})).text).replace("\u00a0", " ")
    assert "1\u2060–\u20603 heures" in french
    assert "La base de données a autant à faire qu’elle peut supporter." in french
    still = await stranger.get(path + "?still=1")
    assert "http-equiv" not in still.text


async def test_address_and_letter_are_changed_and_the_sign_up_is_taken_back(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)
    assert 'value="carol@mail.example"' in (await stranger.get(path + "/address")).text
    wrong = await stranger.post(path + "/address", {"email": "no address"})
    assert wrong.status_code == 422
    assert "This is not an e-mail address." in wrong.text
    assert (await stranger.post(path + "/address", {"email": "new@mail.example"})).headers["location"] == path
    assert "n…@mail.example" in (await stranger.get(path)).text
    await stranger.post(path + "/letter", {"wanted": "false"})
    assert "No letter will tell you" in (await stranger.get(path)).text
    await stranger.post(path + "/letter", {"wanted": "true"})
    assert "A letter tells you" in (await stranger.get(path)).text
    assert "Take your sign-up back?" in (await stranger.get(path + "/withdraw")).text
    assert (await stranger.post(path + "/withdraw")).headers["location"] == path
    assert "Your sign-up is taken back" in (await stranger.get(path)).text
    for part in ("/address", "/withdraw", "/follow"):
        assert (await stranger.get(path + part)).status_code == 409
    await apply(stranger)  # the name is free again


async def test_who_let_their_turn_pass_comes_back(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)
    await let_in(world.services, 2)
    async with world.services.db.transaction() as tx:
        await admission.lapse(tx, now=in_days(8))
    assert "Your turn has passed" in (await stranger.get(path)).text
    assert (await stranger.post(path + "/back")).headers["location"] == path
    assert "Welcome back." in (await stranger.get(path)).text
    await let_in(world.services, 1)
    assert (await stranger.post(path, {"password": PASSWORD})).headers["location"] == "/home"


async def test_the_proof_of_a_place_is_on_a_page(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)
    page = unescape((await stranger.get(path + "/proof")).text)
    assert "Your ticket is entry 1 of 2" in page
    assert '"leaf": "received 2 ' in page
    assert re.search(r'"signature": "[0-9a-f]{128}"', page)


async def test_whose_name_was_taken_during_an_outage_chooses_another(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)
    await world.services.db.pool.execute("UPDATE receipt SET handle = NULL WHERE handle = 'carol'")
    await world.services.db.pool.execute("DELETE FROM account_handle WHERE handle = 'carol'")
    await let_in(world.services, 2)
    assert "choose another name" in (await stranger.get(path)).text
    taken = await stranger.post(path, {"username": "alice", "password": PASSWORD})
    assert taken.status_code == 422
    assert "Somebody has that name already." in taken.text
    assert (await stranger.post(path, {"username": "carol2", "password": PASSWORD})).headers["location"] == "/home"


async def test_with_room_the_form_leads_home_and_leaves_no_ticket(world: World, stranger: Browser) -> None:
    form = await stranger.get("/sign-up")
    assert "The door is open." in form.text
    fields = {"username": "carol", "email": "carol@mail.example", "password": PASSWORD}
    assert (await stranger.post("/sign-up", fields)).headers["location"] == "/home"
    assert ticket_cookie(world.services.settings) not in stranger.client.cookies
    blank = await stranger.post("/sign-out")
    assert blank.status_code == 303
    answer = await stranger.post("/sign-up", {"username": "dora", "email": "dora@mail.example", "password": ""})
    assert answer.status_code == 422
    assert "Choose a password." in answer.text


async def test_pages_of_a_ticket_that_is_not_ours_do_not_exist(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)
    forged = path[:-1] + ("A" if path[-1] != "A" else "B")
    for part in ("", "/address", "/withdraw", "/follow", "/proof"):
        assert (await stranger.get(forged + part)).status_code == 404
    for part in ("", "/password", "/back", "/letter", "/address", "/withdraw", "/follow", "/unfollow"):
        assert (
            await stranger.post(forged + part, {"password": PASSWORD, "email": "e@mail.example"})
        ).status_code == 404


async def test_a_receipt_that_is_still_on_its_way_to_the_database_has_a_page(world: World, stranger: Browser) -> None:
    ticket = admission.ticket_of(world.services.secrets, 12345)
    page = await stranger.get(admission.rules.path_of(ticket))
    assert page.status_code == 200
    assert "Your sign-up is stored. Your number follows in a moment." in page.text


def test_a_span_is_said_in_one_unit() -> None:
    for low, high, said in (
        (10, 50, "< 1 minute"),
        (61, 200, "1–4 minutes"),
        (5400, 7000, "1–2 hours"),
        (3600 * 30, 86400 * 3, "1–3 days"),
        (86400 * 2, 86400 * 2, "2 days"),
    ):
        assert span(Expected(low, high), "en").replace("\u00a0", " ").replace("\u2060", "") == said
    assert span(Expected(61, 200), "fr") == "1\u2060–\u20604\u00a0minutes"
    assert span(Expected(7200, 10_800), "ar") == "2\u2060–\u20603\u00a0ساعات"
    assert span(Expected(7200, 10_800), "ja") == "2\u2060–\u20603\u00a0時間"
    # Two hours are one word, which cannot stand behind another figure.
    assert span(Expected(7200, 7200), "ar") == "ساعتان"
    assert span(Expected(5400, 7000), "ar") == "1\u2060–\u20602\u00a0ساعة"
    assert [poll_s(one) for one in (None, Expected(0, 9), Expected(4000, 9000), Expected(1e6, 1e7))] == [
        60,
        30,
        40,
        3600,
    ]


async def test_a_browser_can_be_called_and_left_in_peace_again(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)
    offered = (await stranger.get(path)).text
    assert f'action="{path}/push"' in offered
    assert re.search(r"<li data-call=\"[\w-]{87}\" hidden>", offered)  # a script shows it where it can work
    wrong = await stranger.post(path + "/push", {"endpoint": "http://10.0.0.1/x", **App().keys})
    assert wrong.status_code == 422
    there = {"endpoint": "https://push.example/one", **App().keys}
    assert (await stranger.post(path + "/push", there)).headers["location"] == path
    called = (await stranger.get(path)).text
    assert "A message appears on the device you chose" in called
    assert "data-call=" not in called
    await stranger.post(path + "/push/end")
    assert "data-call=" in (await stranger.get(path)).text


async def test_how_busy_the_server_is_stands_on_its_pages_in_plain_words(world: World, stranger: Browser) -> None:
    await line_of(world.services, "alice")
    path = await apply(stranger)
    for where in (path, "/about", "/sign-up"):
        assert "The server is" not in (await stranger.get(where)).text
        for level, words in enumerate(levels.PLAIN.values()):
            world.services.pressure.level = level
            assert words in (await stranger.get(where)).text
        french = unescape((await stranger.get(where, **{"Accept-Language": "fr"})).text)
        assert "La base de données ne répond pas" in french
        world.services.pressure.level = 0
