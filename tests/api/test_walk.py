"""Every declared route, walked: it has a policy, keeps strangers out, and answers any input without falling over."""

from __future__ import annotations

import re

import pytest

from parvis import api
from parvis.api.routing import ENDPOINTS, Endpoint
from tests.rig import contract
from tests.rig.world import World

api.handlers()
ROUTES = sorted(ENDPOINTS, key=lambda one: (one.path, one.method))


def path_of(one: Endpoint, value: str = "1") -> str:
    return re.sub(r":\w+", value, one.path)


def test_no_two_routes_claim_the_same_place() -> None:
    places = [(one.method, one.path) for one in ROUTES]
    assert len(places) == len(set(places))


def test_every_route_declares_who_may_come_in() -> None:
    for one in ROUTES:
        assert one.policy.audience in ("public", "app", "user"), one.path
        if one.policy.audience == "user":
            assert one.policy.scopes or one.path in ANY_SCOPE, one.path


def test_the_table_of_answers_names_every_route() -> None:
    """Each has its line in tests/rig/answers.txt."""
    declared = {(one.method, one.path) for one in ROUTES if not one.path.startswith("/.well-known/")}
    assert set(contract.answers()) == declared


ANY_SCOPE = {
    "/api/v1/accounts/:id/identity_proofs",
    "/api/v1/donation_campaigns",
    "/api/v1/announcements",
    "/api/v1/emails/check_confirmation",
    "/api/v1/emails/confirmations",
    "/api/v1/apps/verify_credentials",
    "/oauth/token/info",
}


async def test_b3_strangers_and_wrong_scopes_are_kept_out_of_every_route(world: World) -> None:
    narrow = await world.person("narrow", scopes=("push",))
    checked = 0
    for one in ROUTES:
        path = path_of(one)
        if one.policy.audience != "public":
            anonymous = await world.client.request(one.method, path)
            assert anonymous.status_code == 401, (one.method, one.path, anonymous.status_code)
            assert "error" in anonymous.json()
            checked += 1
        if one.policy.scopes and "push" not in one.policy.scopes:
            refused = await world.client.request(one.method, path, headers=narrow.headers)
            assert refused.status_code == 403, (one.method, one.path, refused.status_code, refused.text)
            checked += 1
    assert checked > 60


async def test_an_unknown_token_is_refused_everywhere(world: World) -> None:
    for one in ROUTES:
        if one.path.startswith("/api/"):
            answer = await world.client.request(one.method, path_of(one), headers={"Authorization": "Bearer nonsense"})
            assert answer.status_code in (401, 429) or one.policy.audience == "public", (one.path, answer.status_code)


STRANGE_VALUES = [
    "",
    "abc",
    "-1",
    "0",
    "9" * 19,
    "9" * 40,
    "\x00",
    "é",
    "null",
    "[]",
    "' OR 1=1 --",
    "../../etc/passwd",
]
STRANGE_BODIES: list[tuple[str, bytes]] = [
    ("application/json", b"{"),
    ("application/json", b"[]"),
    ("application/json", b"null"),
    ("application/json", b"[" * 100_000),
    ("application/json", b'{"status": "\\ud800"}'),
    ("application/json", b"\xff\xfe"),
    ("application/x-www-form-urlencoded", b"%ff=%00&a[b][c][d][e][f][g][h]=1"),
    ("application/x-www-form-urlencoded", b"a[" + b"]" * 50),
    ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
    ("multipart/form-data", b"--x--"),
    ("text/plain", b"hello"),
    ("application/xml", b"<a/>"),
]


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_no_input_makes_a_route_fall_over(world: World) -> None:
    alice = await world.person("alice")
    asked = 0
    for one in ROUTES:
        names = [f for f in getattr(one.params, "__struct_fields__", ()) if f":{f}" not in one.path]
        for value in STRANGE_VALUES:
            in_path = value if value and "/" not in value and "\x00" not in value else "x"
            answers = [
                await world.client.request(
                    one.method, path_of(one, in_path), params=dict.fromkeys(names, value), headers=alice.headers
                )
            ]
            if one.method != "GET":
                body = dict.fromkeys(names, value)
                path = path_of(one)
                answers.append(await world.client.request(one.method, path, json=body, headers=alice.headers))
                answers.append(
                    await world.client.request(one.method, path, json={n: [body] for n in names}, headers=alice.headers)
                )
            for answer in answers:
                asked += 1
                assert answer.status_code < 500, (one.method, one.path, value, answer.text)
                if answer.status_code >= 400:
                    assert isinstance(answer.json()["error"], str)
        if one.method != "GET":
            for kind, raw in STRANGE_BODIES:
                answer = await world.client.request(
                    one.method, path_of(one), content=raw, headers=alice.headers | {"Content-Type": kind}
                )
                asked += 1
                assert answer.status_code < 500, (one.method, one.path, kind, raw[:30], answer.text)
    assert asked > 1000


async def test_preflights_need_no_token_and_unknown_routes_answer_json(world: World) -> None:
    for one in ROUTES:
        if one.path.startswith("/api/"):
            answer = await world.client.options(path_of(one))
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
    missing = await world.client.get("/api/v1/no/such/thing")
    assert (missing.status_code, missing.json()) == (404, {"error": "Record not found"})


async def test_another_host_name_is_not_answered(world: World) -> None:
    assert (await world.client.get("/api/v2/instance", headers={"Host": "evil.example"})).status_code == 421


async def test_the_openapi_document_knows_every_route(world: World) -> None:
    document = (await world.client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    known = {(m.upper(), p) for p, operations in document["paths"].items() for m in operations}
    assert known == {(one.method, re.sub(r":(\w+)", r"{\1}", one.path)) for one in ROUTES}
