"""The second step at sign-in, recovery codes, fresh proofs."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Callable
from datetime import timedelta

from pyotp.totp import TOTP

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid
from parvis.domain import accounts
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser

PASSWORD = "correct horse"
APP = "/settings/security/app"


async def set_up(world: World, browser: Browser, person: Person) -> tuple[TOTP, list[str]]:
    """The person has a password and, set up in that browser, a second factor; the code of now is used up."""
    await accounts.set_password(world.services, person.id, password=PASSWORD, now=utc_now())
    await browser.sign_in(person)
    assert (await browser.post(APP)).headers["location"] == APP
    found = re.search(r'<code class="key">(\w+)</code>', (await browser.get(APP)).text)
    assert found
    totp = TOTP(found.group(1))
    shown = await browser.post(f"{APP}/confirm", {"code": totp.now()})
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code></li>", html.unescape(shown.text))
    assert len(codes) == 10
    return totp, codes


async def password_step(browser: Browser) -> None:
    answer = await browser.post("/sign-in", {"login": "alice", "password": PASSWORD})
    assert answer.headers["location"] == "/sign-in/code"


def later_code(totp: TOTP) -> str:
    """The code of the next half minute: it is taken already, and was not used."""
    return totp.at(utc_now() + timedelta(seconds=30))


async def test_the_password_alone_opens_nothing(
    world: World, alices: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    totp, _ = await set_up(world, alices, alice)
    other = open_browser()
    await password_step(other)
    assert (await other.get("/home")).status_code == 303
    assert (await other.post("/sign-in/code", {"code": "000000x"})).status_code == 422
    code = later_code(totp)
    assert (await other.post("/sign-in/code", {"code": code})).headers["location"] == "/home"
    assert (await other.get("/home")).status_code == 200
    again = open_browser()
    await password_step(again)
    assert (await again.post("/sign-in/code", {"code": code})).status_code == 422  # each works once


async def test_a_recovery_code_works_once_however_it_is_written(
    world: World, alices: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    _, codes = await set_up(world, alices, alice)
    async with world.services.db.connection() as db:
        stored = await db.fetch("SELECT code_hash FROM recovery_code")
    assert len(stored) == 10
    assert all(codes[0].encode() not in row["code_hash"] for row in stored)
    tries = [open_browser() for _ in range(2)]
    for one in tries:
        await password_step(one)
    shouted = codes[0].upper().replace("-", " ")
    answers = await asyncio.gather(*(one.post("/sign-in/code", {"code": shouted}) for one in tries))
    assert sorted(answer.status_code for answer in answers) == [303, 422]


async def test_guessing_ends_after_ten_wrong_codes(world: World, alices: Browser, alice: Person) -> None:
    _, codes = await set_up(world, alices, alice)

    async def tried(code: str, minutes: int) -> bool:
        async with world.services.db.transaction() as tx:
            half = await accounts.open_half(tx, alice.id, now=utc_now() + timedelta(minutes=minutes))
        try:
            await accounts.finish_sign_in(
                world.services, half, code=code, now=utc_now() + timedelta(minutes=minutes, seconds=1)
            )
        except Invalid:
            return False
        return True

    wrong = await asyncio.gather(*(tried("nothing like it", 0) for _ in range(10)))
    assert not any(wrong)
    assert not await tried(codes[1], 0)
    assert await tried(codes[1], 61)


async def test_case_a8_a_second_factor_signs_everything_else_out(
    world: World, alices: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    async def signed_in_elsewhere() -> Browser:
        return await open_browser().sign_in(alice)

    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code == 200
    await accounts.set_password(world.services, alice.id, password=PASSWORD, now=utc_now())
    other = await signed_in_elsewhere()
    await alices.sign_in(alice)
    await alices.post(APP)
    key = re.search(r'<code class="key">(\w+)</code>', (await alices.get(APP)).text)
    assert key
    await alices.post(f"{APP}/confirm", {"code": TOTP(key.group(1)).now()})
    assert (await other.get("/home")).status_code == 303
    assert (await alice.get("/api/v1/accounts/verify_credentials")).status_code == 401
    assert (await alices.get("/home")).status_code == 200
    other = await signed_in_elsewhere()
    half = open_browser()
    await password_step(half)
    assert (await alices.post(f"{APP}/remove")).status_code == 303
    assert (await other.get("/home")).status_code == 303
    assert (await half.get("/sign-in/code")).headers["location"] == "/sign-in"


async def test_an_old_session_proves_itself_first(
    world: World, alices: Browser, alice: Person, open_browser: Callable[[], Browser]
) -> None:
    totp, codes = await set_up(world, alices, alice)
    async with world.services.db.transaction() as tx:
        await tx.execute("UPDATE session SET proved_at = proved_at - interval '11 minutes'")
    for path in (f"{APP}/remove", "/settings/security/codes"):
        assert (await alices.post(path)).headers["location"] == "/prove?return_to=%2Fsettings%2Fsecurity"
    for fields in ({"current_password": PASSWORD}, {"current_password": "wrong", "code": codes[0]}):
        assert (await alices.post("/prove", fields)).status_code == 422
    before = dict(alices.client.cookies)
    proof = {"current_password": PASSWORD, "code": later_code(totp), "return_to": "/settings/security"}
    assert (await alices.post("/prove", proof)).headers["location"] == "/settings/security"
    assert dict(alices.client.cookies) != before
    assert (await alices.post("/settings/security/codes")).status_code == 200
