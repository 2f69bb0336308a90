"""Every page, walked: it says who may come in, keeps strangers and forged forms out, and sends the headers it should."""

from __future__ import annotations

import re

from parvis import console, web
from parvis.console import routing as operators
from parvis.infra.html.door import Declared
from parvis.web import routing
from tests.rig.world import ORIGIN, World
from tests.web.conftest import Browser

web.route_handlers()
console.route_handlers()
PAGES: list[Declared] = [*routing.door.pages, *operators.door.pages]
READING = [one for one in PAGES if one.method == "GET"]
WRITING = [one for one in PAGES if one.method == "POST"]


def path_of(one: Declared, value: str = "1") -> str:
    return re.sub(r"\{at:str\}", "@alice", re.sub(r"\{(?!at)\w+:str\}", value, one.path))


def test_every_handler_has_a_policy() -> None:
    for handler in [*web.route_handlers(), *console.route_handlers()]:
        assert "policy" in handler.opt, handler


def test_no_two_pages_claim_the_same_place() -> None:
    places = [(one.method, one.path) for one in PAGES]
    assert len(places) == len(set(places))


def test_pages_that_write_are_for_somebody_or_are_known_to_be_public() -> None:
    public = {one.path for one in WRITING if one.policy.audience == "public"}
    ticket = "/ticket/{ticket:str}"
    assert public == {
        "/sign-up", "/sign-in", "/sign-in/passkey",
        "/sign-in/code", "/sign-out", "/forgot", "/confirm", "/reset-password", "/setup/{token:str}",
        ticket, f"{ticket}/password", f"{ticket}/back", f"{ticket}/letter", f"{ticket}/address", f"{ticket}/withdraw",
        f"{ticket}/follow", f"{ticket}/unfollow", f"{ticket}/push", f"{ticket}/push/end",
    }  # fmt: skip


async def test_strangers_are_led_to_sign_in(stranger: Browser) -> None:
    token = await stranger.token()
    for one in PAGES:
        if one.policy.audience == "public":
            continue
        path = path_of(one)
        if one.method == "GET":
            answer = await stranger.get(path)
        else:
            answer = await stranger.client.request(
                one.method, path, data={"form_token": token}, headers={"Origin": ORIGIN}
            )
        assert answer.status_code == 303, (one.path, answer.status_code)
        assert answer.headers["location"].startswith("/sign-in"), one.path


async def test_e7_every_page_sends_the_headers_that_protect_it(alices: Browser, stranger: Browser) -> None:
    for browser in (alices, stranger):
        for one in READING:
            answer = await browser.get(path_of(one))
            assert answer.status_code < 500, one.path
            if not answer.headers.get("content-type", "").startswith("text/html"):
                assert answer.status_code == 303, (one.path, answer.status_code)
                continue
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert "base-uri 'none'" in policy
            assert "unsafe" not in policy
            assert "http" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["cross-origin-opener-policy"] == "same-origin"
            assert "permissions-policy" in answer.headers
            if browser is alices:
                assert answer.headers["cache-control"] == "private, no-store", one.path


async def test_e7_no_page_holds_inline_script_or_style(alices: Browser, world: World) -> None:
    await world.people["alice"].says("Something #here for @alice")
    for one in READING:
        text = (await alices.get(path_of(one))).text
        assert not re.search(r'<script(?! type="application/ld\+json">)(?![^>]*\bsrc=)', text), one.path
        assert not re.search(r"<style\b", text), one.path
        assert not re.search(r"<[^>]+\s(style|on\w+)=", text), one.path


async def test_i1_pages_that_no_stranger_sees_are_not_cached(alices: Browser, stranger: Browser) -> None:
    assert (await alices.get("/public")).headers["cache-control"] == "private, no-store"
    public = await stranger.get("/public")
    assert public.headers["cache-control"].startswith("public")
    assert "set-cookie" not in public.headers
    assert "Cookie" in public.headers["vary"]
    form = await stranger.get("/sign-in")  # it carries a token of this one visitor
    assert form.headers["cache-control"] == "private, no-store"


async def test_i5_forms_from_elsewhere_are_refused(alices: Browser) -> None:
    token = await alices.token()
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/page"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
    ):
        for one in WRITING:
            answer = await alices.client.post(path_of(one), data={"form_token": token}, headers=headers)
            assert answer.status_code == 403, (one.path, headers, answer.status_code)


async def test_i5_forms_without_their_token_are_refused(alices: Browser, bobs: Browser) -> None:
    foreign = await bobs.token("/settings/appearance")
    for token in ("", "x", "ü" * 48, foreign):
        for one in WRITING:
            fields = {"form_token": token} if token else {}
            answer = await alices.client.post(path_of(one), data=fields, headers={"Origin": ORIGIN})
            expected = 404 if one.policy.audience in ("moderator", "owner") else 403
            assert answer.status_code == expected, (one.path, token, answer.status_code)


async def test_no_page_falls_over_bad_input(alices: Browser, world: World) -> None:
    await world.people["alice"].says("Something to stumble over")
    bad = ("1", "0", "-1", "99999999999999999999", "x", "%00", "%F0%9F%98%80", "..%2F..", "@", "'", "\u202e")
    for one in PAGES:
        for value in bad:
            path = path_of(one, value)
            query = f"{path}?before={value}&after={value}&q={value}&text={value}&in_reply_to={value}&only={value}"
            if one.method == "GET":
                answer = await alices.get(query)
            else:
                answer = await alices.post(
                    path, {"text": value, "media_ids": value, "visibility": value, "last": value}
                )
            assert answer.status_code < 500, (one.method, path, value, answer.status_code)


async def test_a_form_that_is_too_large_is_refused(alices: Browser) -> None:
    answer = await alices.post("/settings/appearance", {"theme": "x" * 1_200_000})
    assert answer.status_code == 413


async def test_an_unknown_address_is_a_page_that_says_so(stranger: Browser, alices: Browser) -> None:
    for path in (
        "/nothing/at/all/here",
        "/nobody",
        "/@nobody",
        "/@nobody/1",
        "/posts/1",
        "/media/none",
        "/static/none",
    ):
        for browser in (stranger, alices):
            answer = await browser.get(path)
            assert answer.status_code == 404, path
            assert "There is nothing here" in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
