"""The application under measurement, with two more routes: a constant answer of any size, and one that is refused."""

from __future__ import annotations

from typing import Any

from parvis import app as parvis_app

_PREFIX = "/bench/constant/"
_REFUSED = "/bench/refused"
_ASKED = b"x-bench-asked"


def create_app() -> Any:
    """The application as `parvis web` runs it, behind a constant answer."""
    inner = parvis_app.create_app()
    bodies: dict[int, bytes] = {}
    shedder, refusing = inner.overload.shedder, [False]  # type: ignore[attr-defined]
    sheds = shedder.sheds
    shedder.sheds = lambda *whom, now: refusing[0] or sheds(*whom, now=now)

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/bench/"):
            await inner(scope, receive, _giving_back(scope, send) if scope["type"] == "http" else send)
            return
        if scope["path"] == _REFUSED:
            refusing[0] = True
            await inner({**scope, "path": "/api/v1/timelines/home"}, receive, send)
            refusing[0] = False
            return
        size = int(scope["path"][len(_PREFIX) :])
        body = bodies.setdefault(size, b"x" * size)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application


def _giving_back(scope: dict[str, Any], send: Any) -> Any:
    """Says in the answer when it was asked for, where the request says that: load tools do not remember it themselves."""
    for header in scope["headers"]:
        if header[0] == _ASKED:
            break
    else:
        return send

    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], header]}
        await send(message)

    return sending
