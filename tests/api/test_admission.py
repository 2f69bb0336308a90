"""The way in by the JSON door: receipts, places, the public log, and apps that sign people up while there is a queue."""

from __future__ import annotations

import hashlib
from typing import Any

import altcha
import pytest

from parvis.base.clock import utc_now
from parvis.base.errors import InvalidFields
from parvis.base.ids import AccountId
from parvis.domain import accounts, admission
from parvis.domain.admission import merkle
from parvis.infra.rate_limits import RateLimits
from tests.domain.admission.line import PASSWORD, application, let_in, line_of
from tests.rig.world import World

ROOT = "/api/parvis/v1/admission"


def with_ticket(text: str) -> dict[str, str]:
    return {"Authorization": f"Ticket {text}"}


async def app_token(world: World) -> dict[str, str]:
    """What an app sends before anybody has signed in."""
    form = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write follow"}
    made = (await world.client.post("/api/v1/apps", json=form)).json()
    asked = {
        "grant_type": "client_credentials",
        "client_id": made["client_id"],
        "client_secret": made["client_secret"],
        "scope": "read write follow",
    }
    token = (await world.client.post("/oauth/token", json=asked)).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def sign_up(name: str) -> dict[str, Any]:
    return {"username": name, "email": f"{name}@mail.example", "password": PASSWORD, "agreement": True, "locale": "en"}


