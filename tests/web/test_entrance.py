"""Coming in and going out."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import msgspec
import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.accounts import Purpose, one_time
from parvis.infra.html.paths import safe_path
from parvis.infra.rate_limits import SIGN_INS, RateLimits
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser, hidden

PASSWORD = "a long password"


async def sign_up(browser: Browser, handle: str = "carol", **more: str) -> None:
    fields = {"username": handle, "email": f"{handle}@mail.example", "password": PASSWORD, **more}
    answer = await browser.post("/sign-up", fields)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/home"


async def test_a_stranger_signs_up_and_is_at_home(stranger: Browser) -> None:
    await sign_up(stranger)
    home = await stranger.get("/home")
    assert home.status_code == 200
    assert "Your place on the square is quiet" in home.text
    assert "Welcome to the square." in home.text
    assert "Welcome to the square." not in (await stranger.get("/home")).text  # said once
    assert (await stranger.get("/")).headers["location"] == "/home"


async def test_who_has_not_confirmed_can_follow_but_not_publish(stranger: Browser, alice: Person) -> None:
    await sign_up(stranger)
    assert "Open its link to confirm your address" in (await stranger.get("/home")).text
    followed = await stranger.post("/@alice/follow")
    assert followed.status_code == 303
    refused = await stranger.post("/compose", {"text": "Too early"})
    assert refused.status_code == 403
    assert "Confirm your address first" in refused.text


async def test_a_form_that_cannot_be_accepted_comes_back_filled_in(stranger: Browser, alice: Person) -> None:
    answer = await stranger.post("/sign-up", {"username": "Alice", "email": "no address", "password": "short"})
    assert answer.status_code == 422
    assert 'value="Alice"' in answer.text
    assert 'value="no address"' in answer.text
    assert "This is not an e-mail address." in answer.text
    assert "At least 8 characters." in answer.text
    assert "short" not in answer.text
    taken = await stranger.post("/sign-up", {"username": "Alice", "email": "b@mail.example", "password": PASSWORD})
    assert taken.status_code == 422
    assert "Somebody has that name already." in taken.text
    assert 'aria-invalid="true"' in taken.text


async def test_signing_in_and_out(stranger: Browser) -> None:
    await sign_up(stranger)
    out = await stranger.post("/sign-out")
    assert out.status_code == 303
    assert (await stranger.get("/home")).headers["location"] == "/sign-in?return_to=%2Fhome"
    wrong = await stranger.post("/sign-in", {"login": "carol", "password": "not this one"})
    assert wrong.status_code == 422
    assert "Name, address or password is not right." in wrong.text
    assert 'value="carol"' in wrong.text
    right = await stranger.post("/sign-in", {"login": "carol", "password": PASSWORD, "return_to": "/bookmarks"})
    assert right.headers["location"] == "/bookmarks"
    cookie = right.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    home = await stranger.get("/home")
    assert home.status_code == 200
    assert "Max-Age=5184000" in home.headers["set-cookie"]  # lives on as long as somebody comes


async def test_a_session_planted_before_signing_in_does_not_survive(stranger: Browser, alice: Person) -> None:
    await sign_up(stranger)
    before = dict(stranger.client.cookies)
    await stranger.client.get("/sign-in")
    token = await stranger.token("/settings/appearance")
    again = await stranger.client.post(
        "/sign-in",
        data={"form_token": token, "login": "carol", "password": PASSWORD},
        headers={"Origin": "http://parvis.test"},
    )
    assert again.status_code == 303
    assert dict(stranger.client.cookies) != before
    stranger.client.cookies.clear()
    stranger.client.cookies.update(before)
    assert (await stranger.get("/home")).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/%09/evil.example\n",
        " /home",
        "home",
        "/" + "x" * 3000,
        "http://[bad",
    ],
)
def test_e9_no_form_leads_to_another_server(target: str) -> None:
    assert safe_path(target, "/home") == "/home"


async def test_e9_signing_in_never_leads_to_another_server(stranger: Browser) -> None:
    await sign_up(stranger)
    await stranger.post("/sign-out")
    assert "evil.example" not in (await stranger.get("/sign-in?return_to=" + quote("//evil.example"))).text
    answer = await stranger.post("/sign-in", {"login": "carol", "password": PASSWORD, "return_to": "//evil.example"})
    assert answer.headers["location"] == "/home"


def test_own_paths_are_kept() -> None:
    for path in ("/", "/home", "/@alice/1?all=1", "/search?q=a%20b&x=1", "/tags/gr%C3%BC%C3%9Fe"):
        assert safe_path(path, "no") == path


async def test_the_letter_to_confirm_an_address(world: World, stranger: Browser) -> None:
    await sign_up(stranger)
    await world.settle()
    [letter] = await world.services.mail.outbox()
    link = next(line for line in letter.text.split() if "/confirm" in line)
    page = await stranger.get(link)
    assert page.status_code == 200
    assert "Confirm my address" in page.text
    confirmed = await stranger.post("/confirm", {"token": hidden(page.text, "token")})
    assert confirmed.headers["location"] == "/home"
    assert (await stranger.post("/compose", {"text": "Now I may"})).status_code == 303
    again = await stranger.post("/confirm", {"token": hidden(page.text, "token")})
    assert again.status_code == 422
    assert "This link no longer works" in again.text


async def test_a_forgotten_password(world: World, stranger: Browser, open_browser: Callable[[], Browser]) -> None:
    await world.person("dora")
    known = await stranger.post("/forgot", {"email": "dora@mail.example"})
    unknown = await stranger.post("/forgot", {"email": "nobody@mail.example"})
    assert known.status_code == unknown.status_code == 200
    assert known.text == unknown.text
    await world.settle()
    [letter] = await world.services.mail.outbox()
    link = next(line for line in letter.text.split() if "/reset" in line)
    page = await stranger.get(link)
    fields = {"token": hidden(page.text, "token"), "password": "short"}
    refused = await stranger.post("/reset-password", fields)
    assert refused.status_code == 422
    assert "At least 8 characters." in refused.text
    kept = await stranger.post("/reset-password", fields | {"password": "another long one"})
    assert kept.headers["location"] == "/home"
    assert (await stranger.get("/home")).status_code == 200
    other = open_browser()
    assert (await other.post("/sign-in", {"login": "dora", "password": "another long one"})).status_code == 303
    assert (await other.post("/reset-password", fields | {"password": "once more long"})).status_code == 422


async def test_too_many_sign_ins_are_slowed_down(world: World, stranger: Browser) -> None:
    world.services.limits = RateLimits(enabled=True)
    fields = {"login": "nobody", "password": "wrong password"}
    statuses = [(await stranger.post("/sign-in", fields)).status_code for _ in range(SIGN_INS.most + 1)]
    assert statuses[:-1] == [422] * SIGN_INS.most
    assert statuses[-1] == 429


async def test_the_owner_link_makes_an_owner_once(world: World, stranger: Browser, alices: Browser) -> None:
    async with world.services.db.transaction() as tx:
        token = await accounts.owner_token(tx, now=utc_now())
    page = await stranger.get(f"/setup/{token}")
    assert "Make the account that owns Parvis." in page.text
    fields = {"username": "olga", "email": "olga@mail.example", "password": PASSWORD}
    assert (await stranger.post(f"/setup/{token}", fields | {"email": "x"})).status_code == 422
    made = await stranger.post(f"/setup/{token}", fields)
    assert made.headers["location"] == "/home"
    assert (await stranger.get("/console/mail")).status_code == 200
    assert (await stranger.post("/compose", {"text": "I own this place"})).status_code == 303
    assert "This link no longer works" in (await stranger.get(f"/setup/{token}")).text
    assert (await alices.post(f"/setup/{token}")).status_code == 422
    assert (await alices.get("/console/mail")).status_code == 404


async def test_somebody_signed_in_becomes_owner_under_a_fresh_session(world: World, alices: Browser) -> None:
    async with world.services.db.transaction() as tx:
        token = await accounts.owner_token(tx, now=utc_now())
    assert "@alice" in (await alices.get(f"/setup/{token}")).text
    before = dict(alices.client.cookies)
    answer = await alices.client.post(
        f"/setup/{token}",
        data={"form_token": await alices.token("/settings/appearance")},
        headers={"Origin": "http://parvis.test"},
    )
    assert answer.status_code == 303
    assert (await alices.get("/console/mail")).status_code == 200
    alices.client.cookies.clear()
    alices.client.cookies.update(before)
    assert (await alices.get("/home")).status_code == 303


async def test_letters_are_shown_to_the_owner_alone(
    world: World, open_browser: Callable[[], Browser], bobs: Browser
) -> None:
    olga = await world.person("olga", role=accounts.Role.OWNER)
    browser = await open_browser().sign_in(olga)
    assert "No letters" in (await browser.get("/console/mail")).text
    await world.services.mail.send("carol@mail.example", "Hello <b>", "See http://parvis.test/x?a=1&b=<2>")
    shown = (await browser.get("/console/mail")).text
    assert "Hello &lt;b&gt;" in shown
    assert '<a href="http://parvis.test/x?a=1&amp;b=" rel="noreferrer">' in shown
    assert (await bobs.get("/console/mail")).status_code == 404


async def test_suspended_people_are_told_so(world: World, alices: Browser, alice: Person) -> None:
    async with world.services.db.transaction() as tx:
        await tx.execute("UPDATE account SET state = 2 WHERE id = $1", alice.id)
    answer = await alices.get("/home")
    assert answer.status_code == 403
    assert "Your account is suspended." in answer.text
    assert 'href="/settings/standing"' in answer.text
    assert (await alices.get("/public")).status_code == 200  # as a stranger
    token = hidden((await alices.get("/sign-in")).text, "form_token")
    left = await alices.client.post("/sign-out", data={"form_token": token}, headers={"Origin": "http://parvis.test"})
    assert left.status_code == 303
    assert (await alices.get("/home")).status_code == 303


async def test_cookies_of_a_place_with_tls_are_bound_to_its_host(world: World, stranger: Browser) -> None:
    settings = msgspec.structs.replace(world.services.settings, origin="https://parvis.test")
    world.services.settings = settings
    answer = await stranger.get("/sign-in")
    assert answer.headers["set-cookie"].startswith("__Host-parvis_form=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "max-age=31536000" in answer.headers["strict-transport-security"]


async def test_looking_at_a_link_does_not_use_it_up(world: World, stranger: Browser, alice: Person) -> None:
    async with world.services.db.transaction() as tx:
        token = await one_time.issue(
            tx, Purpose.RESET_PASSWORD, account_id=alice.id, email="alice@mail.example", now=utc_now()
        )
    for _ in range(3):
        assert "Keep this password" in (await stranger.get(f"/reset/{token}")).text
