"""Group A of the security cases: accounts, signing in, signing up. One test or more for each case, by its name."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from parvis import api, console, web
from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, InvalidFields
from parvis.domain import accounts, admission
from parvis.domain.accounts import Purpose, guard, one_time
from parvis.infra.html.visit import form_cookie, session_cookie
from parvis.infra.mail import SentLetter
from parvis.infra.rate_limits import MAILS, SIGN_INS, Limit, RateLimits
from tests.domain.admission.line import application, let_in, line_of
from tests.rig.people import Person
from tests.rig.streams import knock
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser, hidden

PASSWORD = "a long password"
OTHER = "another long password"
CONFIRMATIONS = "/api/v1/emails/confirmations"


async def member(world: World, name: str = "alice") -> Person:
    """Somebody who can sign in with PASSWORD."""
    person = await world.person(name)
    password_hash = await world.services.hasher.hash(PASSWORD)
    async with world.services.db.transaction() as tx:
        await accounts.set_first_password(tx, person.id, password_hash, now=utc_now())
    return person


@asynccontextmanager
async def coming_from(world: World, address: str) -> AsyncIterator[Browser]:
    """A browser at another address of the internet."""
    browser = Browser(world)
    transport = httpx.ASGITransport(app=world.app, client=(address, 50_000), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        browser.client = client
        yield browser


async def letters_to(world: World, address: str) -> list[SentLetter]:
    await world.settle()
    return [one for one in await world.services.mail.outbox(1000) if one.to == address]


def link_in(letter: SentLetter) -> str:
    found = re.search(r"https?://\S+token=\S+", letter.text)
    assert found is not None
    return found.group()


# ── A1: lists of stolen passwords ──


async def test_a1_a_list_of_passwords_is_noticed_slowed_and_locks_nobody_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The flood of the case, ten thousand tries from two thousand addresses, made small: the limits shrink with it."""
    monkeypatch.setattr(guard, "EVERYWHERE", Limit("wrong-everywhere", 25, 86_400))
    monkeypatch.setattr(guard, "OF_NETWORK_MEANWHILE", Limit("wrong-meanwhile", 2, 86_400))
    await member(world)
    async with coming_from(world, "198.51.100.1") as own:
        assert (await own.post("/sign-in", {"login": "alice", "password": PASSWORD})).status_code == 303
        assert (await own.post("/sign-out")).status_code == 303
        world.services.limits = RateLimits(enabled=True)
        before = world.services.hasher.count
        with capture_logs() as logs:
            answers = await _flood(world, networks=30, tries=5)
        hashed = world.services.hasher.count - before
        assert [one["event"] for one in logs].count("auth.stuffing") == 1
        assert answers[429] >= 60  # of 150
        assert hashed == answers[422]
        assert hashed <= 25 + 2 * 30
        async with coming_from(world, "203.0.113.200") as elsewhere:
            wrong = await elsewhere.post("/sign-in", {"login": "alice", "password": PASSWORD})
            assert wrong.status_code == 429  # the account is guarded against browsers that nobody knows …
        back = await own.post("/sign-in", {"login": "alice", "password": PASSWORD})
        assert back.status_code == 303  # … and open to the one its owner knows


async def _flood(world: World, *, networks: int, tries: int) -> Counter[int]:
    """How often each answer came; meanwhile everybody can read."""

    async def one(number: int) -> list[int]:
        found: list[int] = []
        async with coming_from(world, f"203.0.113.{number}") as browser:
            token = await browser.token()
            for i in range(tries):
                login = "alice" if i == 0 else f"somebody{number}_{i}@mail.example"
                fields = {"form_token": token, "login": login, "password": f"guess {i} {number}"}
                answer = await browser.client.post("/sign-in", data=fields, headers={"Origin": ORIGIN})
                found.append(answer.status_code)
                assert (await browser.get("/public")).status_code == 200
        return found

    rounds = [
        await asyncio.gather(*(one(number) for number in range(start, start + 10))) for start in range(0, networks, 10)
    ]
    return Counter(status for some in rounds for found in some for status in found)