async def receipt(world: World, name: str, **headers: str) -> str:
    body = {"username": name, "email": f"{name}@mail.example"}
    answer = await world.client.post(f"{ROOT}/receipts", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["ticket"]


async def test_a_receipt_has_a_place_and_the_document_for_all_says_who_is_served(world: World) -> None:
    ticket = await receipt(world, "alice")
    place = await world.client.get(f"{ROOT}/place", headers=with_ticket(ticket))
    assert place.json() == {"state": "received", "number": None, "ahead": None, "lapses_at": None}
    assert place.headers["cache-control"] == "private, no-store"
    await admission.sequence(world.services, now=utc_now())
    place = await world.client.get(f"{ROOT}/place", headers=with_ticket(ticket))
    assert (place.json()["number"], place.json()["ahead"]) == (1, 0)
    now = await world.client.get(f"{ROOT}/now")
    assert (now.json()["serving"], now.json()["last_number"], now.json()["waiting"]) == (0, 1, 1)
    assert "public" in now.headers["cache-control"]


async def test_a_receipt_can_be_taken_back(world: World) -> None:
    ticket = await receipt(world, "alice")
    assert (await world.client.delete(f"{ROOT}/place", headers=with_ticket(ticket))).status_code == 200
    place = await world.client.get(f"{ROOT}/place", headers=with_ticket(ticket))
    assert place.json()["state"] == "withdrawn"
    await receipt(world, "alice")


async def test_a_tickets_number_is_proved_by_a_signed_head(world: World) -> None:
    tickets = [await receipt(world, name) for name in ("alice", "bob", "carol")]
    await admission.sequence(world.services, now=utc_now())
    for number, ticket in enumerate(tickets, 1):
        proof = (await world.client.get(f"{ROOT}/proof", headers=with_ticket(ticket))).json()
        kind, told, _, commitment = proof["leaf"].split(" ")
        assert (kind, told) == ("received", str(number))
        assert commitment == hashlib.sha256(b"parvis ticket\n" + ticket.encode()).hexdigest()
        assert merkle.includes(
            bytes.fromhex(proof["head"]["root"]),
            proof["head"]["size"],
            proof["index"],
            merkle.leaf_hash(proof["leaf"].encode()),
            [bytes.fromhex(one) for one in proof["path"]],
        )


async def test_the_log_is_read_in_pieces_and_shown_to_have_only_grown(world: World) -> None:
    names = [f"p{n}" for n in range(300)]
    await line_of(world.services, *names[:120])
    old = (await world.client.get(f"{ROOT}/log/head")).json()
    await line_of(world.services, *names[120:])
    await let_in(world.services, 50)
    await admission.sequence(world.services, now=utc_now())
    new = (await world.client.get(f"{ROOT}/log/head")).json()
    assert (old["size"], new["size"]) == (120, 350)
    path = (await world.client.get(f"{ROOT}/log/consistency", params={"old": 120, "size": 350})).json()["path"]
    roots = [bytes.fromhex(one["root"]) for one in (old, new)]
    assert merkle.extends(roots[0], 120, roots[1], 350, [bytes.fromhex(one) for one in path])
    leaves: list[str] = []
    for start in (0, 200):
        answer = await world.client.get(f"{ROOT}/log/leaves", params={"start": start, "end": start + 200})
        leaves += answer.json()["leaves"]
    assert len(leaves) == 350
    _, peaks, _ = merkle.grow(0, [], [merkle.leaf_hash(one.encode()) for one in leaves])
    assert merkle.root_of(peaks) == roots[1]
    for index in (0, 119, 255, 256, 349):
        answer = await world.client.get(f"{ROOT}/log/inclusion", params={"index": index, "size": 350})
        proof = [bytes.fromhex(one) for one in answer.json()["path"]]
        assert merkle.includes(roots[1], 350, index, merkle.leaf_hash(leaves[index].encode()), proof)
        assert "immutable" in answer.headers["cache-control"]


async def test_with_room_an_app_gets_a_token_that_works_at_once(world: World) -> None:
    answer = await world.client.post("/api/v1/accounts", json=sign_up("alice"), headers=await app_token(world))
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    me = await world.client.get("/api/v1/accounts/verify_credentials", headers=token)
    assert me.json()["username"] == "alice"


async def test_in_a_queue_an_apps_token_waits_and_its_first_call_after_admission_enters(world: World) -> None:
    await line_of(world.services, "first")
    answer = await world.client.post("/api/v1/accounts", json=sign_up("alice"), headers=await app_token(world))
    assert answer.status_code == 200, answer.text
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    refused = await world.client.get("/api/v1/accounts/verify_credentials", headers=token)
    assert refused.status_code == 403
    assert refused.json()["error"].startswith("Your login is currently pending approval")
    text = refused.json()["error"].rpartition("/ticket/")[2]
    ticket = admission.read_ticket(world.services.secrets, text)
    for path in ("/api/v1/timelines/public", "/api/v1/apps/verify_credentials"):  # those that need nobody, too
        assert (await world.client.get(path, headers=token)).status_code == 403
    await admission.sequence(world.services, now=utc_now())
    await let_in(world.services, 2)
    me = await world.client.get("/api/v1/accounts/verify_credentials", headers=token)
    assert (me.status_code, me.json()["username"]) == (200, "alice")
    async with world.services.db.connection() as db:
        login = await accounts.login_of(db, AccountId(int(me.json()["id"])))
        kept = await db.fetchval("SELECT count(*) FROM login WHERE password_hash IS NOT NULL")
    assert not login.has_password
    assert kept == 0, "the password that the app sent was not kept"
    account_id = await admission.choose_password(world.services, ticket, password=PASSWORD, now=utc_now())
    assert str(account_id) == me.json()["id"]
    assert (await world.client.get("/api/v1/accounts/verify_credentials", headers=token)).status_code == 200


async def test_a_token_whose_receipt_was_taken_back_is_no_token(world: World) -> None:
    await line_of(world.services, "first")
    answer = await world.client.post("/api/v1/accounts", json=sign_up("alice"), headers=await app_token(world))
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    refused = await world.client.get("/api/v1/accounts/verify_credentials", headers=token)
    ticket = admission.read_ticket(world.services.secrets, refused.json()["error"].rpartition("/ticket/")[2])
    await admission.withdraw(world.services, ticket, now=utc_now())
    assert (await world.client.get("/api/v1/accounts/verify_credentials", headers=token)).status_code == 401


async def test_an_unconfirmed_account_may_follow_and_not_post(world: World) -> None:
    bob = await world.person("bob")
    answer = await world.client.post("/api/v1/accounts", json=sign_up("alice"), headers=await app_token(world))
    token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    followed = await world.client.post(f"/api/v1/accounts/{bob.id}/follow", headers=token)
    assert (followed.status_code, followed.json()["following"]) == (200, True)
    assert (await world.client.post("/api/v1/statuses", json={"status": "hi"}, headers=token)).status_code == 403


async def test_j4_a_key_that_comes_again_gives_the_same_ticket_to_the_same_caller_only(world: World) -> None:
    first = await receipt(world, "alice", **{"Idempotency-Key": "a key"})
    assert await receipt(world, "alice", **{"Idempotency-Key": "a key"}) == first
    other = {"username": "bob", "email": "bob@mail.example"}
    refused = await world.client.post(f"{ROOT}/receipts", json=other, headers={"Idempotency-Key": "a key"})
    assert refused.status_code == 422
    wanted = application("alice", principal="net 198.51.100.7", route="receipts", idempotency_key="a key")
    with pytest.raises(InvalidFields) as problem:
        await admission.receive(world.services, wanted=wanted, now=utc_now())
    assert [one.code for one in problem.value.problems] == ["taken"]
    long = await world.client.post(f"{ROOT}/receipts", json=other, headers={"Idempotency-Key": "k" * 10_000})
    assert long.status_code == 422


async def test_a_sign_up_that_is_too_large_or_no_object_is_refused_and_a_form_is_as_good_as_json(world: World) -> None:
    path = "/api/parvis/v1/admission/receipts"
    json = {"Content-Type": "application/json"}
    large = b'{"username": "' + b"x" * 9000 + b'", "email": "x@mail.example"}'
    assert (await world.client.post(path, content=large, headers=json)).status_code == 413
    assert (await world.client.post(path, content=b"[]", headers=json)).status_code == 400
    assert (await world.client.post(path, content=b"{", headers=json)).status_code == 400
    assert (await world.client.post(path, content=b"", headers=json)).status_code == 422
    fields = {"username": "dora", "email": "dora@mail.example"}
    by_form = await world.client.post(path, data=fields, headers={"Idempotency-Key": "k"})
    by_json = await world.client.post(path, json=fields, headers={"Idempotency-Key": "k"})
    assert by_form.json() == by_json.json()
    assert by_json.headers["cache-control"] == "private, no-store"


async def test_where_many_sign_up_an_app_is_sent_to_the_page_and_a_proof_pays(world: World) -> None:
    headers = await app_token(world)
    free = await world.client.get(f"{ROOT}/puzzle")
    assert (free.json(), free.headers["cache-control"]) == ({"puzzle": None}, "private, no-store")
    world.services.limits = RateLimits(enabled=True)
    network = admission.toll.network_of("127.0.0.1")
    for _ in range(world.services.settings.free_sign_ups):
        admission.toll.note(world.services, application("somebody", network=network))
    refused = await world.client.post("/api/v1/accounts", json=sign_up("alice"), headers=headers)
    assert refused.status_code == 422
    assert f"{world.services.settings.public_origin}/sign-up" in refused.json()["error"]
    challenge = altcha.Challenge.from_dict((await world.client.get(f"{ROOT}/puzzle")).json()["puzzle"])
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    body = sign_up("alice") | {"proof": altcha.Payload(challenge, solution).to_base64()}
    assert (await world.client.post("/api/v1/accounts", json=body, headers=headers)).status_code == 200
