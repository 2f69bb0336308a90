"""Consent: an app asks, a person answers."""

from __future__ import annotations

from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from parvis.infra.html.headers import source_of
from tests.rig.people import Person
from tests.rig.world import World
from tests.web.conftest import Browser

OOB = "urn:ietf:wg:oauth:2.0:oob"
WEB = "https://app.example:8443/back?x=1"
OWN = "oauth2redirect://com.example.app/"


async def app_of(world: World, *uris: str, name: str = "Some <App>") -> dict[str, str]:
    answer = await world.client.post(
        "/api/v1/apps",
        data={"client_name": name, "redirect_uris": "\n".join(uris), "scopes": "read write:statuses follow"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def asked(app: dict[str, str], uri: str, **more: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": uri,
        "scope": "read write:statuses",
        **more,
    }


async def test_the_consent_page_says_what_is_asked(world: World, alices: Browser) -> None:
    app = await app_of(world, WEB)
    page = await alices.get("/oauth/authorize?" + urlencode(asked(app, WEB)))
    assert page.status_code == 200
    assert "Allow Some &lt;App&gt;?" in page.text
    assert "Your timelines, notifications, lists and settings." in page.text
    assert "(statuses)" in page.text
    assert "Follow, mute and block for you." not in page.text
    assert "https://app.example:8443" in unescape(page.text)
    assert "form-action 'self' https://app.example:8443;" in page.headers["content-security-policy"]
    assert "form-action 'self';" in (await alices.get("/home")).headers["content-security-policy"]
    assert (await alices.get("/oauth/authorize/?" + urlencode(asked(app, WEB)))).status_code == 200


async def test_allowing_sends_a_code_to_the_app(world: World, alices: Browser) -> None:
    app = await app_of(world, WEB, OWN)
    for uri in (WEB, OWN):
        answer = await alices.post("/oauth/authorize", asked(app, uri, state="a b&c") | {"answer": "allow"})
        assert answer.status_code == 303
        target = answer.headers["location"]
        assert target.startswith(uri)
        query = parse_qs(urlsplit(target).query)
        assert query["state"] == ["a b&c"]
        token = await world.client.post(
            "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
                "redirect_uri": uri,
                "code": query["code"][0],
            },
        )
        assert token.status_code == 200, token.text
        assert set(token.json()["scope"].split()) == {"read", "write:statuses"}


async def test_refusing_tells_the_app(world: World, alices: Browser) -> None:
    app = await app_of(world, WEB)
    answer = await alices.post("/oauth/authorize", asked(app, WEB, state="s") | {"answer": "deny"})
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["error"] == ["access_denied"]
    assert query["state"] == ["s"]
    assert "code" not in query


async def test_a_code_can_be_copied_by_hand(world: World, alices: Browser) -> None:
    app = await app_of(world, OOB)
    page = await alices.get("/oauth/authorize?" + urlencode(asked(app, OOB)))
    assert "form-action 'self';" in page.headers["content-security-policy"]
    answer = await alices.post("/oauth/authorize", asked(app, OOB) | {"answer": "allow"})
    assert answer.headers["location"].startswith("/oauth/authorize/native?code=")
    shown = await alices.get(answer.headers["location"])
    assert '<code class="code">' in shown.text


async def test_strangers_sign_in_and_come_back(world: World, stranger: Browser) -> None:
    app = await app_of(world, WEB)
    path = "/oauth/authorize?" + urlencode(asked(app, WEB, state="x y"))
    answer = await stranger.get(path)
    assert answer.status_code == 303
    back = parse_qs(urlsplit(answer.headers["location"]).query)["return_to"][0]
    assert parse_qs(urlsplit(back).query) == parse_qs(urlsplit(path).query)
    form = await stranger.get(answer.headers["location"])
    assert 'name="return_to"' in form.text
    assert (await stranger.post("/oauth/authorize", asked(app, WEB) | {"answer": "allow"})).headers[
        "location"
    ] == "/sign-in"


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        WEB + "&y=2",
        WEB + "#x",
        "https://user@app.example:8443/back?x=1",
        "javascript:alert(1)",
        "",
    ],
)
async def test_b1_an_address_that_is_not_the_apps_own_leads_nowhere(world: World, alices: Browser, uri: str) -> None:
    app = await app_of(world, WEB)
    for answer in (
        await alices.get("/oauth/authorize?" + urlencode(asked(app, uri))),
        await alices.post("/oauth/authorize", asked(app, uri) | {"answer": "allow"}),
        await alices.get("/oauth/authorize?" + urlencode(asked(app, WEB) | {"client_id": "unknown"})),
    ):
        assert answer.status_code == 400
        assert "location" not in answer.headers
        assert "This app asks wrongly" in answer.text


async def test_other_mistakes_are_told_to_the_app(world: World, alices: Browser) -> None:
    app = await app_of(world, WEB)
    for change, code in (
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "admin:read"}, "invalid_scope"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
    ):
        answer = await alices.get("/oauth/authorize?" + urlencode(asked(app, WEB) | change))
        assert answer.status_code == 303
        assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [code]


async def test_b7_consent_needs_a_form_of_ours(world: World, alices: Browser, alice: Person) -> None:
    app = await app_of(world, WEB)
    forged = await alices.client.post(
        "/oauth/authorize", data=asked(app, WEB) | {"answer": "allow"}, headers={"Origin": "https://app.example:8443"}
    )
    assert forged.status_code == 403


def test_b7_a_policy_cannot_be_widened_by_an_odd_address() -> None:
    assert source_of("https://app.example/x") == "https://app.example"
    assert source_of("https://app.example; script-src *") == "https:"
    assert source_of("http://[::1]:8080/x") == "http:"
    assert source_of("https://user@app.example/x") == "https://app.example"
    assert source_of("com.example.app:/back") == "com.example.app:"
    assert source_of("https://bücher.example/") == "https:"
