"""A small HTTP/1.1 client: connections kept alive, latencies measured from sending to the last byte."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request, encoded once."""

    path: str
    token: str | None = None
    method: str = "GET"
    body: bytes = b""
    content_type: str = "application/json"
    cookie: str | None = None

    def encode(self, host: str, unique: int) -> bytes:
        path = self.path.replace("{unique}", str(unique))
        lines = [f"{self.method} {path} HTTP/1.1", f"Host: {host}", "Accept: */*"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        body = self.body.replace(b"{unique}", str(unique).encode())
        if self.method != "GET":
            lines += [f"Content-Type: {self.content_type}", f"Content-Length: {len(body)}", f"Origin: http://{host}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


_unique = itertools.count()  # over all floods, so that nothing is asked for twice that should be new


@dataclass
class Outcome:
    """What came of many requests."""

    latencies_ms: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bytes_received: int = 0
    elapsed_s: float = 0.0

    @property
    def count(self) -> int:
        return len(self.latencies_ms)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def flood(
    port: int, requests: Sequence[Request], *, connections: int, seconds: float, most: int | None = None
) -> Outcome:
    """The requests in turn, over so many connections, until the time or the number is up."""
    outcome = Outcome()
    numbers = itertools.count()
    end = time.perf_counter() + seconds
    began = time.perf_counter()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.perf_counter() < end:
                number = next(numbers)
                if most is not None and number >= most:
                    return
                request = requests[number % len(requests)]
                before = time.perf_counter()
                writer.write(request.encode(f"127.0.0.1:{port}", next(_unique)))
                status, length = await _response(reader)
                outcome.latencies_ms.append((time.perf_counter() - before) * 1000)
                outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
                outcome.bytes_received += length
        finally:
            writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    outcome.elapsed_s = time.perf_counter() - began
    return outcome


async def _response(reader: asyncio.StreamReader) -> tuple[int, int]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        elif name.lower() == b"transfer-encoding":
            raise RuntimeError("chunked answers are not read")
    if length:
        await reader.readexactly(length)
    return status, length
