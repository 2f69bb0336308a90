"""Group B of the security cases: apps, tokens and scopes. Others of the group stand beside what they are about."""

from __future__ import annotations

import csv
from html import unescape
from pathlib import Path

import pytest

from parvis import api
from parvis.api import authorising
from parvis.api.routing import ENDPOINTS, Endpoint
from parvis.base.errors import Forbidden
from parvis.domain import accounts
from parvis.domain.accounts import scopes
from parvis.domain.accounts.types import State, Viewer
from parvis.infra.rate_limits import APPS, RateLimits
from tests.api.test_uploads import ROOT as UPLOADS
from tests.api.test_uploads import add, begin, path_of
from tests.api.test_walk import path_of as filled
from tests.rig.people import Person, decoded
from tests.rig.streams import knock
from tests.rig.world import World
from tests.web.conftest import Browser

api.handlers()
ROUTES = sorted(ENDPOINTS, key=lambda one: (one.path, one.method))
LIST = Path(__file__).parents[2] / "docs" / "endpoints.tsv"


# ── B3: a scope opens what it names and nothing else ──


def published_scopes() -> dict[tuple[str, str], set[str]]:
    """What the list of endpoints says each asks for; parents stand for their children."""
    found: dict[tuple[str, str], set[str]] = {}
    with LIST.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            _, _, wanted = row["scope"].partition(": ")
            names = {name.strip() for name in wanted.split("|")} & set(scopes.KNOWN)
            if names and row["scope"].startswith("user:"):
                found[row["method"], row["path"]] = names
    return found


def opens(one: Endpoint, held: str) -> bool:
    viewer = Viewer(account_id=1, handle="alice", scopes=frozenset({held}), state=State.ACTIVE)  # type: ignore[arg-type]
    try:
        authorising.check(one.policy, viewer)
    except Forbidden:
        return False
    return True


def test_b3_every_scope_on_every_route_opens_what_is_published_for_it() -> None:
    published, compared = published_scopes(), 0
    for one in ROUTES:
        wanted = published.get((one.method, one.path))
        if wanted is None:
            continue
        for held in scopes.KNOWN:
            expected = any(scopes.covers(frozenset({held}), name) for name in wanted)
            assert opens(one, held) == expected, (one.method, one.path, held, one.policy.scopes)
            compared += 1
    print(f"\nscopes: {compared} pairs of a route and a scope")
    assert compared > 5_000


def test_b3_reading_opens_no_writing_and_nothing_opens_what_operators_do() -> None:
    for one in ROUTES:
        if one.policy.audience == "user" and one.method != "GET" and one.policy.scopes:
            reading = {name for name in one.policy.scopes if name.startswith("read")}
            assert not reading or one.path in ("/api/v1/statuses/:id/translate",), one.path
        if "/admin/" in one.path:
            assert all(name.startswith("admin:") for name in one.policy.scopes), one.path
    ours = {name for name in scopes.KNOWN if name.startswith("admin:")}
    assert not any(scopes.covers(frozenset(set(scopes.KNOWN) - ours), name) for name in ours)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_b3_every_route_refuses_every_token_that_does_not_cover_it(world: World) -> None:
    refused = 0
    for name in scopes.KNOWN:
        narrow = await world.person(name.replace(":", "_")[:30], scopes=(name,))
        for one in ROUTES:
            if one.policy.scopes and not any(scopes.covers(frozenset({name}), it) for it in one.policy.scopes):
                answer = await world.client.request(one.method, filled(one), headers=narrow.headers)
                assert answer.status_code == 403, (one.method, one.path, name, answer.status_code)
                refused += 1
    print(f"\nscopes: {refused} requests refused")


# ── B4: secrets are not taken from addresses ──


async def test_b4_pages_keep_their_address_and_no_address_carries_a_token(
    world: World, alices: Browser, alice: Person
) -> None:
    assert (await alices.get("/home")).headers["referrer-policy"] == "same-origin"
    for path in ("/api/v1/timelines/home", "/api/v1/accounts/verify_credentials", "/api/v1/notifications"):
        for name in ("access_token", "token", "bearer_token"):
            assert (await world.client.get(path, params={name: alice.token})).status_code == 401


# ── B5: what is revoked ends at once, whatever it is doing ──


