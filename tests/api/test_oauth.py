"""Apps, codes and tokens. Cases B1, B2, B4, B8 of the security list."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import Any

import httpx
import pytest

from parvis.base.clock import utc_now
from parvis.domain import accounts
from parvis.domain.accounts import OAuthProblem
from tests.rig.people import Person, decoded
from tests.rig.world import ORIGIN, World

CALLBACK = "https://app.example/callback?kept=1"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()

App = dict[str, Any]


async def registered(world: World, scopes: str = "read write follow push", **more: str) -> App:
    form = {"client_name": "Test app", "redirect_uris": CALLBACK, "scopes": scopes} | more
    return decoded(await world.client.post("/api/v1/apps", data=form))


async def code_for(
    world: World, app: App, person: Person, scope: str = "read", challenge: str | None = CHALLENGE
) -> str:
    """What the consent page does when the person agrees."""
    async with world.services.db.transaction() as tx:
        asked = await accounts.check_authorization(
            tx,
            client_id=app["client_id"],
            redirect_uri=CALLBACK,
            response_type="code",
            scope=scope,
            code_challenge=challenge,
            code_challenge_method="S256" if challenge else None,
        )
        return await accounts.grant_code(tx, person.id, authorization=asked, now=utc_now())


async def exchange(world: World, app: App, issued: str, **changes: str | None) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "code": issued,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    } | changes
    return await world.client.post("/oauth/token", data={k: v for k, v in form.items() if v is not None})


async def works(world: World, token: str) -> bool:
    answer = await world.client.get("/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200


async def test_an_app_is_registered_with_every_key(world: World) -> None:
    app = await registered(world, website="https://app.example")
    assert app["id"].isdigit()
    assert app["redirect_uris"] == [CALLBACK]
    assert app["redirect_uri"] == CALLBACK
    assert app["scopes"] == ["read", "write", "follow", "push"]
    assert app["client_secret_expires_at"] == 0
    assert len(base64.urlsafe_b64decode(app["vapid_key"] + "=")) == 65
    row = await world.services.db.pool.fetchrow("SELECT * FROM oauth_app")
    assert app["client_secret"] not in repr(dict(row))


async def test_redirect_addresses_come_as_lines_or_as_a_list(world: World) -> None:
    lines = await registered(world, redirect_uris="urn:ietf:wg:oauth:2.0:oob\nhttps://a.example/")
    listed = decoded(
        await world.client.post(
            "/api/v1/apps",
            json={"client_name": "x", "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob", "https://a.example/"]},
        )
    )
    assert lines["redirect_uris"] == listed["redirect_uris"]
    assert listed["scopes"] == ["read"]
    assert listed["website"] is None


@pytest.mark.parametrize(
    "form",
    [
        {"client_name": ""},
        {"client_name": "x" * 61},
        {"client_name": "\u200b\u202e"},
        {"redirect_uris": ""},
        {"redirect_uris": "javascript:alert(1)"},
        {"redirect_uris": "https://a.example/#x"},
        {"redirect_uris": "\n".join(f"https://a.example/{n}" for n in range(21))},
        {"scopes": "read everything"},
        {"website": "javascript:alert(1)"},
    ],
)
async def test_b8_an_app_that_could_deceive_is_not_registered(world: World, form: dict[str, str]) -> None:
    whole = {"client_name": "Test app", "redirect_uris": CALLBACK} | form
    answer = await world.client.post("/api/v1/apps", data=whole)
    assert answer.status_code == 422
    assert "error" in answer.json()


async def test_b8_a_name_of_ten_megabytes_is_not_read(world: World) -> None:
    answer = await world.client.post("/api/v1/apps", json={"client_name": "x" * 10_000_000, "redirect_uris": CALLBACK})
    assert answer.status_code == 413


async def test_b2_a_code_becomes_a_token_once_and_a_replay_revokes_it(world: World) -> None:
    alice, app = await world.person("alice"), await registered(world)
    code = await code_for(world, app, alice, "read write")
    answer = await exchange(world, app, code)
    token = decoded(answer)
    assert set(token) == {"access_token", "token_type", "scope", "created_at"}
    assert (token["token_type"], token["scope"]) == ("Bearer", "read write")
    assert isinstance(token["created_at"], int)
    assert "no-store" in answer.headers["cache-control"]
    assert await works(world, token["access_token"])
    replayed = await exchange(world, app, code)
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert "error_description" in replayed.json()
    assert not await works(world, token["access_token"])
    told = "SELECT count(*) FROM job WHERE kind = 'event' AND payload->>'event' = 'TokenRevoked'"
    assert await world.services.db.pool.fetchval(told) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"code": "nonsense"},
        {"code": None},
        {"redirect_uri": "https://app.example/callback"},
        {"redirect_uri": CALLBACK + "&more=1"},
        {"redirect_uri": None},
        {"code_verifier": None},
        {"code_verifier": ""},
        {"code_verifier": "w" * 64},
        {"code_verifier": CHALLENGE},
    ],
)
async def test_b2_a_code_is_refused_when_anything_about_it_is_wrong(
    world: World, change: dict[str, str | None]
) -> None:
    alice, app = await world.person("alice"), await registered(world)
    code = await code_for(world, app, alice)
    refused = await exchange(world, app, code, **change)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await exchange(world, app, code)).status_code == 200


async def test_b2_a_code_is_of_no_use_to_another_app(world: World) -> None:
    alice, app, other = await world.person("alice"), await registered(world), await registered(world)
    code = await code_for(world, app, alice)
    stolen = await exchange(world, other, code)
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    mixed = await exchange(world, app, code, client_secret=other["client_secret"])
    assert (mixed.status_code, mixed.json()["error"]) == (401, "invalid_client")
    assert (await exchange(world, app, code)).status_code == 200


async def test_b2_of_twenty_exchanges_at_once_one_succeeds(world: World) -> None:
    alice, app = await world.person("alice"), await registered(world)
    code = await code_for(world, app, alice)
    answers = await asyncio.gather(*(exchange(world, app, code) for _ in range(20)))
    assert sorted(one.status_code for one in answers) == [200] + [400] * 19


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/callback",
        CALLBACK + "#x",
        CALLBACK + "/",
        "https://app.example.evil.example/callback?kept=1",
        "https://app.example@evil.example/callback?kept=1",
        "HTTPS://app.example/callback?kept=1",
        "javascript:alert(1)",
        "",
    ],
)
async def test_b1_only_the_registered_address_is_ever_redirected_to(world: World, uri: str) -> None:
    app = await registered(world)
    async with world.services.db.connection() as db:
        with pytest.raises(OAuthProblem) as refused:
            await accounts.check_authorization(
                db, client_id=app["client_id"], redirect_uri=uri, response_type="code", scope="read"
            )
    assert refused.value.redirect_uri is None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"scope": "admin:read"}, "invalid_scope"),
        ({"scope": "read nonsense"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_the_app_is_told_what_is_wrong_with_its_request(world: World, asked: dict[str, str], code: str) -> None:
    app = await registered(world)
    whole = {"client_id": app["client_id"], "redirect_uri": CALLBACK, "response_type": "code"} | asked
    async with world.services.db.connection() as db:
        with pytest.raises(OAuthProblem) as refused:
            await accounts.check_authorization(db, **whole)
    assert (refused.value.code, refused.value.redirect_uri) == (code, CALLBACK)


def test_the_answer_is_added_to_what_the_address_already_says() -> None:
    assert accounts.redirect_target(CALLBACK, code="a b", state="") == f"{CALLBACK}&code=a+b"
    assert accounts.redirect_target("oauth2redirect://app.id/", code="c") == "oauth2redirect://app.id/?code=c"
    assert accounts.redirect_target("app://", code="c", state="s&t") == "app://?code=c&state=s%26t"
    assert accounts.redirect_target("app:/cb", code="c") == "app:/cb?code=c"


async def test_an_app_gets_a_token_of_its_own_that_is_nobodys(world: World) -> None:
    app = await registered(world, "read write:accounts")
    form = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    token = decoded(await world.client.post("/oauth/token", json=form | {"scope": "read"}))
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    seen = decoded(await world.client.get("/api/v1/apps/verify_credentials", headers=bearer))
    assert seen["name"] == "Test app"
    assert "client_secret" not in seen
    nobody = await world.client.get("/api/v1/accounts/verify_credentials", headers=bearer)
    assert (nobody.status_code, nobody.json()["error"]) == (422, "This method requires an authenticated user")
    refused = await world.client.post("/oauth/token", json=form | {"scope": "write"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")


async def test_a_client_may_name_itself_by_http_basic(world: World) -> None:
    app = await registered(world)
    answer = await world.client.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=httpx.BasicAuth(app["client_id"], app["client_secret"]),
    )
    assert decoded(answer)["scope"] == "read"
    wrong = await world.client.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=httpx.BasicAuth(app["client_id"], "x")
    )
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    for broken in ("Basic", "Basic %%%", "Basic " + base64.b64encode(b"\xff\xfe").decode()):
        answer = await world.client.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": broken}
        )
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("grant", "code"),
    [("password", "unsupported_grant_type"), ("refresh_token", "unsupported_grant_type"), ("", "invalid_request")],
)
async def test_other_grants_are_refused_in_words(world: World, grant: str, code: str) -> None:
    app = await registered(world)
    form = {"grant_type": grant, "client_id": app["client_id"], "client_secret": app["client_secret"]}
    answer = await world.client.post("/oauth/token", data=form | {"username": "alice", "password": "x"})
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    assert answer.json()["error_description"]


async def test_b4_secrets_in_an_address_are_refused(world: World) -> None:
    alice, app = await world.person("alice"), await registered(world)
    query = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    answer = await world.client.post("/oauth/token", params=query)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = await world.client.get("/api/v1/accounts/verify_credentials", params={"access_token": alice.token})
    assert answer.status_code == 401


async def test_a_token_is_revoked_by_its_own_app_only(world: World) -> None:
    alice, app, other = await world.person("alice"), await registered(world), await registered(world)
    token = decoded(await exchange(world, app, await code_for(world, app, alice)))["access_token"]

    async def revoke(by: App, what: str) -> httpx.Response:
        form = {"client_id": by["client_id"], "client_secret": by["client_secret"], "token": what}
        return await world.client.post("/oauth/revoke", json=form)

    assert (await revoke(other, token)).status_code == 403
    assert (await revoke(app | {"client_secret": "x"}, token)).status_code == 401
    assert await works(world, token)
    assert decoded(await revoke(app, token)) == {}
    assert decoded(await revoke(app, token)) == {}
    assert not await works(world, token)


async def test_a_token_tells_what_it_may_do(world: World) -> None:
    alice = await world.person("alice")
    info = decoded(await alice.get("/oauth/token/info"))
    assert info["resource_owner_id"] == str(alice.id)
    assert "read" in info["scope"]
    assert info["expires_in"] is None
    claims = decoded(await alice.get("/oauth/userinfo"))
    assert claims["iss"] == f"{ORIGIN}/"
    assert claims["sub"] == claims["profile"] == f"{ORIGIN}/@alice"
    assert decoded(await alice.post("/oauth/userinfo")) == claims


async def test_b6_a_suspended_account_can_neither_exchange_nor_use(world: World) -> None:
    alice, app = await world.person("alice"), await registered(world)
    code = await code_for(world, app, alice)
    await world.services.db.pool.execute("UPDATE account SET state = 2 WHERE id = $1", alice.id)
    assert (await exchange(world, app, code)).status_code == 400
    answer = await alice.get("/api/v1/accounts/verify_credentials")
    assert answer.status_code == 403


async def test_the_metadata_leads_to_everything(world: World) -> None:
    found = decoded(await world.client.get("/.well-known/oauth-authorization-server"))
    assert found["issuer"] == f"{ORIGIN}/"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_endpoint"] == f"{ORIGIN}/oauth/authorize"
    assert {"read", "write", "follow", "push", "profile"} <= set(found["scopes_supported"])
