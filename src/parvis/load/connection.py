"""Connections to the target: a reader of answers that knows no more of HTTP/1.1 than it must, and a pool of them."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque

import msgspec

from parvis.load.parameters import REQUESTS_A_CONNECTION


class Answer(msgspec.Struct, frozen=True):
    """What came back. `body` is there only when it was asked for."""

    status: int
    head: bytes = b""
    body: bytes = b""
    size: int = 0


class Broken(Exception):
    """The connection ended without an answer. `unused`: before a single byte of it, on a connection used before."""

    def __init__(self, *, unused: bool) -> None:
        super().__init__()
        self.unused = unused


class Connection(asyncio.Protocol):
    """One request after another."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._keep_body = False
        self._reset()

    def _reset(self) -> None:
        self._buffer = b""
        self._head: bytes | None = None
        self._left = 0  # of the body; less than nothing when it comes in chunks
        self._size = 0
        self._parts: list[bytes] = []

    def ask(self, request: bytes, *, keep_body: bool = False) -> asyncio.Future[Answer]:
        """The answer, once it is there whole. Raises (in the future): Broken."""
        self.asked += 1
        self._keep_body = keep_body
        self._waiting = asyncio.get_running_loop().create_future()
        if self._transport is None or not self.open:
            self._waiting.set_exception(Broken(unused=self.asked > 1))
        else:
            self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    # ── what the loop calls ──

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Broken(unused=self.asked > 1 and self._head is None and not self._buffer))

    def data_received(self, data: bytes) -> None:
        if self._head is None:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head, data = self._buffer[:end], self._buffer[end + 4 :]
            self._buffer = b""
            self._left = _length(self._head)
        if self._left < 0:
            self._chunks(data)
            return
        self._take(data)
        self._left -= len(data)
        if self._left <= 0:
            self._finish()

    def _take(self, data: bytes) -> None:
        self._size += len(data)
        if self._keep_body:
            self._parts.append(data)

    def _chunks(self, data: bytes) -> None:
        self._buffer += data
        while True:
            line = self._buffer.find(b"\r\n")
            if line < 0:
                return
            size = int(self._buffer[:line].split(b";")[0], 16)
            if len(self._buffer) < line + 2 + size + 2:
                return
            self._take(self._buffer[line + 2 : line + 2 + size])
            self._buffer = self._buffer[line + 2 + size + 2 :]
            if size == 0:
                self._finish()
                return

    def _finish(self) -> None:
        head, size, body = self._head or b"", self._size, b"".join(self._parts)
        self._reset()
        if b"\r\nconnection: close" in head.lower():
            self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(int(head[9:12]), head, body, size + len(head)))


def _length(head: bytes) -> int:
    """How long the body is; -1 when it comes in chunks."""
    if head[9:12] in (b"204", b"304"):
        return 0
    low = head.lower()
    at = low.find(b"\r\ncontent-length:")
    if at >= 0:
        end = low.find(b"\r\n", at + 2)
        return int(low[at + 17 : end if end >= 0 else None])
    return -1 if b"\r\ntransfer-encoding: chunked" in low else 0


class Pool:
    """At most so many connections to one address; each is given up after a visit's worth of requests."""

    def __init__(
        self, address: str, port: int, *, most: int, tls: ssl.SSLContext | None = None, name: str = ""
    ) -> None:
        self.made = 0
        self._address, self._port, self._most = address, port, most
        self._tls, self._name = tls, name
        self._idle: list[Connection] = []
        self._busy = 0
        self._wanted: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """It is our turn to `take` one, after waiting while all were in use."""
        while self._busy >= self._most:
            await self._wait()
        self._busy += 1

    async def take(self) -> Connection:
        """A connection nobody else uses. Raises: OSError when the target refuses."""
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        try:
            return await self._connect()
        except BaseException:
            self._freed()
            raise

    def give_back(self, connection: Connection) -> None:
        """Others may use it, unless it is worn out or broken."""
        if connection.open and connection.asked < REQUESTS_A_CONNECTION:
            self._idle.append(connection)
        else:
            connection.close()
        self._freed()

    def throw_away(self, connection: Connection) -> None:
        """It is closed: an answer may still be under way on it."""
        connection.close()
        self._freed()

    def close(self) -> None:
        """Connections that nobody uses are closed."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._wanted.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came too late for us: somebody else may have it
                self._call_next()
            raise

    async def _connect(self) -> Connection:
        self.made += 1
        loop = asyncio.get_running_loop()
        name = self._name if self._tls else None
        _, connection = await loop.create_connection(
            Connection, self._address, self._port, ssl=self._tls, server_hostname=name
        )
        return connection

    def _freed(self) -> None:
        self._busy -= 1
        self._call_next()

    def _call_next(self) -> None:
        while self._wanted:
            turn = self._wanted.popleft()
            if not turn.done():
                turn.set_result(None)
                return
