"""The pages on which the owner says what the place is: announcements, rules, emoji, settings, staff."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.console.places import GROUPS
from parvis.domain import accounts, moderation
from parvis.domain.accounts.types import Role
from parvis.domain.moderation import house_settings
from parvis.infra import emoji as known_emoji
from parvis.infra.html import brand
from parvis.infra.mail import Mailer
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser


@pytest.fixture
async def olgas(world: World, open_browser: Callable[[], Browser]) -> Browser:
    return await open_browser().sign_in(await world.person("olga", role=Role.OWNER))


async def acts(world: World) -> list[str]:
    async with world.services.db.connection() as db:
        return [one.act for one in reversed(await moderation.log.entries(db, limit=100))]


def ids_in(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="id" value="(\d+)"', page)))


# ── announcements ──


async def test_an_announcement_is_written_planned_ended_and_deleted(world: World, olgas: Browser) -> None:
    place = "/console/announcements"
    bob = await world.person("bob")
    later = (utc_now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert (await olgas.post(place, {"text": "We move **tonight** <b>"})).status_code == 303
    assert (await olgas.post(place, {"text": "Planned for then", "starts_at": later})).status_code == 303
    told = (await bob.get("/api/v1/announcements")).json()
    assert len(told) == 1
    assert "tonight" in told[0]["content"]
    page = (await olgas.get(place)).text
    assert "Shown now" in page
    assert "Planned</strong>" in page
    planned, current = ids_in(page)
    assert ">Planned for then</textarea>" in page
    changed = {"id": current, "text": "We move at dawn", "ends_at": later}
    assert (await olgas.post(f"{place}/change", changed)).status_code == 303
    assert "at dawn" in (await bob.get("/api/v1/announcements")).json()[0]["content"]
    sooner = (utc_now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    moved = {"id": planned, "text": "Planned for then", "starts_at": sooner, "ends_at": later}
    assert (await olgas.post(f"{place}/change", moved)).status_code == 303
    assert f'name="starts_at" value="{sooner}"' in (await olgas.get(place)).text
    backwards = {"id": planned, "text": "x", "starts_at": later, "ends_at": sooner}
    assert (await olgas.post(f"{place}/change", backwards)).status_code == 422
    wrong = await olgas.post(f"{place}/change", {"id": planned, "text": "x", "ends_at": "2001-01-01T10:00"})
    assert wrong.status_code == 422
    assert wrong.text.count("It must end after it starts.") == 1
    assert (await olgas.post(f"{place}/end", {"id": current})).status_code == 303
    assert (await olgas.post(f"{place}/change", changed)).status_code == 404
    assert (await bob.get("/api/v1/announcements")).json() == []
    assert "Over</strong>" in (await olgas.get(place)).text
    assert (await olgas.post(f"{place}/end", {"id": current})).status_code == 303
    for _ in range(2):
        assert (await olgas.post(f"{place}/delete", {"id": planned})).status_code == 303
    assert "Planned for then" not in (await olgas.get(place)).text
    assert await acts(world) == [
        "announcement.add", "announcement.add", "announcement.change", "announcement.change", "announcement.end",
        "announcement.remove",
    ]  # fmt: skip


async def test_what_is_sent_twice_is_said_once(world: World, olgas: Browser) -> None:
    later = (utc_now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    token = await olgas.token()
    for place, act, forms in (
        ("announcements", "announcement.add", [{"text": "We move"}, {"text": "We move", "starts_at": later}]),
        ("rules", "rule.add", [{"text": "Be kind."}, {"text": "Be kind.", "hint": "Always."}]),
    ):
        before = await acts(world)
        for form in forms:
            sent = [olgas.post(f"/console/{place}", {"form_token": token, **form}) for _ in range(3)]
            assert {one.status_code for one in await asyncio.gather(*sent)} == {303}
        assert (await acts(world))[len(before) :] == [act] * 2
    pool = world.services.db.pool
    assert await pool.fetchval("SELECT count(*) FROM announcement") == 2
    assert await pool.fetchval("SELECT count(*) FROM house_rule") == 2
    await pool.execute("UPDATE announcement SET updated_at = now() - interval '2 minutes'")
    assert (await olgas.post("/console/announcements", {"text": "We move"})).status_code == 303
    assert await pool.fetchval("SELECT count(*) FROM announcement") == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "This cannot be empty"),
        ({"text": "x", "starts_at": "tomorrow"}, "This is no time."),
        ({"text": "x", "starts_at": "2099-01-02T10:00", "ends_at": "2099-01-01T10:00"}, "It must end after it starts."),
        ({"text": "x", "ends_at": "2001-01-01T10:00"}, "It must end after it starts."),
    ],
)
async def test_what_cannot_be_announced_is_said_beside_the_field(
    world: World, olgas: Browser, fields: dict[str, str], words: str
) -> None:
    answer = await olgas.post("/console/announcements", fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert await acts(world) == []


# ── rules ──


async def test_a_rule_that_is_changed_is_a_new_version_at_the_same_place(world: World, olgas: Browser) -> None:
    place = "/console/rules"
    for text in ("Be kind.", "Speak for yourself."):
        assert (await olgas.post(place, {"text": text, "hint": "Always."})).status_code == 303
    before = (await world.client.get("/api/v1/instance/rules")).json()
    assert [one["text"] for one in before] == ["Be kind.", "Speak for yourself."]
    for _ in range(2):
        changed = await olgas.post(place, {"id": before[0]["id"], "text": "Be kind, always.", "hint": ""})
        assert changed.status_code == 303
    after = (await world.client.get("/api/v1/instance/rules")).json()
    assert [one["text"] for one in after] == ["Be kind, always.", "Speak for yourself."]
    assert after[0]["id"] != before[0]["id"]
    page = (await olgas.get(place)).text
    assert "an earlier version of rule 1" in page
    assert (await olgas.post(place, {"id": before[0]["id"], "text": "Too late"})).status_code == 404
    assert (await olgas.post(place, {"id": after[1]["id"], "text": ""})).status_code == 422
    for _ in range(2):
        assert (await olgas.post(f"{place}/remove", {"id": after[0]["id"]})).status_code == 303
    page = (await olgas.get(place)).text
    assert "an earlier version of rule 1" not in page
    assert page.count("removed</p>") == 2
    assert [one["text"] for one in (await world.client.get("/api/v1/instance/rules")).json()] == ["Speak for yourself."]
    assert await acts(world) == ["rule.add", "rule.add", "rule.change", "rule.remove"]


# ── emoji ──


async def test_an_emoji_is_added_rests_comes_back_and_goes(world: World, olgas: Browser) -> None:
    place = "/console/emoji"

    async def listed() -> list[str]:
        from parvis.domain import media

        await media.emoji.look(world.services)
        return [one["shortcode"] for one in (await world.client.get("/api/v1/custom_emojis")).json()]

    form: dict[str, Any] = {"shortcode": ":blobcat:", "category": "Cats", "listed": "1"}
    assert (await olgas.post(place, form, files={"file": ("cat.png", png(32, 32), "image/png")})).status_code == 303
    assert await listed() == ["blobcat"]
    for fields, files, words in (
        ({"shortcode": "ç"}, {"file": ("cat.png", png(32, 32), "image/png")}, "Two to thirty letters"),
        ({"shortcode": "cat"}, {"file": ("cat.png", b"no picture", "image/png")}, "no picture"),
        ({"shortcode": "cat"}, None, "Choose a file"),
    ):
        refused = await olgas.post(place, fields, files=files)
        assert refused.status_code == 422
        assert words in refused.text
    for act, shown in (("disable", []), ("enable", ["blobcat"]), ("disable", []), ("delete", []), ("delete", [])):
        answer = await olgas.post(f"{place}/act", {"shortcode": "blobcat", "act": act})
        assert answer.status_code == 303
        assert await listed() == shown
    assert (await olgas.post(f"{place}/act", {"shortcode": "blobcat", "act": "enable"})).status_code == 404
    assert "No emoji yet" in (await olgas.get(place)).text
    assert await acts(world) == [
        "emoji.add", "emoji.disable", "emoji.enable", "emoji.disable", "emoji.remove",
    ]  # fmt: skip
    known_emoji.keep([], "")


# ── settings ──


async def test_a_setting_holds_at_once_has_a_history_and_a_way_back(world: World, olgas: Browser) -> None:
    place = "/console/settings"
    start = world.services.settings
    for value in ("The <i>Square</i>", "The Field"):
        assert (await olgas.post(place, {"name": "name", "value": f"  {value} "})).status_code == 303
    assert (await olgas.post(place, {"name": "post_characters", "value": "280"})).status_code == 303
    assert (await world.client.get("/api/v2/instance")).json()["title"] == "The Field"
    page = (await olgas.get(place)).text
    assert "· The Field</title>" in page
    assert "The &lt;i&gt;Square&lt;" in page
    limits = (await world.client.get("/api/v2/instance")).json()["configuration"]["statuses"]
    assert limits["max_characters"] == 280
    bob = await world.person("bob")
    assert (await bob.post("/api/v1/statuses", {"status": "x" * 281})).status_code == 422
    assert "The Field" in str(world.services.mail._sender)
    first = ids_in(page)[-1]
    assert (await olgas.post(f"{place}/back", {"id": first})).status_code == 303
    assert world.services.settings.name == "The <i>Square</i>"
    assert (await olgas.post(f"{place}/default", {"name": "name"})).status_code == 303
    assert world.services.settings.name == start.name
    assert world.services.settings.post_characters == 280
    assert await acts(world) == ["setting.change"] * 5
    async with world.services.db.connection() as db:
        history = await house_settings.history(db)
    assert [(one.name, one.value) for one in history] == [
        ("name", None),
        ("name", "The <i>Square</i>"),
        ("post_characters", "280"),
        ("name", "The Field"),
        ("name", "The <i>Square</i>"),
    ]
    assert {one.by_id for one in history} == {world.people["olga"].id}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "  "),
        ("name", "x" * 61),
        ("description", "x" * 301),
        ("contact_email", "nowhere"),
        ("contact_email", "a@b.example\nBcc: c@d.example"),
        ("languages", "English"),
        ("languages", "en,,fr"),
        ("post_characters", "0"),
        ("post_characters", "1e9"),
        ("post_characters", "١٤٠"),
        ("free_sign_ups", "-1"),
        ("post_name", "x" * 21),
        ("accent", "red"),
        ("accent", "#12345"),
    ],
)
async def test_what_a_setting_cannot_be_is_said_beside_it(world: World, olgas: Browser, name: str, value: str) -> None:
    before = world.services.settings
    answer = await olgas.post("/console/settings", {"name": name, "value": value})
    assert answer.status_code == 422
    assert f'id="{name}" name="value"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert world.services.settings == before
    assert await acts(world) == []


@pytest.mark.parametrize("name", ["database_url", "origin", "smtp_url", "alert_webhook", "home", "__class__", "gate"])
async def test_no_other_setting_can_be_changed_here(world: World, olgas: Browser, name: str) -> None:
    assert (await olgas.post("/console/settings", {"name": name, "value": "x"})).status_code == 404
    assert (await olgas.post("/console/settings/default", {"name": name})).status_code == 404


async def test_a_colour_is_looked_at_before_it_is_chosen(world: World, olgas: Browser) -> None:
    place = "/console/settings"
    assert "<figure" not in (await olgas.get(place)).text
    tried = (await olgas.get(f"{place}?accent=%23ffd700")).text
    assert 'value="#ffd700"' in tried
    assert "On dark grounds: as it is." in tried
    darker = brand.palette("#ffd700", brand.LIGHT).accent
    assert f"On light grounds it is darkened to {darker}, so that it can be read." in tried
    assert f'fill="{darker}"' in tried
    assert "<figure" not in (await olgas.get(f"{place}?accent=%23ffd700%3b")).text
    assert world.services.settings.accent == ""
    assert (await olgas.post(place, {"name": "accent", "value": " #1F5A7A "})).status_code == 303
    assert world.services.settings.accent == "#1f5a7a"
    assert "On light grounds: as it is." in (await olgas.get(place)).text


async def test_the_environment_wins_and_the_page_says_so(
    world: World, olgas: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await olgas.post("/console/settings", {"name": "name", "value": "The Field"})
    monkeypatch.setenv("PARVIS_NAME", "Fixed")
    page = (await olgas.get("/console/settings")).text
    assert "by PARVIS_NAME: it cannot be changed here" in page
    assert (await olgas.post("/console/settings", {"name": "name", "value": "Other"})).status_code == 404
    assert house_settings.merged(world.services.started_with, {"name": "The Field"}).name == "Parvis"


async def test_another_process_obeys_within_seconds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written past this process, the look of the application finds."""
    monkeypatch.setattr(house_settings, "LOOK_EVERY_S", 0.05)
    async with world.services.db.transaction() as tx:
        ids = world.services.ids
        assert await house_settings.change(tx, ids, "name", "The Field", by_id=None, now=utc_now())
        assert not await house_settings.change(tx, ids, "name", " The  Field ", by_id=None, now=utc_now())
    for _ in range(600):
        if world.services.settings.name == "The Field":
            break
        await asyncio.sleep(0.05)
    assert (await world.client.get("/api/v1/instance")).json()["title"] == "The Field"


