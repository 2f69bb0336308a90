"""A short way for what is asked most: declared routes that read are answered without the framework's own road.

The framework finds the route, wraps it in layers and makes its own response, which costs more than most answers do. This
takes GET requests to declared routes and calls the same `routing.respond`; everything else, also what it does not know,
goes on to the framework.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from litestar import Litestar, Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

from parvis.api import routing
from parvis.api.routing import Endpoint
from parvis.base.errors import Problem

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
        self._root: dict[str, Any] = {}
        for one in endpoints:
            if one.method == "GET":
                self._plant(one)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            found = self._find(scope["path"])
            if found is not None:
                await self._answer(*found, scope, receive, send)
                return
        await self.framework(scope, receive, send)

    def _plant(self, declared: Endpoint) -> None:
        branch, names = self._root, []
        for part in declared.path.split("/"):
            if part.startswith(":"):
                names.append(part[1:])
                part = ":"
            branch = branch.setdefault(part or "/", {})
        branch[""] = (declared, names)

    def _find(self, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """The route and its path parameters. A part that is a word of some route is never taken for a parameter."""
        branch, values = self._root, []
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

    async def _answer(
        self, declared: Endpoint, values: dict[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        scope["litestar_app"] = self.framework
        scope["path_params"] = values
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        try:
            response: Response[Any] = await routing.respond(declared, request)
        except Problem as problem:
            response = self._on_problem(request, problem)
        except Exception as error:
            response = self._on_error(request, error)
        await _send(response, request, scope, receive, send)


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