async def test_a1_an_account_that_is_guessed_at_looks_like_one_that_does_not_exist(world: World) -> None:
    await member(world)
    world.services.limits = RateLimits(enabled=True)
    told: dict[str, list[int]] = {}
    for login in ("alice", "nobody"):
        told[login] = []
        for number in range(guard.OF_ACCOUNT.most + 2):
            async with coming_from(world, f"2001:db8:{number}::{1 if login == 'alice' else 2}") as browser:
                answer = await browser.post("/sign-in", {"login": login, "password": "not this one"})
                told[login].append(answer.status_code)
        world.services.limits = RateLimits(enabled=True)
    assert told["alice"] == told["nobody"] == [422] * guard.OF_ACCOUNT.most + [429] * 2


async def test_a1_a_forged_cookie_makes_no_browser_known(world: World) -> None:
    alice, bob = await member(world), await member(world, "bob")
    genuine = guard.known_device(world.services, bob.id)
    for device in ("", "x", genuine, genuine[:-4] + "AAA=", "A" * 44):
        one = guard.attempt(world.services, account_id=alice.id, login="alice", address="192.0.2.1", device=device)
        assert one.device == ""
    kept = guard.known_device(world.services, alice.id)
    assert guard.attempt(world.services, account_id=alice.id, login="alice", address="", device=kept).device == kept


# ── A2: who has an account here? ──


async def test_a2_no_way_in_tells_whether_an_account_exists(world: World, open_browser: Callable[[], Browser]) -> None:
    await member(world)
    ways: list[tuple[str, dict[str, str], tuple[str, str, str]]] = [
        ("/sign-in", {"login": "%s@mail.example", "password": "x" * 9}, ("first", "alice", "nobody")),
        ("/sign-in", {"login": "%s", "password": "x" * 9}, ("first", "alice", "nobody")),
        ("/forgot", {"email": "%s@mail.example"}, ("first", "alice", "nobody")),
        (
            "/sign-up",
            {"username": "new_%s", "email": "%s@mail.example", "password": PASSWORD},
            ("first", "alice", "nobody"),
        ),
    ]
    for path, fields, names in ways:
        seen = [
            await _work(world, open_browser(), path, {key: value.replace("%s", name) for key, value in fields.items()})
            for name in names
        ]
        assert seen[1] == seen[2], path  # the first was there to warm up


async def _work(world: World, browser: Browser, path: str, fields: dict[str, str]) -> tuple[Any, ...]:
    """Status, where to, the page without what was typed, hashes and statements of one try."""
    token = await browser.token()
    await browser.get(path)
    hashes = world.services.hasher.count
    with world.statements() as sent:
        answer = await browser.client.post(path, data={"form_token": token, **fields}, headers={"Origin": ORIGIN})
        await asyncio.sleep(0.05)
        statements = len([one for one in sent if "job" not in one])
    page = answer.text
    for value in fields.values():
        page = page.replace(value, "…")
    page = re.sub(r'name="form_token" value="[^"]*"', "", page)
    return answer.status_code, answer.headers.get("location"), page, world.services.hasher.count - hashes, statements


async def test_a2_in_a_line_the_answer_is_the_same_too(world: World, open_browser: Callable[[], Browser]) -> None:
    await member(world)
    await line_of(world.services, "first")
    seen = []
    for name, email in (("one", "alice@mail.example"), ("two", "nobody@mail.example"), ("six", "first@mail.example")):
        answer = await open_browser().post("/sign-up", {"username": name, "email": email})
        assert re.fullmatch(r"/ticket/[\w-]{43}", answer.headers["location"])
        page = await open_browser().get(answer.headers["location"])
        seen.append((answer.status_code, len(answer.headers["location"]), page.status_code))
    assert len(set(seen)) == 1


async def test_a2_confirmations_and_errors_of_oauth_tell_nothing(world: World) -> None:
    alice = await member(world)
    carol = await world.person("carol", confirmed=False)
    answers = set()
    for email in ("alice@mail.example", "nobody@mail.example"):
        answer = await carol.post(CONFIRMATIONS, {"email": email})
        answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    told = set()
    for name in ("alice", "nobody"):
        form = {"grant_type": "password", "username": name, "password": "x" * 9, "client_id": "x", "client_secret": "y"}
        answer = await world.client.post("/oauth/token", data=form)
        told.add((answer.status_code, answer.text))
    assert len(told) == 1
    assert alice.handle == "alice"


async def test_a2_asking_for_handles_is_limited(world: World, stranger: Browser) -> None:
    await member(world)
    world.services.limits = RateLimits(enabled=True)
    statuses = [
        (await stranger.post("/sign-up", {"username": "alice", "email": f"{i}@mail.example", "password": PASSWORD})).status_code
        for i in range(70)
    ]  # fmt: skip
    assert statuses[0] == 422
    assert statuses[-1] == 429


