"""Bodies that arrive too slowly: whoever sends one holds a connection, and no place that others need (case I6)."""

from __future__ import annotations

import asyncio
from typing import Any

from parvis.infra import waits

GRACE_S = 10.0
BYTES_PER_S = 16 * 1024
BUFFERED_BYTES = 256 * 1024


class TooSlow(Exception):
    """The body did not come in time."""


class Body:
    """The receiving side of a request: at first for us, then for the application."""

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self._began = asyncio.get_running_loop().time()
        self._read: list[dict[str, Any]] = []
        self._bytes = 0
        self._over = False

    @property
    def is_here(self) -> bool:
        """Whether all of it has come."""
        return self._over

    async def arrive(self) -> None:
        """The body is here, or so much of it that the rest is read as it comes. Raises: TooSlow."""
        while not self._over and self._bytes < BUFFERED_BYTES:
            message = await self._next()
            self._read.append(message)

    async def receive(self) -> dict[str, Any]:
        """As the application asks. A body that stalls looks like a client that has left."""
        if self._read:
            return self._read.pop(0)
        if self._over:
            return await self._receive()
        try:
            return await self._next()
        except TooSlow:
            return {"type": "http.disconnect"}

    async def _next(self) -> dict[str, Any]:
        until = self._began + GRACE_S + self._bytes / BYTES_PER_S
        try:
            async with asyncio.timeout_at(until):
                with waits.on(waits.CLIENT):
                    message = await self._receive()
        except TimeoutError:
            raise TooSlow from None
        self._bytes += len(message.get("body", b""))
        self._over = message["type"] != "http.request" or not message.get("more_body", False)
        return message
