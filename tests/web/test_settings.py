"""Settings: profile, password, habits, language and theme, browsers and apps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.infra.catalogues import LOCALE_NAMES, LOCALES, REVIEWED
from tests.rig.people import Person
from tests.rig.phones import App
from tests.rig.pictures import png
from tests.rig.world import World
from tests.web.conftest import Browser


async def test_a_profile_is_changed_with_its_pictures(world: World, alices: Browser, stranger: Browser) -> None:
    fields = {
        "display_name": "Alice of the Square",
        "note": "Walks around",
        "field_name_0": "Town",
        "field_value_0": "Lyon",
        "locked": "1",
        "discoverable": "1",
    }
    files = {"avatar": ("a.png", png(), "image/png"), "header": ("h.png", png(), "image/png")}
    saved = await alices.post("/settings/profile", fields, files=files)
    assert saved.headers["location"] == "/settings/profile"
    assert "Saved." in (await alices.get("/settings/profile")).text
    shown = (await stranger.get("/@alice")).text
    assert "Alice of the Square" in shown
    assert "Approves followers" in shown
    first = re.findall(r"/media/(?:avatars|headers)/[^\"]+", shown)
    assert len({one.partition("/")[0] for one in first}) == 1
    assert (await stranger.get(first[0])).status_code == 200
    again = await alices.post("/settings/profile", fields, files={"avatar": ("a.png", png(60, 60), "image/png")})
    assert again.status_code == 303
    assert (await stranger.get(first[-1])).status_code in (200, 404)
    avatar = next(one for one in first if "avatars" in one)
    assert (await stranger.get(avatar)).status_code == 404  # what was replaced is gone
    await alices.post("/settings/profile", fields | {"remove_avatar": "1", "remove_header": "1"})
    assert "/media/" not in (await stranger.get("/@alice")).text


async def test_a_profile_that_cannot_be_accepted_comes_back(alices: Browser) -> None:
    answer = await alices.post("/settings/profile", {"display_name": "x" * 41, "note": "kept"})
    assert answer.status_code == 422
    assert "This name is too long." in answer.text
    assert ">kept</textarea>" in answer.text
    label = await alices.post("/settings/profile", {"field_value_0": "without a label"})
    assert "Every line needs a label." in label.text
    broken = await alices.post("/settings/profile", {}, files={"avatar": ("a.png", b"no picture", "image/png")})
    assert broken.status_code == 422
    assert "This is no picture that can be read here" in broken.text


async def test_a_new_password_signs_everybody_else_out(
    world: World, alices: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    await accounts.set_password(world.services, alice.id, password="the first password", now=utc_now())
    here, there = await open_browser().sign_in(alice), await open_browser().sign_in(alice)
    wrong = await here.post(
        "/settings/account/password", {"current_password": "not it at all", "password": "the second password"}
    )
    assert wrong.status_code == 422
    assert "This is not your present password." in wrong.text
    done = await here.post(
        "/settings/account/password", {"current_password": "the first password", "password": "the second password"}
    )
    assert done.headers["location"] == "/settings/account"
    assert (await here.get("/home")).status_code == 200
    assert (await there.get("/home")).status_code == 303


async def test_pages_speak_and_look_as_chosen(alices: Browser) -> None:
    page = await alices.get("/settings/appearance")
    assert '<html lang="en" data-theme="auto">' in page.text
    await alices.post("/settings/appearance", {"theme": "dark", "locale": "fr"})
    page = await alices.get("/settings/appearance")
    assert '<html lang="fr" data-theme="dark">' in page.text
    assert "Clair ou sombre" in page.text
    assert "Enregistré." in page.text
    assert "La place" in (await alices.get("/public")).text
    assert (await alices.post("/settings/appearance", {"theme": "neon", "locale": "fr"})).status_code == 422


async def test_the_language_choice_names_translations_that_nobody_has_reviewed(alices: Browser) -> None:
    page = await alices.get("/settings/appearance")
    assert '<span lang="fr">Français</span>' in page.text
    for code in set(LOCALES) - set(REVIEWED):
        assert f'<span lang="{code}">{LOCALE_NAMES[code]}</span>' in page.text
    await alices.post("/settings/appearance", {"theme": "auto", "locale": "es"})
    page = await alices.get("/settings/appearance")
    assert '<html lang="es" data-theme="auto">' in page.text
    assert "Claro u oscuro" in page.text
    assert "Español (sin revisar)" in page.text


async def test_lines_run_as_the_language_does(stranger: Browser) -> None:
    page = await stranger.client.get("/", headers={"Accept-Language": "ar-EG"})
    assert '<html lang="ar" dir="rtl" data-theme' in page.text
    page = await stranger.client.get("/", headers={"Accept-Language": "en"})
    assert "dir=" not in page.text.partition("<head>")[0]
    manifest = await stranger.client.get("/manifest.webmanifest", headers={"Accept-Language": "ar"})
    assert (manifest.json()["lang"], manifest.json()["dir"]) == ("ar", "rtl")


async def test_strangers_are_spoken_to_as_their_browser_asks(stranger: Browser) -> None:
    for header, language in (
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("la-VA,la;q=0.9", "en"),
        ("en;q=0.4, fr;q=0.6", "fr"),
        ("fr;q=0", "en"),
        ("", "en"),
        (";;;q=x,,", "en"),
    ):
        page = await stranger.client.get("/", headers={"Accept-Language": header})
        assert f'<html lang="{language}"' in page.text, header
    page = await stranger.client.get("/sign-up", headers={"Accept-Language": "fr"})
    assert "Nom sur la place" in page.text


async def test_habits_of_writing_fill_the_form(alices: Browser) -> None:
    saved = await alices.post("/settings/account/writing", {"default_visibility": 2, "default_language": "pt"})
    assert saved.headers["location"] == "/settings/account"
    form = (await alices.get("/compose")).text
    assert '<option value="2" selected>' in form
    assert '<option value="pt" selected>' in form
    await alices.post("/settings/account/writing", {"default_reply_policy": 3, "default_quote_policy": 1})
    for path in ("/compose", "/settings/account"):
        page = (await alices.get(path)).text
        assert '<option value="3" selected>Nobody may reply' in page
        assert '<option value="1" selected>Followers may quote' in page
    await alices.post("/settings/account/writing", {"default_visibility": 0})  # a form from before these were in it
    assert '<option value="3" selected>Nobody may reply' in (await alices.get("/settings/account")).text
    refused = await alices.post("/settings/account/writing", {"default_reply_policy": 4})
    assert refused.status_code == 422


async def test_browsers_that_are_signed_in_can_be_signed_out(
    alices: Browser, bobs: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    other = await open_browser().sign_in(alice)
    page = (await alices.get("/settings/access")).text
    assert "This browser" in page
    [path] = re.findall(r'formaction="(/settings/access/sessions/\d+/end)"', page)
    assert (await bobs.post(path)).status_code == 404
    assert (await alices.post(path)).headers["location"] == "/settings/access"
    assert (await other.get("/home")).status_code == 303
    assert (await alices.get("/home")).status_code == 200


async def test_messages_to_a_browser_end_with_its_session(
    alices: Browser, alice: Person, world: World, open_browser: Callable[[], Browser]
) -> None:
    async def tokens() -> list[int]:
        async with world.services.db.connection() as db:
            return await accounts.push_tokens(db, alice.id)

    async def wants(browser: Browser) -> int:
        answer = await browser.post("/push", {"endpoint": "https://push.example/x", **App().keys})
        return int(answer.json()["token_id"])

    other = await open_browser().sign_in(alice)
    mine, theirs = await wants(alices), await wants(other)
    assert sorted(await tokens()) == sorted([mine, theirs])
    again = await wants(other)
    assert sorted(await tokens()) == sorted([mine, again])  # one for each browser
    assert f'data-alive="{mine} {again}"' in (await alices.get("/settings/notifications")).text
    page = (await alices.get("/settings/access")).text
    [path] = re.findall(r'formaction="(/settings/access/sessions/\d+/end)"', page)
    await alices.post(path)
    assert await tokens() == [mine]
    async with world.services.db.transaction() as tx:
        await accounts.delete_expired(tx, now=utc_now() + timedelta(days=4000))
    assert await tokens() == []


async def test_apps_can_be_shown_the_door(alices: Browser, bobs: Browser, alice: Person) -> None:
    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code == 200
    [path] = re.findall(r'formaction="(/settings/access/apps/\d+/end)"', (await alices.get("/settings/access")).text)
    assert (await bobs.post(path)).status_code == 404
    assert (await alices.post(path)).status_code == 303
    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code == 401


async def test_another_letter_can_be_asked_for(world: World, open_browser: Callable[[], Browser]) -> None:
    carol = await world.person("carol", confirmed=False)
    browser = await open_browser().sign_in(carol)
    assert "not confirmed yet" in (await browser.get("/settings/account")).text
    assert (await browser.post("/settings/account/confirmation")).status_code == 303
    await world.settle()
    [letter] = await world.services.mail.outbox()
    assert letter.to == "carol@mail.example"
