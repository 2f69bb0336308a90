"""Many open streams of one client process. Its parent says what to open on standard input and reads what was heard.

A post's words carry when it was sent (`measured NUMBER at NANOSECONDS`, of the clock that all processes share), so that
nothing of a message has to be parsed, and a client costs little of the machine that it measures.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from typing import Any

_POST = re.compile(rb"measured (\d+) at (\d+)<")
_LONGEST = 64  # bytes that a match may have in an earlier read
_WEBSOCKET = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
)


class _Stream(asyncio.Protocol):
    """One connection: open once the server said so, then every measured post that comes, with its age."""

    def __init__(self, head: bytes, opened: bytes, heard: dict[int, list[float]]) -> None:
        self._head = head
        self._opened = opened
        self._heard = heard
        self._rest = b""
        self.mine: list[int] = []
        self.open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        read = self._rest + data
        if not self.open.done():
            self._rest = read
            if self._opened in read and read[9:12] in (b"200", b"101"):
                self.open.set_result(None)
                self._rest = b""
            return
        now, end = time.monotonic_ns(), 0
        for match in _POST.finditer(read):
            number, end = int(match[1]), match.end()
            self.mine.append(number)
            self._heard.setdefault(number, []).append((now - int(match[2])) / 1e6)
        self._rest = read[max(end, len(read) - _LONGEST) :]

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if not self.open.done():
            self.open.set_exception(error or ConnectionError(self._rest[:200].decode("latin-1")))


async def _open(order: dict[str, Any], heard: dict[int, list[float]]) -> list[_Stream]:
    gate = asyncio.Semaphore(order["at_once"])
    host = f"127.0.0.1:{order['port']}"
    loop = asyncio.get_running_loop()
    more, opened, path = "", b":)\n", "/user"
    if order["form"] == "socket":
        more, opened, path = _WEBSOCKET, b"\r\n\r\n", "?stream=user"

    async def one(token: str) -> _Stream:
        head = (
            f"GET /api/v1/streaming{path} HTTP/1.1\r\nHost: {host}\r\n{more}Authorization: Bearer {token}\r\n\r\n"
        ).encode()
        async with gate:
            _, stream = await loop.create_connection(lambda: _Stream(head, opened, heard), "127.0.0.1", order["port"])
            await asyncio.wait_for(stream.open, 60)
        return stream

    return await asyncio.gather(*(one(token) for token in order["tokens"]))


async def _main() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    read = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(read), sys.stdin)
    heard: dict[int, list[float]] = {}
    streams = await _open(json.loads(await read.readline()), heard)
    print(json.dumps({"open": len(streams)}), flush=True)
    await read.readline()  # the parent has published everything and waited
    twice = sum(len(stream.mine) - len(set(stream.mine)) for stream in streams)
    lost = sum(stream.lost for stream in streams)
    print(json.dumps({"ages_ms": heard, "twice": twice, "connections_lost": lost}), flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main())
