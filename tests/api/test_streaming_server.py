"""Streaming through the real server: real sockets, two web processes, a worker, and the broker between them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import websockets

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import accounts, relationships
from parvis.infra import engines
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from tests.rig.people import Person, new_person
from tests.rig.server import Server


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server with two web processes."""
    made = Server(tmp_path_factory.mktemp("server") / "home", settings={"PARVIS_WEB_WORKERS": "2"})
    await asyncio.to_thread(made.start)
    try:
        yield made
    finally:
        await asyncio.to_thread(made.stop)


@pytest.fixture(scope="module")
async def services(server: Server) -> AsyncIterator[Services]:
    """Its database, for making people."""
    settings = Settings(home=server.home, port=server.port, database_pool=2)
    async with open_services(engines.with_addresses(settings), application="test") as opened:
        yield opened


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.origin, timeout=10) as opened:
        yield opened


async def friends(services: Services, client: httpx.AsyncClient, suffix: str) -> tuple[Person, Person]:
    """Alice, and bob who follows her."""
    alice = await new_person(services, client, f"alice_{suffix}")
    bob = await new_person(services, client, f"bob_{suffix}")
    async with services.db.transaction() as tx:
        await relationships.follow(tx, services.ids, bob.id, alice.id, now=utc_now())
    return alice, bob


def socket(server: Server, query: str, **options: Any) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{server.port}/api/v1/streaming{query}", **options)


async def test_a_browser_gets_its_protocol_back_and_the_post_within_a_second_from_any_process(
    server: Server, services: Services, client: httpx.AsyncClient
) -> None:
    alice, bob = await friends(services, client, "a")
    connections = [await socket(server, "/?stream=user", subprotocols=[bob.token]) for _ in range(6)]
    assert {one.subprotocol for one in connections} == {bob.token}
    await asyncio.sleep(0.3)
    began = time.monotonic()
    posted = (await alice.post("/api/v1/statuses", {"status": "hello"})).json()
    for one in connections:
        frame = json.loads(await asyncio.wait_for(one.recv(), 5))
        assert (frame["stream"], frame["event"]) == (["user"], "update")
        assert json.loads(frame["payload"])["id"] == posted["id"]
    assert time.monotonic() - began < 1.0
    for one in connections:
        await one.close()


async def test_a_strange_stream_is_an_error_frame_and_a_binary_frame_the_end(
    server: Server, services: Services, client: httpx.AsyncClient
) -> None:
    _, bob = await friends(services, client, "b")
    async with socket(server, "", additional_headers={"Authorization": f"Bearer {bob.token}"}) as one:
        await one.send('{"type":"subscribe","stream":"local"}')
        assert json.loads(await one.recv()) == {"error": "Unknown stream type", "status": 400}
        await one.send(b"\x00")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await one.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1003


async def test_a_bad_token_is_refused_at_the_handshake(server: Server) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await socket(server, "?stream=user", subprotocols=["nonsense"])
    assert refused.value.response.status_code == 401


async def test_a_revoked_token_is_cut_off_within_five_seconds(
    server: Server, services: Services, client: httpx.AsyncClient
) -> None:
    _, bob = await friends(services, client, "c")
    async with socket(server, "?stream=user", subprotocols=[bob.token]) as one:
        async with services.db.transaction() as tx:
            (app,) = await accounts.authorized_apps(tx, bob.id)
            await accounts.end_token(tx, bob.id, app.token_id)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await asyncio.wait_for(one.recv(), 5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_server_sent_events_arrive_as_they_happen(
    server: Server, services: Services, client: httpx.AsyncClient
) -> None:
    alice, bob = await friends(services, client, "d")
    async with client.stream("GET", "/api/v1/streaming/user", headers=bob.headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        assert await anext(lines) == ":)"
        posted = (await alice.post("/api/v1/statuses", {"status": "hello"})).json()
        assert await asyncio.wait_for(anext(lines), 5) == "event: update"
        data = await anext(lines)
        assert json.loads(data.removeprefix("data: "))["id"] == posted["id"]


async def test_a_stopping_server_says_goodbye(server: Server, services: Services, client: httpx.AsyncClient) -> None:
    _, bob = await friends(services, client, "e")
    one = await socket(server, "?stream=user", subprotocols=[bob.token])
    began = time.monotonic()
    await asyncio.to_thread(server.stop)
    assert time.monotonic() - began < 8
    with pytest.raises(websockets.ConnectionClosed):
        await asyncio.wait_for(one.recv(), 5)
