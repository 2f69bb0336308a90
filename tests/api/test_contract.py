"""The promises about answers: the check finds what breaks them. Every answer in every other test goes through it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.matrix import Stage
from tests.rig import contract
from tests.rig.contract import Broken, Line
from tests.rig.people import decoded


def test_every_kind_that_the_tables_name_is_known() -> None:
    text = (Path(contract.__file__).parent / "entities.txt").read_text()
    named = {kind for line in re.findall(r"^ .* (\S+)$", text, re.MULTILINE) for kind in _names(line)}
    named |= {kind for line in contract.answers().values() for kind in _names(line)}
    assert named <= contract.PLAIN.keys() | contract.entities().keys()
    print(f"{len(contract.entities())} entities, {len(contract.answers())} routes")


def _names(kind: str) -> list[str]:
    bare = kind.replace("[]", "").replace("{}", "")
    return [] if bare.startswith("enum(") else bare.split("|")


async def answered(stage: Stage) -> dict[str, Any]:
    body = {"status": "hello #bread @olga", "poll": POLL}
    return decoded(await stage.people["owner"].post("/api/v1/statuses", body))


POLL = {"options": ["one", "two"], "expires_in": 3600}


def hold(body: Any, path: str = "/api/v1/statuses/1", method: str = "GET", **headers: str) -> None:
    headers = {"content-type": "application/json; charset=utf-8"} | headers
    contract.hold(method, path, 200, headers, json.dumps(body).encode(), signed=True)


BROKEN = {
    "a number for an id": {"id": 7},
    "letters in an id": {"id": "a7"},
    "a moment without fractions": {"created_at": "2026-01-01T00:00:00Z"},
    "six fractional digits": {"created_at": "2026-01-01T00:00:00.123456Z"},
    "two fractional digits": {"created_at": "2026-01-01T00:00:00.12Z"},
    "another zone": {"created_at": "2026-01-01T00:00:00.123+00:00"},
    "a word that clients do not know": {"visibility": "local"},
    "null for a boolean": {"sensitive": None},
    "null for a list": {"media_attachments": None},
    "null for a text": {"spoiler_text": None},
    "a number for a boolean": {"favourited": 1},
    "a boolean for a number": {"replies_count": True},
    "a text for a number": {"reblogs_count": "3"},
    "half an emoji": {"emojis": [{"shortcode": "x"}]},
    "an address without an origin": {"url": "/@alice/1"},
    "nothing for an account": {"account": {}},
    "a key that nobody knows": {"surprise": 1},
}


async def test_a_broken_promise_is_found(stage: Stage) -> None:
    post = await answered(stage)
    hold(post)
    for change in BROKEN.values():
        with pytest.raises(Broken):
            hold(post | change)


async def test_a_missing_key_or_null_is_found_wherever_it_is(stage: Stage) -> None:
    post = await answered(stage)
    tried = 0
    for whole, part, line in _parts(post, "Status"):
        value = part.pop(line.key)
        if line.optional:
            hold(whole)
        else:
            with pytest.raises(Broken):
                hold(whole)
        part[line.key] = None
        if line.nullable:
            hold(whole)
        else:
            with pytest.raises(Broken):
                hold(whole)
        part[line.key] = value
        tried += 1
    assert tried > 70
    hold(post)


def _parts(post: dict[str, Any], kind: str) -> list[tuple[dict[str, Any], dict[str, Any], Line]]:
    """The post, and each key of it and of what stands in it."""
    inner = [
        (post, kind),
        (post["account"], "Account"),
        (post["poll"], "Poll"),
        (post["poll"]["options"][0], "Poll::Option"),
    ]
    inner += [(post["mentions"][0], "Status::Mention"), (post["tags"][0], "Status::Tag")]
    inner += [(post["quote_approval"], "QuoteApproval"), (post["account"]["feature_approval"], "FeatureApproval")]
    lines = contract.entities()
    return [(post, part, lines[name][key]) for part, name in inner for key in list(part)]


async def test_what_concerns_a_viewer_is_for_those_who_bring_a_token(stage: Stage) -> None:
    post = await answered(stage)
    stranger = decoded(await stage.world.client.get(f"/api/v1/statuses/{stage.posts['open']}"))
    assert "favourited" not in stranger
    with pytest.raises(Broken, match="with a key"):
        hold(stranger)
    as_for_nobody = json.dumps(post).encode()
    with pytest.raises(Broken, match="bring no token"):
        contract.hold(
            "GET", "/api/v1/statuses/1", 200, {"content-type": "application/json"}, as_for_nobody, signed=False
        )


CROOKED = [
    '</api/v1/bookmarks?max_id=1>; rel="next"',
    '<http://parvis.test/api/v1/bookmarks?max_id=a1>; rel="next"',
    '<http://parvis.test/api/v1/bookmarks?min_id=1>; rel="prev", <http://parvis.test/?max_id=1>; rel="next"',
    '<http://parvis.test/api/v1/bookmarks?max_id=1>; rel="next", <http://parvis.test/?max_id=1>; rel="next"',
]


async def test_a_crooked_link_header_is_found(stage: Stage) -> None:
    post = await answered(stage)
    good = '<http://parvis.test/api/v1/bookmarks?max_id=1>; rel="next", <http://parvis.test/?min_id=1>; rel="prev"'
    hold([post], "/api/v1/bookmarks", link=good)
    for link in CROOKED:
        with pytest.raises(Broken):
            hold([post], "/api/v1/bookmarks", link=link)
    with pytest.raises(Broken, match="empty page"):
        hold([], "/api/v1/bookmarks", link=good)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b'{"error": 5}', "application/json"),
        (b'{"error": "no", "details": {"name": ["taken"]}}', "application/json"),
        (b'{"error": "no"}', "text/plain"),
        (b'{"error": "no", "trace": "x"}', "application/json"),
    ],
)
def test_a_refusal_that_clients_cannot_read_is_found(body: bytes, kind: str) -> None:
    good = b'{"error": "no", "details": {"name": [{"error": "ERR_TAKEN", "description": "is taken"}]}}'
    contract.hold("GET", "/api/v1/statuses/1", 422, {"content-type": "application/json"}, good, signed=None)
    with pytest.raises(Broken):
        contract.hold("GET", "/api/v1/statuses/1", 422, {"content-type": kind}, body, signed=None)


def test_success_without_json_is_found() -> None:
    for status, kind, body in ((204, "application/json", b""), (200, "text/plain", b"{}")):
        with pytest.raises(Broken):
            contract.hold("POST", "/api/v1/notifications/clear", status, {"content-type": kind}, body, signed=True)


async def test_answers_are_held_against_the_promises(stage: Stage) -> None:
    before = contract.checked["Status|ScheduledStatus"]
    post = await answered(stage)
    assert contract.checked["Status|ScheduledStatus"] == before + 1

    def lie(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=post | {"id": 7})

    async with httpx.AsyncClient(transport=httpx.MockTransport(lie)) as liar:
        with pytest.raises(Broken, match=r"\.id: '7' is not id"):
            await liar.get("http://parvis.test/api/v1/statuses/7", headers={"Authorization": "Bearer x"})
