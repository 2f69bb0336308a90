"""The limiter in front of the application: what is refused and how, and that floods of one kind leave the others alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from parvis.app import _load
from parvis.infra.overload import bodies, levels, middleware
from parvis.infra.overload.control import Buckets
from parvis.infra.overload.middleware import Overload
from tests.rig.world import ORIGIN, World, new_world, settings_for


@pytest.fixture
async def limited(fresh_database_url: str, nats_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """A world with its limiter, whose clock the test turns itself."""
    settings = settings_for(tmp_path, fresh_database_url, nats_url, limiter=True, rate_limits=True)
    async with new_world(settings) as made:
        ticking = made.app.overload.watch._ticking
        ticking.cancel()  # a busy machine must not decide what this test sees
        made.app.overload.entrance = Buckets(rate=0.001, burst=60.0)
        yield made


def overload(world: World) -> Overload:
    return world.app.overload


async def get(world: World, path: str, client: str = "192.0.2.1", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=world.app, client=(client, 1))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as asking:
        return await asking.get(
            ORIGIN + path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )


async def test_a_refusal_says_why_and_when_to_come_again_in_the_form_that_was_asked_for(limited: World) -> None:
    overload(limited).shedder.thresholds = (4.0, 1.0, 2.0, 3.0)
    with limited.statements() as sent:
        json = await get(limited, "/api/v1/timelines/public")
        english, french = await get(limited, "/public"), await get(limited, "/public", accept_language="fr")
    assert sent == []
    assert json.status_code == english.status_code == french.status_code == 503
    assert json.json()["reason"] == "load"
    assert json.headers["access-control-allow-origin"] == "*"
    assert "More people are here" in english.text
    assert "plus de monde" in french.text
    assert "default-src 'none'" in english.headers["content-security-policy"]
    again = await get(limited, "/api/v1/timelines/public")
    for name in ("x-request-id", "x-content-type-options", "access-control-allow-origin", "retry-after"):
        assert len(again.headers.get_list(name)) == 1, "a prepared answer does not grow with each use"
    waits = Counter([(await get(limited, "/api/v1/timelines/public")).headers["retry-after"] for _ in range(199)])
    assert set(waits) == {str(n) for n in range(1, 9)}
    assert (await get(limited, "/sign-up")).status_code == 200, "the first class is never refused for load"
    assert overload(limited).status().refused[3] == 203


async def test_every_answer_says_once_how_busy_the_place_is(limited: World) -> None:
    overload(limited).levels.level = levels.PAUSED
    overload(limited).inside["hashing"] = middleware.BULKHEADS["hashing"]
    served, on_the_way = await get(limited, "/sign-in"), await limited.client.post("/sign-in", data={"login": "alice"})
    overload(limited).shedder.thresholds = (4.0, 1.0, 2.0, 3.0)
    at_once = await get(limited, "/api/v1/timelines/public")
    assert [one.status_code for one in (served, on_the_way, at_once)] == [200, 503, 503]
    for answer in (served, on_the_way, at_once):
        assert answer.headers.get_list("x-parvis-level") == [str(levels.PAUSED)]


async def test_all_that_was_answered_and_refused_is_told_of_the_place(limited: World) -> None:
    """Copies for strangers and what has places of its own are answers too; who asks too much alone is not load."""
    limiter = overload(limited)
    limiter.sharing.pages.most_bytes = 2_000_000
    probe = _load(limiter)
    for _ in range(4):
        assert (await get(limited, "/public")).status_code == 200  # the first is made, the others are copies of it
    assert (
        await limited.client.post("/sign-in", data={"login": "nobody"})
    ).status_code == 403  # in a place for hashing
    calm = probe(10.0).facts
    assert [calm[f"{name}_per_s"] for name in ("served", "page_hits", "refused")] == [0.5, 0.3, 0.0]
    limiter.inside["hashing"] = middleware.BULKHEADS["hashing"]
    assert (await limited.client.post("/sign-in", data={"login": "nobody"})).status_code == 503
    at_the_door = probe(1.0).facts
    assert [at_the_door[f"refused{name}_per_s"] for name in ("", "_for_load", "_door")] == [1.0, 1.0, 1.0]
    assert at_the_door["refused_share"] == 1.0
    limiter.entrance = Buckets(rate=0.001, burst=1.0)
    assert [(await get(limited, "/sign-up")).status_code for _ in range(3)] == [200, 429, 429]
    alone = probe(1.0).facts
    assert [alone[f"refused_{name}per_s"] for name in ("", "share_", "for_load_")] == [2.0, 2.0, 0.0]
    assert alone["refused_share"] == 0.0
    limiter.shedder.wait_s = 0.25
    assert probe(1.0).facts["wait_s"] == 0.25


async def test_members_are_served_before_strangers(limited: World) -> None:
    alice = await limited.person("alice")
    overload(limited).shedder.thresholds = (4.0, 4.0, 4.0, 3.0)
    assert (await get(limited, "/api/v1/timelines/public")).status_code == 503
    assert (await alice.get("/api/v1/timelines/home")).status_code == 200
    assert (await alice.get("/api/v1/timelines/public")).status_code == 200, "whose token was found good"


async def test_j5_nobody_raises_the_class_of_a_call_and_a_flood_of_entrances_is_its_networks_own(
    limited: World,
) -> None:
    overload(limited).shedder.thresholds = (4.0, 1.0, 2.0, 3.0)
    claims = {"x_priority": "0", "priority": "u=0", "x_parvis_level": "0", "x_forwarded_for": "127.0.0.1"}
    for path in ("/public?urgency=0", "/sign-up/../public", "/api/v1/timelines/public"):
        assert (await get(limited, path, **claims)).status_code in (404, 503)
    flood = Counter([(await get(limited, "/sign-in", client="198.51.100.1")).status_code for _ in range(100)])
    assert flood == {200: 60, 429: 40}
    assert (await get(limited, "/sign-in", client="198.51.100.2")).status_code == 200


async def test_who_is_refused_for_their_share_is_in_the_log_once_a_minute(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "TOLD_AT_MOST", 2)
    front = overload(limited)
    front.entrance = Buckets(rate=0.001, burst=1.0)
    with capture_logs() as logged:
        for _ in range(3):
            for number in (1, 2, 3):
                await get(limited, "/sign-in", client=f"203.0.113.{number}")
        front._told_since -= middleware.TOLD_EVERY_S
        await get(limited, "/sign-in", client="203.0.113.3")
    told = [one["network"] for one in logged if one["event"] == "request.refused"]
    assert told == ["203.0.113.1", "203.0.113.2", "203.0.113.3"]


async def test_a4_the_limit_of_an_entrance_is_the_same_for_every_way_of_writing_its_address(limited: World) -> None:
    forms = ("/sign-in", "//sign-in", "/sign-in/", "/%73ign-in", "/sign-in?x=1", "//sign-in//")
    for number in range(80):
        await get(limited, forms[number % len(forms)], client="198.51.100.1")
    for form in forms:
        forged = {"x_forwarded_for": "1.2.3.4", "forwarded": "for=1.2.3.4", "x_real_ip": "1.2.3.4"}
        assert (await get(limited, form, client="198.51.100.1", **forged)).status_code == 429, form


async def test_a1_a_flood_of_sign_ins_fills_its_own_places_and_readers_are_served(limited: World) -> None:
    alice = await limited.person("alice")
    held = asyncio.Event()
    inner = limited.app.inner

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/sign-in" and scope["method"] == "POST":
            await held.wait()
        await inner(scope, receive, send)

    async def sign_in(number: int) -> int:
        transport = httpx.ASGITransport(app=limited.app, client=(f"203.0.113.{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return (await client.post("/sign-in", data={"login": "alice", "password": "guess"})).status_code

    limited.app.inner = slow
    try:
        flood = [asyncio.create_task(sign_in(number)) for number in range(150)]
        await asyncio.sleep(0.3)
        assert overload(limited).inside["hashing"] == middleware.BULKHEADS["hashing"]
        assert overload(limited).shedder.under_way == 0, "not one of the common places is taken"
        assert (await alice.get("/api/v1/timelines/home")).status_code == 200
    finally:
        held.set()
        statuses = Counter(await asyncio.gather(*flood))
        limited.app.inner = inner
    assert statuses[503] == 150 - middleware.BULKHEADS["hashing"]


async def test_i6_bodies_that_do_not_come_take_no_place_and_end(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "GRACE_S", 0.5)
    alice = await limited.person("alice")
    never = asyncio.Event()
    answers: list[Any] = []

    async def receive() -> Any:
        await never.wait()

    async def send(message: Any) -> None:
        answers.append(message)

    def scope(number: int) -> dict[str, Any]:
        headers = [(b"host", b"parvis.test"), (b"content-length", b"5")]
        path = ("/api/v1/statuses", "/sign-in", "/sign-up", "/oauth/token")[number % 4]
        return {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": headers, "client": (f"203.0.{number // 40}.1", 1), "scheme": "http", "server": ("parvis.test", 80),
        }  # fmt: skip

    slow = [asyncio.create_task(limited.app(scope(number), receive, send)) for number in range(2000)]
    await asyncio.sleep(0.1)
    assert overload(limited).shedder.under_way == 0
    assert overload(limited).inside["hashing"] == 0
    assert (await alice.get("/api/v1/timelines/home")).status_code == 200
    assert (await get(limited, "/sign-up")).status_code == 200
    async with asyncio.timeout(20):
        await asyncio.gather(*slow)
    assert Counter(one["status"] for one in answers if one["type"] == "http.response.start") == {408: 2000}


async def test_a_gone_database_is_noticed_said_and_forgotten(limited: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = overload(limited).watch
    watch.database_gone = True
    assert (await get(limited, "/api/v1/timelines/public")).json()["reason"] == "database"
    watch.look()
    for _ in range(100):
        if not watch.database_gone:
            break
        await asyncio.sleep(0.05)
    assert (await get(limited, "/api/v1/timelines/public")).status_code == 200
