"""Group I of the security cases: requests that are two things at once, answers that carry more than they should."""

from __future__ import annotations

import re
import socket

import pytest

from parvis import api
from parvis.api.routing import ENDPOINTS
from tests.api.test_walk import path_of as filled
from tests.rig.people import Person, decoded
from tests.rig.server import Server
from tests.rig.streams import knock
from tests.rig.world import World
from tests.web.conftest import Browser

api.handlers()


# ── I1, I2: answers for one are kept by nobody ──


@pytest.mark.parametrize(
    "path", ["/settings/x.css", "/home/a.css", "/settings/account/logo.png", "/home;a.css", "/home%2fa.css"]
)
async def test_i1_a_page_of_ones_own_has_no_second_address_that_looks_like_a_file(alices: Browser, path: str) -> None:
    answer = await alices.get(path)
    assert answer.status_code == 404
    assert "public" not in answer.headers.get("cache-control", "")


async def test_i1_what_a_request_says_of_its_host_changes_no_answer(world: World, stranger: Browser) -> None:
    usual = await stranger.get("/public")
    odd = await stranger.get(
        "/public", **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Scheme": "nothttps", "X-Original-URL": "/home"}
    )
    assert "evil.example" not in odd.text
    assert odd.status_code == usual.status_code


async def test_i2_an_answer_to_a_token_may_be_kept_by_nobody_or_says_that_it_depends_on_it(
    world: World, alice: Person
) -> None:
    post = await alice.says("Hello")
    for one in ENDPOINTS:
        if one.method != "GET" or one.path.startswith("/.well-known") or one.path.startswith("/nodeinfo"):
            continue
        answer = await world.client.get(filled(one, str(post)), headers=alice.headers)
        control = answer.headers.get("cache-control", "")
        if "public" in control or "s-maxage" in control:
            assert one.policy.audience == "public", one.path
            assert one.policy.shared_s or "Authorization" in answer.headers.get("vary", ""), one.path
        assert "set-cookie" not in answer.headers, one.path


# ── I3: where one request ends and the next begins ──