async def test_who_changes_a_setting_remembers_nothing_that_was_shown_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house_settings, "LOOK_EVERY_S", 0.05)
    heard = asyncio.Event()
    task = asyncio.create_task(house_settings.keep_looking(world.services, heard.set))
    try:
        await asyncio.sleep(0.2)
        assert not heard.is_set()
        async with world.services.db.transaction() as tx:
            await house_settings.change(tx, world.services.ids, "name", "The Field", by_id=None, now=utc_now())
        await house_settings.look(world.services)  # as the page does that saves it
        await asyncio.wait_for(heard.wait(), 10)
    finally:
        task.cancel()


# ── outgoing mail ──


async def test_letters_that_were_kept_are_shown_after_a_proof_and_for_what_they_are(
    world: World, olgas: Browser
) -> None:
    place, services = "/console/mail", world.services
    stale = "UPDATE session SET proved_at = now() - interval '1 hour'"
    await services.db.pool.execute(stale)
    assert "No letters" in (await olgas.get(place)).text
    await services.mail.send("bob@mail.example", "Hello", "http://parvis.test/reset-password?token=x")
    asked = await olgas.get(place)
    assert (asked.status_code, asked.headers["location"]) == (303, "/prove?return_to=%2Fconsole%2Fmail")
    await services.db.pool.execute("UPDATE session SET proved_at = now()")
    page = (await olgas.get(place)).text
    assert "No mail service is set up" in page
    assert "/reset-password?token=x" in page
    services.mail = Mailer(msgspec.structs.replace(services.settings, smtp_url="smtp://localhost:1"))
    page = (await olgas.get(place)).text
    assert "No mail service is set up" not in page
    assert "These were kept here before it was." in page


# ── the way through ──


async def test_the_way_shows_what_there_is_and_what_is_for_one(
    world: World, olgas: Browser, open_browser: Callable[[], Browser]
) -> None:
    monas = await open_browser().sign_in(await world.person("mona", role=Role.MODERATOR))
    pages = [unescape((await one.get("/console")).text) for one in (olgas, monas)]
    owners, moderators = (set(re.findall(r'href="(/console[^"?]*)"', page)) for page in pages)
    known = {place.path for _, places in GROUPS for place in places}
    assert owners <= known
    assert "/console/settings" in owners
    assert "/console/settings" not in moderators
    assert {"/console", "/console/log", "/console/invitations"} <= moderators
    for path in owners:
        page = unescape((await olgas.get(path)).text)
        assert len(re.findall(rf'href="{path}" aria-current="page"', page)) == 2, path


async def test_who_steps_down_leaves_the_console(world: World, olgas: Browser) -> None:
    await world.person("otto", role=Role.OWNER)
    answer = await olgas.post("/console/staff", {"handle": "olga", "role": "moderator"})
    assert answer.headers["location"] == "/home"
    async with world.services.db.connection() as db:
        assert (await accounts.login_of(db, world.people["olga"].id)).role == Role.MODERATOR
