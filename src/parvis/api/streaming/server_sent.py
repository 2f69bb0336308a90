"""Streaming by server-sent events: one stream a connection."""

from __future__ import annotations

import asyncio
from typing import Any

from parvis.api.streaming.tell import Client

THUMP_EVERY_S = 15.0
SEND_WITHIN_S = 20.0
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"private, no-store"),
    (b"x-accel-buffering", b"no"),
]


async def narrate(client: Client, receive: Any, send: Any) -> None:
    """The client heard its stream until one of us went away."""
    leaving = asyncio.create_task(_wait_for_leaving(client, receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _write(send, b":)\n")
        async for frame in client.heard(silence_s=THUMP_EVERY_S):
            await _write(send, frame or b":thump\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        leaving.cancel()


async def _write(send: Any, body: bytes) -> None:
    async with asyncio.timeout(SEND_WITHIN_S):
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _wait_for_leaving(client: Client, receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.close("gone")