def told(server: Server, raw: bytes) -> bytes:
    """All that the server says to these bytes until it falls silent or hangs up."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=3) as line:
        line.sendall(raw)
        heard = b""
        try:
            while more := line.recv(65536):
                heard += more
        except TimeoutError:
            pass
        return heard


HIDDEN = b"GET /hidden-request HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("CL.TE", b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (len(HIDDEN) + 5)),
        ("CL.CL", b"Content-Length: 5\r\nContent-Length: %d\r\n" % (len(HIDDEN) + 5)),
        ("TE.TE", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        ("odd TE", b"Transfer-Encoding: xchunked\r\n"),
        ("space before the colon", b"Transfer-Encoding : chunked\r\n"),
        ("folded", b"X-One: a\r\n Transfer-Encoding: chunked\r\n"),
        ("negative", b"Content-Length: -1\r\n"),
        ("plus", b"Content-Length: +5\r\n"),
    ],
)
def test_i3_no_second_request_hides_in_the_body_of_a_first(server: Server, name: str, head: bytes) -> None:
    raw = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n0\r\n\r\n%s" % (server.port, head, HIDDEN)
    heard = told(server, raw)
    answers = re.findall(rb"HTTP/1\.1 (\d{3})", heard)
    refused_or_one = not answers or answers[0].startswith(b"4")
    assert refused_or_one, (name, heard[:300])
    # Where two readings are possible the connection must not go on to a second request.
    if name in ("CL.TE", "CL.CL", "TE.TE", "odd TE", "space before the colon", "negative", "plus"):
        assert len(answers) <= 1, (name, heard[:600])


@pytest.mark.long
@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_i3_a_bare_end_of_line_begins_no_header(server: Server, end: bytes) -> None:
    raw = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-One: a%sHost: evil.example\r\n\r\n" % (
        server.port,
        end,
    )
    heard = told(server, raw)
    assert b"evil.example" not in heard
    assert heard == b"" or heard.split(b" ")[1][:1] in (b"2", b"4")


# ── I4: a header is one line ──


async def test_i4_nothing_that_is_sent_becomes_a_header_of_an_answer(
    world: World, alices: Browser, alice: Person
) -> None:
    evil = "x\r\nSet-Cookie: stolen=1\r\n\r\n<script>"
    answers = [
        await alices.get("/sign-in?return_to=/home%0d%0aSet-Cookie:%20stolen=1"),
        await alices.get("/invite/a%0d%0aSet-Cookie:%20stolen=1"),
        await alices.post("/settings/appearance", {"theme": "dark", "return_to": evil}),
        await alice.get("/api/v1/timelines/home", limit=1, **{"x\r\nSet-Cookie: stolen=1": evil}),
        await world.client.post(
            "/api/v2/media",
            files={"file": ('a"\r\nSet-Cookie: stolen=1.png', b"no picture")},
            headers=alice.headers,
        ),
    ]
    for _ in range(3):
        await alice.says("Hello")
    answers.append(await alice.get("/api/v1/timelines/home", limit=1, **{"q\r\nX-Evil": evil}))
    assert "link" in answers[-1].headers
    for answer in answers:
        assert answer.status_code < 500
        assert "x-evil" not in answer.headers
        assert not any(
            "stolen" in one and not one.startswith("return") for one in answer.headers.get_list("set-cookie")
        )
        assert all("\r" not in value and "\n" not in value for value in answer.headers.values())


# ── I5: other sites act for nobody ──


async def test_i5_a_cookie_opens_nothing_of_the_interface_and_reading_changes_nothing(
    alices: Browser, world: World
) -> None:
    answer = await alices.client.post("/api/v1/statuses", json={"status": "By cookie"})
    assert answer.status_code == 401
    plain = await alices.client.post(
        "/api/v1/statuses", content='{"status": "x"}', headers={"Content-Type": "text/plain"}
    )
    assert plain.status_code == 401
    crossing = await world.client.options("/api/v1/statuses", headers={"Origin": "https://evil.example"})
    assert crossing.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in crossing.headers
    assert not [one.path for one in ENDPOINTS if one.method == "GET" and one.writes]


async def test_i5_a_socket_from_another_site_needs_a_token_like_any_other(world: World, alices: Browser) -> None:
    cookie = "; ".join(f"{one.name}={one.value}" for one in alices.client.cookies.jar)
    socket_, message = await knock(world, cookie=cookie, origin="https://evil.example")
    assert message["type"] != "websocket.accept"
    await socket_.end()


# ── I7: identifiers are values ──


@pytest.mark.parametrize(
    "evil", ["'", "1; DROP TABLE post --", "*", ">", "posts.>", "../../secrets", ")(uid=*", "$1", "\\", "%00"]
)
async def test_i7_an_identifier_is_a_value_whatever_it_says(
    world: World, alice: Person, stranger: Browser, evil: str
) -> None:
    post = await alice.says("Hello #bread")
    paths = [
        f"/api/v1/statuses/{evil}", f"/api/v1/accounts/{evil}", f"/api/v1/timelines/tag/{evil}",
        f"/api/v1/lists/{evil}", f"/api/v2/notifications/{evil}", f"/api/v1/tags/{evil}", f"/api/v1/media/{evil}",
    ]  # fmt: skip
    for path in paths:
        answer = await world.client.get(path, headers=alice.headers)
        assert answer.status_code < 500, (path, answer.text)
    for query in ({"acct": evil}, {"q": evil}):
        assert (await alice.get("/api/v1/accounts/lookup", **query)).status_code in (400, 404, 422)
        assert (await alice.get("/api/v2/search", **query)).status_code < 500
    for page in (f"/media/{evil}", f"/@{evil}", f"/tags/{evil}", f"/static/{evil}"):
        assert (await stranger.get(page)).status_code in (200, 404)
    socket_, _ = await knock(world, authorization=f"Bearer {alice.token}")
    await socket_.ask(type="subscribe", stream="hashtag", tag=evil)
    await socket_.ask(type="subscribe", stream="list", list=evil)
    await socket_.say({"type": "websocket.disconnect", "code": 1000})
    await socket_.end()
    assert decoded(await alice.get(f"/api/v1/statuses/{post}"))["id"] == str(post)


# ── I8: what is for nobody outside ──


@pytest.mark.parametrize(
    "path",
    "/metrics /debug /debug/pprof /.env /.git/config /server-status /varz /connz /admin /phpinfo.php /actuator"
    " /schema /docs /swagger /console/metrics /__debug__ /health/details".split(),
)
async def test_i8_nothing_about_the_inside_is_served_outside(stranger: Browser, path: str) -> None:
    assert (await stranger.get(path)).status_code in (303, 404)


async def test_i8_a_failure_says_nothing_of_the_inside(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from parvis.domain import accounts

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret words in /a/secret/file.py")

    monkeypatch.setattr(accounts, "by_acct", broken, raising=False)
    monkeypatch.setattr(accounts, "viewer_of_token", broken)
    answer = await world.client.get("/api/v1/accounts/verify_credentials", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"]
