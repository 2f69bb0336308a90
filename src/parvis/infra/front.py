"""What happens to every request before any route: host check, cross-origin rules, request ids, the limiter, streaming's
own road."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from itertools import count
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from parvis.base.settings import Settings
from parvis.infra import tracing, tus
from parvis.infra.compressing import compressing, encoding_for
from parvis.infra.overload.middleware import Overload
from parvis.infra.requests import header

ANY_ORIGIN = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo")
_STREAMING = "/api/v1/streaming"
_HEALTH = "/health"

_ALLOW = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"*, Authorization, Content-Type, Idempotency-Key"),
    (b"access-control-max-age", b"86400"),
]
_TUS = [(name.lower().encode(), value.encode()) for name, value in tus.OFFERED.items()]
_EXPOSE = [
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, Mastodon-Async-Refresh, "
        b"Retry-After, X-Parvis-Level, Location, Tus-Resumable, Tus-Version, Tus-Extension, Upload-Offset, "
        b"Upload-Length, Upload-Expires, Parvis-Media-Id",
    ),
    (b"vary", b"Authorization, Origin"),
]
_NOSNIFF = (b"x-content-type-options", b"nosniff")


class Front:
    """The outermost ASGI application. `streaming` is set when the process has started."""

    def __init__(self, inner: ASGIApp, settings: Settings, handlers: Iterable[Any]) -> None:
        self.inner = inner
        self.overload = Overload(handlers, settings)
        self.settings = settings
        self.streaming: Any = None
        self._hosts = settings.hosts
        # Random bytes for each request would cost a tenth of a refusal; these need only differ.
        self._process, self._numbers = secrets.token_bytes(4).hex(), count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        path: str = scope["path"]
        if not path.startswith(_HEALTH) and (header(scope, b"host") or "").lower() not in self._hosts:
            await _refuse(scope, receive, send, 421, b"This server does not answer to that name.\n")
            return
        if path == _STREAMING or path.startswith(_STREAMING + "/"):
            await self._stream(scope, receive, send)
            return
        crossing = path.startswith(ANY_ORIGIN)
        if crossing and scope["type"] == "http" and scope["method"] == "OPTIONS":
            offered = _TUS if path.startswith("/api/parvis/v1/uploads") else []
            await _answer(send, 200, [*_ALLOW, *offered, (b"content-length", b"0")], b"")
            return
        answering = self._with_headers(send, crossing)
        if scope["type"] == "http" and scope["method"] == "HEAD":  # every page that can be fetched can be asked about
            scope, answering = {**scope, "method": "GET", "head": True}, _without_body(answering)  # type: ignore[assignment]
        if scope["type"] == "http" and (encoding := encoding_for(scope["headers"])):
            answering = compressing(answering, encoding)
        if scope["type"] == "http" and tracing.is_on():
            route = self.overload.routes.find(scope["method"], path).path
            with tracing.request(scope["method"], route, answering) as noting:
                await self.overload(scope, receive, noting, self.inner)
            return
        await self.overload(scope, receive, answering, self.inner)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            await _answer(send, 200, [*_ALLOW, (b"content-length", b"0")], b"")
        elif self.streaming is None:
            await _refuse(scope, receive, send, 503, b"Starting.\n")
        else:
            sending = self._with_headers(send, True) if scope["type"] == "http" else send
            await self.overload.stream(scope, receive, sending, self.streaming)

    def _with_headers(self, send: Send, crossing: bool) -> Send:
        request_id = f"{self._process}{next(self._numbers) & 0xFFFFFFFF:08x}".encode()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (b"x-request-id", request_id), _NOSNIFF]
                if crossing:
                    headers += _EXPOSE
                message["headers"] = headers
            await send(message)

        return sending


def _without_body(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            if not message.get("more_body", False):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, text: bytes) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    await _answer(send, status, [(b"content-type", b"text/plain; charset=utf-8"), _NOSNIFF], text)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
