"""The application under measurement, with one more route: a constant answer of any size, to compare with."""

from __future__ import annotations

from typing import Any

from parvis import app as parvis_app

_PREFIX = "/bench/constant/"


def create_app() -> Any:
    """The application as `parvis web` runs it, behind a constant answer."""
    inner = parvis_app.create_app()
    bodies: dict[int, bytes] = {}

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await inner(scope, receive, send)
            return
        size = int(scope["path"][len(_PREFIX) :])
        body = bodies.setdefault(size, b"x" * size)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application