# ── A3: floods of letters ──


async def test_a3_an_address_gets_five_letters_an_hour_however_and_from_wherever_they_are_asked_for(
    world: World,
) -> None:
    await member(world)
    forms = ("/forgot", "/forgot/", "//forgot", "/%66orgot", "/forgot.json", "/FORGOT")
    for number in range(18):
        async with coming_from(world, f"203.0.113.{number}") as browser:
            email = ("alice@mail.example", " Alice@Mail.example", "ALICE@MAIL.EXAMPLE")[number % 3]
            await browser.post(forms[number % len(forms)], {"email": email})
        if number % 3 == 0:
            await world.settle()  # what waits is not what keeps them few
    assert len(await letters_to(world, "alice@mail.example")) == one_time.MOST_AN_HOUR
    for number in range(12):  # nor do they pile up
        async with coming_from(world, f"198.51.100.{number}") as browser:
            await browser.post("/forgot", {"email": "alice@mail.example"})
    kept = "SELECT count(*) FROM job WHERE kind = $1"
    assert await world.services.db.pool.fetchval(kept, accounts.RESET_JOB) == 1


async def test_a3_confirmations_are_as_few_by_each_way(world: World, open_browser: Callable[[], Browser]) -> None:
    carol = await world.person("carol", confirmed=False)
    carols = await open_browser().sign_in(carol)
    for number in range(8):
        await carols.post("/settings/account/confirmation")
        await world.settle()
        await carol.post(CONFIRMATIONS, **{"X-Forwarded-For": f"192.0.2.{number}"})
        await world.settle()
    assert len(await letters_to(world, "carol@mail.example")) == one_time.MOST_AN_HOUR


async def test_a3_one_network_asks_for_few_letters_whomever_they_are_for(world: World, stranger: Browser) -> None:
    world.services.limits = RateLimits(enabled=True)
    statuses = [
        (await stranger.post("/forgot", {"email": f"n{number}@mail.example"})).status_code
        for number in range(MAILS.most + 1)
    ]
    assert statuses == [200] * MAILS.most + [429]


# ── A4: other ways to write the same address ──


async def test_a4_however_the_path_is_written_tries_are_counted_together(world: World, stranger: Browser) -> None:
    world.services.limits = RateLimits(enabled=True)
    token = await stranger.token()
    forms = ("/sign-in", "/sign-in/", "//sign-in", "/%73ign-in", "/sign%2din", "/sign-in?x=1", "/./sign-in")
    reached = 0
    for number in range(40):
        fields = {"form_token": token, "login": f"nobody{number}", "password": "x" * 9}
        headers = {"Origin": ORIGIN, "X-Forwarded-For": f"1.2.3.{number}", "Forwarded": f"for=1.2.3.{number}"}
        answer = await stranger.client.post(forms[number % len(forms)], data=fields, headers=headers)
        assert answer.status_code in (404, 405, 422, 429), answer.status_code
        reached += answer.status_code == 422
    assert reached == SIGN_INS.most
    for form in ("/sign-in.json", "/SIGN-IN", "/sign_in", "/auth/sign_in.json"):
        fields = {"form_token": token, "login": "nobody", "password": "x" * 9}
        answer = await stranger.client.post(form, data=fields, headers={"Origin": ORIGIN})
        assert answer.status_code in (404, 405), form


# ── A5: links to somebody else's host ──


async def test_a5_links_start_with_the_address_of_the_settings_whatever_a_request_says(world: World) -> None:
    await member(world)
    async with coming_from(world, "203.0.113.9") as browser:
        evil = {"X-Forwarded-Host": "evil.example", "X-Original-Host": "evil.example", "Forwarded": "host=evil.example"}
        assert (await browser.post("/forgot", {"email": "alice@mail.example"}, headers=evil)).status_code == 200
        token = await browser.token()
        refused = await browser.client.post(
            "/forgot",
            data={"form_token": token, "email": "alice@mail.example"},
            headers={"Host": "evil.example", "Origin": "http://evil.example"},
        )
        assert refused.status_code in (400, 421)
    [letter] = await letters_to(world, "alice@mail.example")
    assert link_in(letter).startswith(f"{ORIGIN}/")
    assert "evil" not in letter.text
    await line_of(world.services, "wim")
    await let_in(world.services, 1)
    [call] = await letters_to(world, "wim@mail.example")
    assert f"{ORIGIN}/ticket/" in call.text


