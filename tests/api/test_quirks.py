"""What clients are known to stumble over, by the numbers of their list. Some are shown elsewhere: `ELSEWHERE` says where.

1 decoders · 2 missing pictures · 3 empty pages · 4 preflights · 5 sockets · 6 uploads · 7 PUT and PATCH ·
8 merged parameters · 9 numbers of subscriptions · 10 moments · 11 older routes · 12 unknown fields
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from parvis import api
from parvis.api.paging import Paging
from parvis.api.routing import ENDPOINTS
from tests.api.matrix import Stage
from tests.rig import contract, streams
from tests.rig.people import Person, decoded
from tests.rig.pictures import png
from tests.rig.world import World

api.handlers()
ROUTES = sorted(ENDPOINTS, key=lambda one: (one.path, one.method))

ELSEWHERE = {
    1: "api/test_decoders.py::test_what_is_recorded_is_decoded_by_every_client",
    4: "api/test_walk.py::test_preflights_need_no_token_and_unknown_routes_answer_json",
    5: "api/test_streaming_server.py::test_a_browser_gets_its_protocol_back_and_the_post_within_a_second_from_any_process",
    6: "api/test_film.py::test_a_video_that_browsers_play_is_taken_as_it_is_and_gets_smaller_sizes",
    9: "api/test_push.py::test_a_subscription_says_everything_that_clients_insist_on",
    10: "api/test_contract.py::test_a_broken_promise_is_found",
}


def test_every_quirk_has_its_test() -> None:
    here = {int(n) for n in re.findall(r"def test_quirk_(\d+)_", Path(__file__).read_text())}
    assert here | set(ELSEWHERE) == set(range(1, 13))
    for place in ELSEWHERE.values():
        file, _, name = place.partition("::")
        assert f"def {name}(" in (Path(__file__).parents[1] / file).read_text(), place


async def test_quirk_2_who_has_no_picture_has_the_neutral_one(world: World) -> None:
    alice = await world.person("alice")
    own = decoded(await alice.get("/api/v1/accounts/verify_credentials"))
    for key, folder in (("avatar", "avatars"), ("header", "headers")):
        for name in (key, f"{key}_static"):
            assert own[name].endswith(f"/{folder}/original/missing.png")
            assert (await world.client.get(own[name])).headers["content-type"] == "image/png"


async def test_quirk_3_an_empty_page_has_no_link(world: World) -> None:
    alice, asked = await world.person("alice"), 0
    for one in ROUTES:
        if one.method != "GET" or not (isinstance(one.params, type) and issubclass(one.params, Paging)):
            continue
        if about := re.search(r":\w+", one.path):
            path = re.sub(r":\w+", str(alice.id if "/accounts/" in one.path else "bread"), one.path)
            if about[0] == ":id" and "/accounts/:id" not in one.path:
                continue  # one must have such a thing first; whatever is empty then is held against the contract too
        else:
            path = one.path
        answer = await alice.get(path)
        if answer.status_code == 200 and answer.json() == []:
            assert "link" not in answer.headers, path
            asked += 1
    assert asked > 12


async def test_quirk_3_a_page_with_rows_leads_on_until_one_is_empty(world: World) -> None:
    alice, bob = await world.person("alice"), await world.person("bob")
    for number in range(5):
        post_id = await bob.says(f"{number} #bread")
        for act in ("favourite", "bookmark"):
            decoded(await alice.post(f"/api/v1/statuses/{post_id}/{act}"))
    await world.follows(alice, bob)
    for path in (
        "/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/tag/bread", "/api/v1/favourites",
        "/api/v1/bookmarks", f"/api/v1/accounts/{bob.id}/statuses",
    ):  # fmt: skip
        pages = [page async for page in _pages(alice, path)]
        ids = [one["id"] for page in pages for one in page]
        assert len(ids) == len(set(ids)) == 5, path
        assert pages[-1] == [] or len(pages[-1]) < 2, path


async def _pages(person: Person, path: str) -> Any:
    """Page after page of two, as the Link header leads; `limit` stays in it, and `prev` of the first page is empty."""
    answer = await person.get(path, limit=2)
    previous = answer.links["prev"]["url"]
    newer = await person.client.get(previous, headers=person.headers)
    assert (decoded(newer), newer.headers.get("link")) == ([], None)
    while True:
        yield decoded(answer)
        if "next" not in answer.links:
            return
        assert "limit=2" in answer.links["next"]["url"]
        answer = await person.client.get(answer.links["next"]["url"], headers=person.headers)


async def test_quirk_4_preflights_outside_the_api_need_no_token_either(world: World) -> None:
    asked = 0
    for one in ROUTES:
        wish = {"Origin": "https://phanpy.social", "Access-Control-Request-Method": one.method}
        wish["Access-Control-Request-Headers"] = "authorization, idempotency-key"
        path = re.sub(r":\w+", "1", one.path)
        answer = await world.client.options(path, headers=wish)
        assert answer.status_code == 200, (one.path, answer.status_code)
        assert answer.headers["access-control-allow-origin"] == "*", one.path
        assert "access-control-allow-credentials" not in answer.headers
        if one.path.startswith("/api/"):
            assert one.method in answer.headers["access-control-allow-methods"], one.path
            allowed = answer.headers["access-control-allow-headers"].lower()
            assert allowed == "*" or ("authorization" in allowed and "idempotency-key" in allowed), one.path
        asked += 1
    print(f"{asked} preflights")
    got = await world.client.get("/api/v2/instance", headers={"Origin": "https://phanpy.social"})
    for name in ("link", "x-ratelimit-reset", "x-ratelimit-limit", "x-ratelimit-remaining", "x-request-id"):
        assert name in got.headers["access-control-expose-headers"].lower()


async def test_quirk_5_a_payload_is_a_string_and_a_stream_goes_by_the_name_that_was_asked_for(world: World) -> None:
    alice = await world.person("alice")
    async with streams.socket_of(world, alice, "user") as socket:
        await alice.says("told")
        await world.settle()
        frame = await socket.frame()
    assert (frame["stream"], frame["event"], type(frame["payload"])) == (["user"], "update", str)


async def test_quirk_6_a_picture_is_there_at_once_and_can_be_asked_for(world: World) -> None:
    alice = await world.person("alice")
    for version in ("v1", "v2"):
        sent = {"files": {"file": ("a.png", png(), "image/png")}, "headers": alice.headers}
        answer = await world.client.post(f"/api/{version}/media", **sent)
        made = decoded(answer)
        again = await alice.get(f"/api/v1/media/{made['id']}")
        assert (again.status_code, again.json()) == (200, made)
        assert made["url"]
    assert (await alice.get("/api/v1/media/1")).status_code == 404


def _updates() -> Iterator[Any]:
    """Routes by which something is changed, by PUT; without our own, which no app of others calls."""
    return (one for one in ROUTES if one.method == "PUT" and not one.path.startswith("/api/parvis/"))


def test_quirk_7_whatever_is_put_can_be_patched() -> None:
    by_place = {(one.method, one.path): one for one in ROUTES}
    assert len(list(_updates())) > 12
    for one in _updates():
        other = by_place["PATCH", one.path]
        assert (other.handler, other.params, other.policy) == (one.handler, one.params, one.policy), one.path


async def test_quirk_7_put_and_patch_answer_alike(stage: Stage) -> None:
    asked, moving = 0, re.compile(r'"(edited_at|updated_at|scheduled_at)":"[^"]*"')
    for one in _updates():
        path, body, headers = stage.path(one), stage.body(one), stage.headers("owner")
        answers = [
            await stage.world.client.request(verb, path, json=body, headers=headers) for verb in ("PUT", "PATCH")
        ]
        assert answers[0].status_code == answers[1].status_code == 200, (path, answers[0].text, answers[1].text)
        assert moving.sub("", answers[0].text) == moving.sub("", answers[1].text)
        asked += 1
    print(f"{asked} updates by PUT and by PATCH")


WAYS = ("query", "form", "multipart", "json")


def _sent(way: str, **body: str) -> dict[str, Any]:
    match way:
        case "query":
            return {"params": body}
        case "form":
            return {"data": body}
        case "multipart":
            return {"files": {name: (None, value) for name, value in body.items()}}
        case _:
            return {"json": body}


async def test_quirk_8_parameters_come_in_every_way_for_every_verb(world: World) -> None:
    for way in WAYS:
        await _changed_in_every_way(world, way)


async def _changed_in_every_way(world: World, way: str) -> None:
    alice, bob = await world.person(f"alice_{way}"), await world.person(f"bob_{way}")

    async def ask(verb: str, path: str, **body: str) -> Any:
        return decoded(await world.client.request(verb, path, headers=alice.headers, **_sent(way, **body)))

    follow = await ask("POST", f"/api/v1/accounts/{bob.id}/follow", notify="true", reblogs="false")
    assert (follow["following"], follow["notifying"], follow["showing_reblogs"]) == (True, True, False)
    assert (await ask("POST", f"/api/v1/accounts/{bob.id}/note", comment="kind"))["note"] == "kind"
    made = await ask("POST", "/api/v1/lists", title="first")
    assert (await ask("PUT", f"/api/v1/lists/{made['id']}", title="second"))["title"] == "second"
    assert (await ask("PATCH", f"/api/v1/lists/{made['id']}", title="third"))["title"] == "third"
    members = f"/api/v1/lists/{made['id']}/accounts"
    await ask("POST", members, **{"account_ids[]" if way != "json" else "account_ids": str(bob.id)})
    assert len(decoded(await alice.get(members))) == 1
    await ask("DELETE", members, **{"account_ids[]" if way != "json" else "account_ids": str(bob.id)})
    assert decoded(await alice.get(members)) == []
    await ask("POST", "/api/v1/domain_blocks", domain="bad.example")
    assert decoded(await alice.get("/api/v1/domain_blocks")) == ["bad.example"]
    await ask("DELETE", "/api/v1/domain_blocks", domain="bad.example")
    assert decoded(await alice.get("/api/v1/domain_blocks")) == []
    if way != "json":
        assert (await ask("POST", "/api/v1/markers", **{"home[last_read_id]": "7"}))["home"]["last_read_id"] == "7"


async def test_quirk_8_query_and_body_are_one(world: World) -> None:
    alice = await world.person("alice")
    answer = await world.client.post(
        "/api/v1/statuses?visibility=unlisted&spoiler_text=soon", json={"status": "both"}, headers=alice.headers
    )
    post = decoded(answer)
    assert (post["visibility"], post["spoiler_text"]) == ("unlisted", "soon")
    other = await alice.says("other")
    kept = await world.client.put(
        f"/api/v1/statuses/{post['id']}?id={other}", json={"status": "x"}, headers=alice.headers
    )
    assert decoded(kept)["id"] == post["id"], "what stands in the path wins"


# Secrets are taken from bodies alone.
SECRETIVE = {"POST /oauth/token", "POST /oauth/revoke", "POST /api/v1/accounts"}


def _flat(body: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """The body as forms and addresses write it: `a[b]`, `a[]`."""
    found: dict[str, Any] = {}
    for key, value in body.items():
        name = f"{prefix}[{key}]" if prefix else key
        match value:
            case dict():
                found |= _flat(value, name)
            case list():
                found[name.removesuffix("[]") + "[]"] = [str(one) for one in value]
            case bool():
                found[name] = "true" if value else "false"
            case _:
                found[name] = str(value)
    return found


async def test_quirk_8_every_route_takes_its_parameters_from_the_address_the_body_and_both(stage: Stage) -> None:
    asked = 0
    for one in ROUTES:
        body = stage.body(one)
        if one.method == "GET" or not body or f"{one.method} {one.path}" in SECRETIVE:
            continue
        fields, path = _flat(body), stage.path(one)
        first, *others = fields.items()
        ways = ({"json": body}, {"params": fields}, {"data": fields}, {"params": dict([first]), "data": dict(others)})
        headers = stage.headers("owner")
        answers = [await stage.world.client.request(one.method, path, headers=headers, **way) for way in ways]
        assert len({answer.status_code for answer in answers}) == 1, (one.path, [a.text[:200] for a in answers])
        asked += 1
    print(f"{asked} routes, each in {len(WAYS)} ways")
    assert asked > 25


async def test_quirk_9_the_number_of_a_subscription_is_a_number(stage: Stage) -> None:
    found = decoded(await stage.people["owner"].get("/api/v1/push/subscription"))
    assert isinstance(found["id"], int)
    assert 0 < found["id"] < 2**53


MOMENT = re.compile(r'"(\d{4}-\d\d-\d\dT[^"]*)"')


async def test_quirk_10_every_moment_in_every_answer_has_three_decimals(stage: Stage) -> None:
    seen = 0
    for one in ROUTES:
        if one.method == "GET" and one.path.startswith("/api/v"):
            answer = await stage.ask(one, stage.headers("owner"))
            for moment in MOMENT.findall(answer.text):
                assert contract.PLAIN["datetime"](moment), (one.path, moment)
                seen += 1
    assert seen > 100
    print(f"{seen} moments")


async def test_quirk_11_older_routes_answer_as_they_did(stage: Stage) -> None:
    owner, followed, client = stage.people["owner"], stage.people["follower"], stage.world.client
    assert decoded(await owner.get("/api/v1/trends")) == decoded(await owner.get("/api/v1/trends/tags"))
    policy = await client.put("/api/v1/notifications/policy", json={"filter_bots": True}, headers=owner.headers)
    assert decoded(policy)["filter_bots"] is True
    assert decoded(await owner.post(f"/api/v1/accounts/{followed.id}/pin"))["endorsed"] is True
    assert decoded(await owner.post(f"/api/v1/accounts/{followed.id}/unpin"))["endorsed"] is False
    assert decoded(await owner.get("/api/v1/search", q="bread"))["hashtags"] == ["bread"]


async def test_quirk_11_the_older_upload_answers_with_the_picture(world: World) -> None:
    alice = await world.person("alice")
    sent = {"files": {"file": ("a.png", png(), "image/png")}, "headers": alice.headers}
    assert decoded(await world.client.post("/api/v1/media", **sent))["type"] == "image"


# What the owner cannot do to their own things, whatever the request says; and what is not there.
REFUSED_ANYWAY = {
    "POST /api/v1/accounts",  # wants an app's own token
    "POST /api/v1/accounts/:id/block",
    "POST /api/v1/accounts/:id/endorse",
    "POST /api/v1/accounts/:id/follow",
    "POST /api/v1/accounts/:id/mute",
    "POST /api/v1/accounts/:id/pin",
    "GET /api/v1/annual_reports/:year",
    "POST /api/v1/annual_reports/:year/generate",
    "POST /api/v1/annual_reports/:year/read",
    "GET /api/v1/donation_campaigns",
    "POST /api/v1/emails/confirmations",
    "GET /api/v1/instance/privacy_policy",
    "GET /api/v1/instance/terms_of_service",
    "GET /api/v1/instance/terms_of_service/:date",
    "POST /api/v1/polls/:id/votes",
    "POST /api/v1/reports",
    "POST /api/v1/statuses/:id/translate",
}


async def test_quirk_12_what_we_do_not_know_is_passed_over(stage: Stage) -> None:
    odd, asked, client = (
        {"for_Limited_accounts": "drop", "surprise": {"a": [1]}, "nothing": None},
        0,
        stage.world.client,
    )
    for one in ROUTES:
        if one.path.startswith(("/api/v1/", "/api/v2/")) and not one.path.endswith("/media"):
            headers, path, body = stage.headers("owner"), stage.path(one), stage.body(one)
            kind = "params" if one.method in ("GET", "DELETE") else "json"
            more = {"surprise": "1"} if kind == "params" else odd
            plain = await client.request(one.method, path, headers=headers, **{kind: body})
            with_more = await client.request(one.method, path, headers=headers, **{kind: body | more})
            assert with_more.status_code == plain.status_code, (one.method, path, with_more.text)
            known = f"{one.method} {one.path}" in REFUSED_ANYWAY
            assert known or plain.status_code < 400, (one.method, path, plain.text)
            asked += 1
    print(f"{asked} routes pass over what they do not know")
