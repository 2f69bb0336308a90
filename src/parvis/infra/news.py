"""News: what may be lost. Stream events, cache invalidation and wake-ups over NATS core; truth stays in PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import nats
import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg

log = structlog.get_logger(__name__)

SHARDS = 64


def author_subject(account_id: int) -> str:
    """Where what concerns an author's posts is told."""
    return f"posts.{account_id % SHARDS}"


def account_subject(account_id: int) -> str:
    """Where what concerns one account's own streams is told: notifications, relationships, revoked tokens."""
    return f"accounts.{account_id % SHARDS}"


WORK = "work"  # a wake-up: there are jobs


class News:
    """A connection that comes back by itself. Publishing never raises and never waits for the broker."""

    def __init__(self, url: str) -> None:
        """`url` carries the token: nats://TOKEN@host:port. Empty: there are no news, and nothing waits for any."""
        self._url = url
        self._client: Client | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._wanted: list[tuple[str, Callable[[bytes], Awaitable[None]]]] = []

    async def open(self) -> None:
        """Connecting has begun; it goes on in the background while the broker is away."""
        if self._url:
            self._connecting = asyncio.create_task(self._connect())

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def publish(self, subject: str, payload: bytes) -> None:
        """The message is on its way if the broker is there; otherwise it is lost, as news may be."""
        if self._client is None or not self._client.is_connected:
            return
        with contextlib.suppress(Exception):
            await self._client.publish(subject, payload)

    async def subscribe(self, subject: str, receive: Callable[[bytes], Awaitable[None]]) -> None:
        """`receive` is called for each message from now on, also after the broker came back."""
        self._wanted.append((subject, receive))
        if self._client is not None:
            await self._subscribe(subject, receive)

    async def ready(self, *, within_s: float) -> bool:
        """Whether the broker knows our subscriptions by now; nothing is published to us before."""
        try:
            async with asyncio.timeout(within_s):
                if self._connecting is not None:
                    await asyncio.shield(self._connecting)
                if self._client is not None:
                    await self._client.flush()
        except (TimeoutError, OSError, nats.errors.Error):
            return False
        return self.connected

    async def _connect(self) -> None:
        while True:
            try:
                client = await nats.connect(
                    self._url,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.2,
                    allow_reconnect=True,
                    error_cb=_ignore,
                )
                break
            except Exception as error:
                log.debug("news.waiting", error=repr(error))
                await asyncio.sleep(0.3)
        self._client = client
        for subject, receive in self._wanted:
            await self._subscribe(subject, receive)

    async def _subscribe(self, subject: str, receive: Callable[[bytes], Awaitable[None]]) -> None:
        async def deliver(message: Msg) -> None:
            try:
                await receive(message.data)
            except Exception:
                log.exception("news.receiver_failed", subject=subject)

        assert self._client is not None
        await self._client.subscribe(subject, cb=deliver)

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        if self._client is not None:
            with contextlib.suppress(Exception):
                await self._client.close()


async def _ignore(_: Exception) -> None:
    """The client reconnects by itself; each failed attempt is no news."""
