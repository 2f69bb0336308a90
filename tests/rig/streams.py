"""Clients of streams that speak to the application directly, in its own protocol (ASGI)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from parvis.base.events import NotificationAdded
from parvis.base.ids import AccountId
from parvis.domain.timelines import NOTIFICATIONS, Audience, Happening, Listener, Live
from parvis.infra.events import encode
from tests.rig import contract
from tests.rig.people import Person
from tests.rig.world import ORIGIN, World

ROOT = "/api/v1/streaming"
PATIENCE_S = 5.0
HOST = ORIGIN.removeprefix("http://")


class _Probe:
    """A door that counts what it is given."""

    def __init__(self) -> None:
        self.heard = asyncio.Semaphore(0)

    async def deliver(self, happening: Happening, audience: Audience) -> None:
        self.heard.release()


async def everything_is_told(world: World) -> None:
    """What was published before has been heard by the streams of this process, and gone to those who listened then.

    News come in order on each of the two kinds of subject, so something of our own is sent after them on both.
    """
    live: Live = world.app.inner.framework.state.live
    probe, nobody = _Probe(), AccountId(world.services.ids.next())
    listener = Listener(probe, nobody, None)
    live.join(listener)
    await live.listen(listener, [NOTIFICATIONS])
    event = encode(NotificationAdded(account_id=nobody, notification_id=1)).encode()
    for subject in ("posts.0", "accounts.0"):
        await world.services.news.publish(subject, event)
    async with asyncio.timeout(PATIENCE_S):
        await probe.heard.acquire()
        await probe.heard.acquire()
    live.leave(listener)


class Connection:
    """One connection to the application: `say` to it, `hear` what it says."""

    def __init__(self, world: World, scope: dict[str, Any]) -> None:
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(world.app(scope, self._to_app.get, self._send))
        self.blocked: asyncio.Event | None = None

    async def _send(self, message: dict[str, Any]) -> None:
        if self.blocked is not None:
            await self.blocked.wait()
        await self._from_app.put(message)

    async def say(self, message: dict[str, Any]) -> None:
        await self._to_app.put(message)

    async def hear(self, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next message of the application; a failure of its own comes out here."""
        getting = asyncio.ensure_future(self._from_app.get())
        async with asyncio.timeout(within_s):
            await asyncio.wait({getting, self._task}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done() and self._task.done():
                getting.cancel()
                self._task.result()
                raise AssertionError("The application is finished and said nothing more.")
            return await getting

    async def end(self) -> None:
        """The application has come to its end with this connection."""
        async with asyncio.timeout(PATIENCE_S):
            await self._task


class Socket(Connection):
    """An accepted WebSocket."""

    async def ask(self, **wish: Any) -> None:
        """A message of ours, as JSON."""
        await self.say({"type": "websocket.receive", "text": json.dumps(wish)})

    async def frame(self, within_s: float = PATIENCE_S) -> Any:
        """The next frame, read."""
        message = await self.hear(within_s)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def event(self) -> tuple[list[str], str, Any]:
        """Stream, event and payload of the next frame; the payload must be JSON within a string."""
        frame = await self.frame()
        assert isinstance(frame["payload"], str), frame
        payload = json.loads(frame["payload"])
        contract.hold_event(frame["event"], payload)
        return frame["stream"], frame["event"], payload

    async def closed(self, within_s: float = PATIENCE_S) -> int:
        """The code with which the connection was closed."""
        while True:
            message = await self.hear(within_s)
            if message["type"] == "websocket.close":
                return message["code"]


class Narration(Connection):
    """Accepted server-sent events."""

    async def text(self, within_s: float = PATIENCE_S) -> str:
        message = await self.hear(within_s)
        assert message["type"] == "http.response.body", message
        return message["body"].decode()

    async def event(self) -> tuple[str, Any]:
        """The name and the data of the next event; comments are passed over."""
        while True:
            text = await self.text()
            if not text.startswith(":"):
                break
        name, data, *rest = text.split("\n")
        assert rest == ["", ""], text
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def _scope(kind: str, path: str, query: str, headers: dict[str, str], **more: Any) -> dict[str, Any]:
    raw = [(name.lower().encode(), value.encode()) for name, value in ({"host": HOST} | headers).items()]
    return {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": raw,
        "client": ("192.0.2.7", 5000),
        "extensions": {"websocket.http.response": {}},
        **more,
    }


async def knock(
    world: World, path: str = ROOT, query: str = "", protocols: tuple[str, ...] = (), **headers: str
) -> tuple[Socket, dict[str, Any]]:
    """A WebSocket's handshake and the application's answer to it."""
    socket = Socket(world, _scope("websocket", path, query, headers, subprotocols=list(protocols)))
    await socket.say({"type": "websocket.connect"})
    return socket, await socket.hear()


@asynccontextmanager
async def socket_of(world: World, person: Person, *streams: str, **parameters: str) -> AsyncIterator[Socket]:
    """A WebSocket of that person, subscribed to these streams."""
    await everything_is_told(world)
    socket, answer = await knock(world, authorization=f"Bearer {person.token}")
    assert answer["type"] == "websocket.accept", answer
    for stream in streams:
        await socket.ask(type="subscribe", stream=stream, **parameters)
    await _subscribed(world, socket)
    try:
        yield socket
    finally:
        await socket.say({"type": "websocket.disconnect", "code": 1000})
        await socket.end()


async def _subscribed(world: World, socket: Socket) -> None:
    """What was asked so far has been dealt with: a question with a known answer has been answered."""
    await socket.ask(type="are you there")
    assert (await socket.frame())["error"] == "Unknown message type"


@asynccontextmanager
async def narration_of(world: World, person: Person, path: str, query: str = "") -> AsyncIterator[Narration]:
    """Server-sent events for that person."""
    await everything_is_told(world)
    narration, answer = await request(world, path, query, authorization=f"Bearer {person.token}")
    assert answer["status"] == 200, answer
    assert await narration.text() == ":)\n"
    try:
        yield narration
    finally:
        await narration.say({"type": "http.disconnect"})
        await narration.end()


async def request(world: World, path: str, query: str = "", **headers: str) -> tuple[Narration, dict[str, Any]]:
    """A request for server-sent events and the head of the answer."""
    narration = Narration(world, _scope("http", f"{ROOT}/{path}", query, headers, method="GET"))
    await narration.say({"type": "http.request", "body": b"", "more_body": False})
    return narration, await narration.hear()