# ── A6: links that are used again ──


async def test_a6_of_many_uses_of_a_link_at_once_one_succeeds(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    await member(world)
    await accounts.ask_reset(world.services, email="alice@mail.example")
    [letter] = await letters_to(world, "alice@mail.example")
    page = await open_browser().get(link_in(letter))
    fields = {"token": hidden(page.text, "token")}
    browsers = [open_browser() for _ in range(6)]
    tries = [one.post("/reset-password", fields | {"password": f"new password {i}"}) for i, one in enumerate(browsers)]
    assert sorted(one.status_code for one in await asyncio.gather(*tries)) == [303, 422, 422, 422, 422, 422]
    later = await open_browser().post("/reset-password", fields | {"password": OTHER})
    assert later.status_code == 422
    assert "This link no longer works" in later.text


async def test_a6_a_link_is_for_one_account_one_purpose_one_hour_and_stored_as_a_hash(world: World) -> None:
    alice = await member(world)
    async with world.services.db.transaction() as tx:
        token = await one_time.issue(tx, Purpose.RESET_PASSWORD, account_id=alice.id, now=utc_now())
        stale = await one_time.issue(
            tx, Purpose.RESET_PASSWORD, account_id=alice.id, now=utc_now() - one_time.LIFETIME[Purpose.RESET_PASSWORD]
        )
    assert one_time.LIFETIME[Purpose.RESET_PASSWORD].total_seconds() <= 3600
    rows = await world.services.db.pool.fetch("SELECT t::text AS row FROM one_time_token t")
    assert all(token not in one["row"] for one in rows)
    async with world.services.db.transaction() as tx:
        for wrong in (Purpose.CONFIRM_EMAIL, Purpose.BECOME_OWNER):
            with pytest.raises(Invalid):
                await one_time.use(tx, wrong, token, now=utc_now())
    with pytest.raises(Invalid):
        await accounts.reset_password(world.services, token=stale, password=OTHER, now=utc_now())
    await accounts.change_password(world.services, alice.id, current=PASSWORD, password=OTHER, now=utc_now())
    with pytest.raises(Invalid):  # the password has been changed since
        await accounts.reset_password(world.services, token=token, password=OTHER, now=utc_now())


async def test_a6_a_ticket_makes_one_account(world: World, open_browser: Callable[[], Browser]) -> None:
    [ticket] = await line_of(world.services, "wim")
    await let_in(world.services, 1)
    path = admission.rules.path_of(ticket)
    answers = await asyncio.gather(*(open_browser().post(path, {"password": f"{PASSWORD} {i}"}) for i in range(5)))
    assert sorted(one.status_code for one in answers) == [303, 409, 409, 409, 409]
    assert await world.services.db.pool.fetchval("SELECT count(*) FROM account WHERE handle = 'wim'") == 1


# ── A7: sessions that were planted ──


async def test_a7_a_session_that_was_there_before_is_dead_after_signing_in(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    await member(world)
    mallory = await open_browser().sign_in(await member(world, "mallory"))
    name = session_cookie(world.services.settings)
    planted = mallory.client.cookies[name]
    victim = open_browser()
    for value in (planted, "a value that mallory made up"):
        victim.client.cookies.clear()
        victim.client.cookies.set(name, value, domain="parvis.test")
        token = await victim.token("/settings/appearance" if value == planted else "/sign-in")
        answer = await victim.client.post(
            "/sign-in", data={"form_token": token, "login": "alice", "password": PASSWORD}, headers={"Origin": ORIGIN}
        )
        assert answer.status_code == 303, answer.text
        fresh = re.search(rf"{name}=([^;]+)", answer.headers["set-cookie"])
        assert fresh is not None
        assert fresh.group(1) not in (planted, value)
        assert (await mallory.get("/home")).status_code == 303
    assert form_cookie(world.services.settings) != name


async def test_a7_a_session_has_a_new_key_after_a_gain_of_rights(
    world: World, open_browser: Callable[[], Browser]
) -> None:
    alice = await member(world)
    browser = await open_browser().sign_in(alice)
    name = session_cookie(world.services.settings)
    old = browser.client.cookies[name]
    answer = await browser.post("/prove", {"current_password": PASSWORD, "return_to": "/settings/security"})
    assert answer.status_code == 303
    thief = open_browser()
    thief.client.cookies.set(name, old, domain="parvis.test")
    assert (await thief.get("/home")).status_code == 303


# ── A8: what was stolen before ──


@pytest.mark.parametrize("what", ["password", "suspended", "deleted"])
async def test_a8_sessions_tokens_push_and_streams_end_with_what_made_them(
    world: World, open_browser: Callable[[], Browser], what: str
) -> None:
    alice = await member(world)
    stolen = await open_browser().sign_in(alice)
    assert (await stolen.get("/home")).status_code == 200
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    await socket.ask(type="subscribe", stream="user")
    if what == "password":
        await accounts.change_password(world.services, alice.id, current=PASSWORD, password=OTHER, now=utc_now())
    else:
        state = 2 if what == "suspended" else 3
        await world.services.db.pool.execute("UPDATE account SET state = $2 WHERE id = $1", alice.id, state)
    assert await socket.closed(within_s=5) == 1008  # even if no news of it came
    await socket.end()
    await world.settle()
    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code in (401, 403)
    assert (await alice.get("/api/v1/push/subscription")).status_code in (401, 403)
    page = await stolen.get("/home")
    assert page.status_code in (303, 403)
    assert (await stolen.post("/compose", {"text": "Not me"})).status_code in (303, 403)
    assert "Not me" not in (await open_browser().get("/public")).text


# ── A9: accounts linked by an address that nobody proved ──


async def test_a9_no_other_service_signs_anybody_in(world: World) -> None:
    paths = {path for one in [*web.route_handlers(), *console.route_handlers(), *api.handlers()] for path in one.paths}
    assert len(paths) > 100
    assert not [
        one for one in paths if re.search(r"saml|openid-connect/callback|oidc|sso|omniauth|auth/\w+/callback", one)
    ]


async def test_a9_an_address_that_was_not_proved_links_nothing(world: World) -> None:
    alice = await member(world)
    mallory = await accounts.sign_up(
        world.services, handle="mallory", email="ALICE@mail.example", password=OTHER, now=utc_now()
    )
    with pytest.raises(Invalid):
        await accounts.sign_in(world.services, login="alice@mail.example", password=OTHER, now=utc_now())
    ticket = await accounts.sign_in(world.services, login="alice@mail.example", password=PASSWORD, now=utc_now())
    assert ticket.account_id == alice.id
    letters = await letters_to(world, "alice@mail.example")
    assert len(letters) == 1
    assert "already" in letters[0].subject
    async with world.services.db.connection() as db:
        assert (await accounts.login_of(db, mallory)).confirmed_at is None


# ── A10: names that look like others ──


@pytest.mark.parametrize(
    "handle",
    ["аdmin", "adm\u200bin", "alice\u202e", "al\u0456ce", "ali ce", "ali\u00adce", "alíce", "αlice", "@", "a" * 31],
)
async def test_a10_a_handle_that_could_deceive_is_refused(world: World, stranger: Browser, handle: str) -> None:
    answer = await stranger.post("/sign-up", {"username": handle, "email": "m@mail.example", "password": PASSWORD})
    assert answer.status_code == 422


async def test_a10_one_name_is_one_account_however_it_is_written(world: World, stranger: Browser) -> None:
    await member(world)
    for form in ("Alice", "ALICE", "ａｌｉｃｅ", "𝐚𝐥𝐢𝐜𝐞", " alice "):
        answer = await stranger.post("/sign-up", {"username": form, "email": "m@mail.example", "password": PASSWORD})
        assert answer.status_code == 422, form
        assert "Somebody has that name already." in answer.text
    for name in ("admin", "root", "Moderator", "support", "ａｄｍｉｎ"):
        answer = await stranger.post("/sign-up", {"username": name, "email": "m@mail.example", "password": PASSWORD})
        assert answer.status_code == 422, name
    with pytest.raises(InvalidFields):
        admission.rules.checked(application("аdmin"))


async def test_a10_a_display_name_is_cleaned_isolated_and_draws_no_badge(
    world: World, alices: Browser, stranger: Browser
) -> None:
    await alices.post("/settings/profile", {"display_name": "Ali\u202ece\u200b\u2066 ✔️ verified", "note": ""})
    page = (await stranger.get("/@alice")).text
    for hidden_one in ("\u202e", "\u200b", "\u2066"):
        assert hidden_one not in page
    assert re.search(r"<bdi[^>]*>Alice ✔️? verified</bdi>", page)
