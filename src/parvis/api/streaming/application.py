"""The ASGI application of everything under /api/v1/streaming."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import msgspec
import structlog

from parvis.api.errors import status_of
from parvis.api.streaming import server_sent, socket, tell
from parvis.api.streaming.authorise import parameters_of, viewer_of
from parvis.api.streaming.channels import channel, name_of_path
from parvis.api.streaming.tell import Client, Form
from parvis.base.errors import Forbidden, NotFound, Problem, TooMany, Unauthenticated, Unavailable
from parvis.domain.accounts.types import Viewer
from parvis.domain.relationships.sieves import Sieves
from parvis.domain.timelines import Audience, Happening, Live
from parvis.infra.requests import client_address, network_of
from parvis.infra.services import Services

log = structlog.get_logger(__name__)

ROOT = "/api/v1/streaming"
MOST_OF_NETWORK = 100
_OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
)


class Streaming:
    """The client API's streams of this process. It is also the door that `Live` delivers to."""

    def __init__(self, services: Services, live: Live, sieves: Sieves | None = None) -> None:
        self._services = services
        self._sieves = sieves or Sieves()
        self._live = live
        self._networks: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def deliver(self, happening: Happening, audience: Audience) -> None:
        """As `Live` asks of a door."""
        await tell.deliver(self._services, self._sieves, happening, audience)

    async def _socket(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()  # websocket.connect
        offered = list(scope.get("subprotocols") or ())
        try:
            if scope["path"].rstrip("/") != ROOT:
                raise NotFound
            parameters = parameters_of(scope)
            viewer = await self._viewer(scope, parameters)
            with self._joined(scope, viewer, "socket") as client:
                # Browsers fail unless one of the protocols they offered comes back; it is the token, for lack of a header.
                await send({"type": "websocket.accept", "subprotocol": offered[0] if offered else None})
                await self._until_gone(socket.converse(self._live, client, parameters, receive, send))
        except Problem as problem:
            await _deny(scope, send, problem)

    async def _http(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix(ROOT).strip("/")
        if path == "health":
            await _answer(send, 200, b"OK", b"text/plain; charset=utf-8")
            return
        try:
            if scope["method"] != "GET":
                raise NotFound
            parameters = parameters_of(scope)
            name = name_of_path(path, parameters)
            viewer = await self._viewer(scope, parameters)
            wanted = channel(name, parameters, viewer.scopes)
            with self._joined(scope, viewer, "server-sent") as client:
                client.channels[wanted.label] = wanted
                await self._live.listen(client, wanted.streams)
                await self._until_gone(server_sent.narrate(client, receive, send))
        except Problem as problem:
            await _answer(send, *_worded(problem))

    async def _viewer(self, scope: Any, parameters: dict[str, str]) -> Viewer:
        try:
            return await viewer_of(self._services, scope, parameters)
        except ValueError as error:  # a token or a query that is no text
            raise Unauthenticated from error
        except _OUTAGES as error:
            raise Unavailable from error

    @contextmanager
    def _joined(self, scope: Any, viewer: Viewer, form: Form) -> Iterator[Client]:
        """Raises: TooMany streams of the account or from the same network."""
        network = network_of(client_address(scope, self._services.settings))
        if self._services.settings.rate_limits and self._networks[network] >= MOST_OF_NETWORK:
            raise TooMany(30, "Too many open streams")
        client = Client(self, viewer, form)
        self._live.join(client)
        self._networks[network] += 1
        try:
            yield client
        finally:
            self._live.leave(client)
            self._networks[network] -= 1
            if not self._networks[network]:
                del self._networks[network]

    async def _until_gone(self, talk: Any) -> None:
        """A connection that broke is no error of ours."""
        try:
            await talk
        except _OUTAGES as error:
            log.debug("streaming.broken", error=repr(error))


def _worded(problem: Problem) -> tuple[int, bytes, bytes]:
    # Streaming has always answered 401 to a token that lacks a scope, and clients sign in again on it.
    status = 401 if isinstance(problem, Forbidden) else status_of(problem)
    return status, msgspec.json.encode({"error": problem.message}), b"application/json; charset=utf-8"


async def _deny(scope: Any, send: Any, problem: Problem) -> None:
    """The handshake is answered with a status instead of a connection."""
    status, body, kind = _worded(problem)
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body, "more_body": False})


async def _answer(send: Any, status: int, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
