"""A short way for what is asked most: declared routes that read are answered without the framework's own road.

The framework finds the route, wraps it in layers and makes its own response, which costs more than most answers do. This
takes GET requests to declared routes, and POST requests in JSON to those that take little (a sign-up, when a city signs
up), and calls the same `responding.respond`; everything else, also what it does not know, goes on to the framework.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from litestar import Litestar, Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

from parvis.api import responding
from parvis.api.routing import Endpoint
from parvis.base.errors import Problem, TooLarge

SMALL_BYTES = 16 * 1024  # of a body that is read here, at once
_JSON = "application/json; charset=utf-8"

Failed = Callable[[Request[Any, Any, Any], Any], Response[Any]]


class Door:
    """The ASGI application in front of the framework; problems and errors become answers as they do there."""

    def __init__(
        self, framework: Litestar, endpoints: Iterable[Endpoint], on_problem: Failed, on_error: Failed
    ) -> None:
        self.framework = framework
        self._on_problem = on_problem
        self._on_error = on_error
        self._roots: dict[str, dict[str, Any]] = {"GET": {}, "POST": {}}
        for one in endpoints:
            if one.method == "GET" or (one.method == "POST" and one.body_bytes <= SMALL_BYTES):
                self._plant(one)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (root := self._roots.get(scope["method"])) is not None:
            found = _found(root, scope["path"])
            if found is not None and (scope["method"] == "GET" or _sends_json(scope)):
                await self._answer(*found, scope, receive, send)
                return
        await self.framework(scope, receive, send)

    def _plant(self, declared: Endpoint) -> None:
        branch, names = self._roots[declared.method], []
        for part in declared.path.split("/"):
            if part.startswith(":"):
                names.append(part[1:])
                part = ":"
            branch = branch.setdefault(part or "/", {})
        branch[""] = (declared, names)

    async def _answer(
        self, declared: Endpoint, values: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        scope["litestar_app"] = self.framework
        scope["path_params"] = values
        request: Request[Any, Any, Any] = _Whole(scope, receive, send)
        try:
            if declared.method != "GET":
                request.read = await _body(declared, receive)  # type: ignore[attr-defined]
            response: Response[Any] = await responding.respond(declared, request)
        except Problem as problem:
            response = self._on_problem(request, problem)
        except Exception as error:
            response = self._on_error(request, error)
        await _send(response, request, scope, receive, send)


class _Whole(Request[Any, Any, Any]):
    """A request whose body, if it has one, has been read."""

    __slots__ = ("read",)
    read: bytes

    async def body(self) -> bytes:
        return self.read


def _found(root: dict[str, Any], path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """The route and its path parameters. A part that is a word of some route is never taken for a parameter."""
    branch, values = root, []
    for part in path.split("/"):
        deeper = branch.get(part or "/")
        if deeper is None:
            deeper = branch.get(":")
            if deeper is None or not part:
                return None
            values.append(part)
        branch = deeper
    leaf = branch.get("")
    return None if leaf is None else (leaf[0], dict(zip(leaf[1], values, strict=True)))


def _sends_json(scope: Scope) -> bool:
    return any(name == b"content-type" and value.startswith(b"application/json") for name, value in scope["headers"])


async def _body(declared: Endpoint, receive: Receive) -> bytes:
    """All of the body. Raises: TooLarge past what the route takes."""
    parts: list[bytes] = []
    left = declared.body_bytes
    while True:
        message = await receive()
        part = message.get("body", b"")
        left -= len(part)
        if left < 0:
            raise TooLarge("The request is too large")
        parts.append(bytes(part))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(parts)


async def _send(
    response: Response[Any], request: Request[Any, Any, Any], scope: Scope, receive: Receive, send: Send
) -> None:
    body, media_type = response.content, response.media_type
    if not isinstance(body, bytes) or response.cookies or media_type != _JSON:
        answer: ASGIApp = response.to_asgi_response(app=None, request=request)
        await answer(scope, receive, send)
        return
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    headers += [(b"content-type", _JSON.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": response.status_code or 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