async def test_b5_a_revoked_token_ends_its_streams_and_uploads(world: World, alice: Person) -> None:
    begun = await begin(world, alice, 1_000)
    assert begun.status_code == 201, UPLOADS
    assert (await add(world, alice, path_of(begun), 0, b"x" * 500)).status_code == 204
    socket, _ = await knock(world, authorization=f"Bearer {alice.token}")
    await socket.ask(type="subscribe", stream="user")
    async with world.services.db.transaction() as tx:
        await accounts.end_all(tx, alice.id)
    assert await socket.closed(within_s=5) == 1008
    await socket.end()
    assert (await add(world, alice, path_of(begun), 500, b"x" * 500)).status_code == 401


# ── B6: whoever is not let in yet, or not any more ──


async def test_b6_an_unconfirmed_account_reads_and_confirms_and_does_nothing_else(world: World) -> None:
    early, alice = await world.person("early", confirmed=False), await world.person("alice")
    post = await alice.says("Hello")
    opened: set[str] = set()
    for one in ROUTES:
        if one.method == "GET" or one.policy.audience != "user" or one.path.startswith("/oauth"):
            continue
        path = filled(one, str(post))
        answer = await world.client.request(one.method, path, json={"status": "Too early"}, headers=early.headers)
        if answer.status_code != 403:
            opened.add(f"{one.method} {one.path}")
    assert opened == {
        "POST /api/v1/emails/confirmations",
        *(f"{one.method} {one.path}" for one in ROUTES if one.method != "GET" and one.policy.waiting
          and one.policy.audience == "user" and not one.path.startswith("/oauth")),
    }  # fmt: skip
    assert decoded(await alice.get(f"/api/v1/accounts/{early.id}/statuses")) == []


async def test_b6_a_suspended_account_opens_nothing_that_asks_who_one_is(world: World, alice: Person) -> None:
    async with world.services.db.transaction() as tx:
        await tx.execute("UPDATE account SET state = $2 WHERE id = $1", alice.id, State.SUSPENDED)
    checked = 0
    for one in ROUTES:
        if one.policy.audience == "user":
            answer = await world.client.request(one.method, filled(one), headers=alice.headers)
            assert answer.status_code in (401, 403), (one.method, one.path, answer.status_code)
            checked += 1
    assert checked > 100


async def test_b6_the_token_of_an_app_alone_is_nobody(world: World) -> None:
    made = decoded(
        await world.client.post("/api/v1/apps", data={"client_name": "x", "redirect_uris": "https://a.example/"})
    )
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"]}
    token = decoded(await world.client.post("/oauth/token", data=form))["access_token"]
    for one in ROUTES:
        if one.policy.audience == "user":
            headers = {"Authorization": f"Bearer {token}"}
            answer = await world.client.request(one.method, filled(one), headers=headers)
            assert answer.status_code in (401, 403, 422), (one.method, one.path, answer.status_code)


# ── B7: consent is given on purpose ──


async def test_b7_nobody_frames_the_page_of_consent_or_answers_it_for_somebody(
    world: World, alices: Browser, bobs: Browser
) -> None:
    uri = "https://app.example/back"
    app = (await world.client.post("/api/v1/apps", data={"client_name": "x", "redirect_uris": uri})).json()
    fields = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": uri, "scope": "read"}
    page = await alices.client.get("/oauth/authorize", params=fields)
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "form-action 'self' https://app.example" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    foreign = await bobs.token("/settings/appearance")
    answer = {"answer": "allow"}
    for token, origin in ((foreign, "http://parvis.test"), (await alices.token(), "https://evil.example")):
        sent = await alices.client.post(
            "/oauth/authorize", data=fields | answer | {"form_token": token}, headers={"Origin": origin}
        )
        assert sent.status_code == 403
    assert (await alices.client.get("/oauth/authorize", params=fields | answer)).status_code == 200  # only the question
    assert await world.services.db.pool.fetchval("SELECT count(*) FROM oauth_code") == 0


# ── B8: apps that nobody asked for ──


async def test_b8_one_network_registers_few_apps_and_none_looks_like_ours(world: World, alices: Browser) -> None:
    world.services.limits = RateLimits(enabled=True)
    form = {"client_name": "Parvis <b>official</b>", "redirect_uris": "https://a.example/", "scopes": "read"}
    made = [await world.client.post("/api/v1/apps", data=form) for _ in range(APPS.most + 3)]
    assert [one.status_code for one in made] == [200] * APPS.most + [429] * 3
    app = made[0].json()
    asked = {
        "response_type": "code",
        "client_id": app["client_id"],
        "redirect_uri": "https://a.example/",
        "scope": "read",
    }
    page = await alices.client.get("/oauth/authorize", params=asked)
    assert "<b>official" not in page.text
    assert "https://a.example" in unescape(page.text)  # whose it is, by what cannot be invented
