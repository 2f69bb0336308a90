"""Servers of strangers, on the loopback: a web server that says whatever a test wants, byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Asked:
    """A request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Say = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Stranger:
    """A listening web server. `asked`: what came in, in order; `connections`: how often somebody dialled."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0


def answering(status: int = 200, body: bytes = b"", **headers: str) -> Say:
    """Always this answer; underscores in header names stand for dashes."""

    async def say(_: Asked, out: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        out.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return say


@asynccontextmanager
async def stranger(say: Say, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Stranger]:
    """The server listens; at the end its connections are cut."""
    open_ones: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ones.add(task)
        made.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                asked = await _read(reader)
                made.asked.append(asked)
                await say(asked, writer)
                await writer.drain()
        writer.close()
        open_ones.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    made = Stranger(server.sockets[0].getsockname()[1])
    try:
        yield made
    finally:
        server.close()
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", "0"))))
