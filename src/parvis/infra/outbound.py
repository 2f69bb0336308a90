"""The one place that goes to addresses which strangers named: web push, and whatever else must look outside.

Each hop is checked anew: scheme, port, and every address its name resolves to, of which one that is not public spoils
all (cases F1 to F3). The name is resolved once and the connection goes to what was checked, so a name that changes its
mind changes nothing. Everything is bounded: time, headers, what is received, connections to one host (case F4).
"""

from __future__ import annotations

import asyncio
import ssl
import time
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from typing import Any

import httpcore
import msgspec

from parvis.base.errors import Unavailable
from parvis.base.settings import Settings
from parvis.infra import tracing, waits
from parvis.infra.destinations import Destination, Refused, destination, is_public, next_hop
from parvis.infra.pace import Pace

CONNECT_S = 2.0
TOTAL_S = 10.0
MOST_HEADER_BYTES = 32 * 1024
MOST_RECEIVED_BYTES = 2 * 1024 * 1024  # over one connection since the last request on it, before decompression
CONNECTIONS = 64
KEPT_S = 30.0
REST_AFTER = 3  # failures in a row
FIRST_REST_S = 30.0
LONGEST_REST_S = 600.0
MOST_HOSTS = 10_000

Resolve = Callable[[str, int], Awaitable[list[str]]]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of visit may do. `body_bytes` of an answer are kept, after decompression; the rest is not read."""

    schemes: frozenset[str] = frozenset({"https"})
    redirects: int = 0
    body_bytes: int = 0
    at_once_per_host: int = 2


class Answer(msgspec.Struct, frozen=True):
    """What came back, from where in the end. `whole`: nothing of the body was cut off."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    whole: bool


class Unreachable(Unavailable):
    """The other side does not answer as it should"""


class Outbound:
    """Connections of one process. `resolve` and `tls` are there for tests, whose hosts are in no directory."""

    def __init__(
        self, settings: Settings, *, resolve: Resolve | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._private = settings.allow_private_addresses
        self._network = _Network(resolve or _resolve, private=self._private)
        self._tls = tls
        self._pool: httpcore.AsyncConnectionPool | None = None
        self._hosts = _Hosts()
        self.pace = Pace()
        self.answered = self.unreachable = 0  # so far

    async def send(
        self, method: str, url: str, *, errand: Errand, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """The answer to this request, after at most `errand.redirects` hops.

        Raises: Refused where this server does not go; Unreachable when no proper answer came in time.
        """
        schemes = errand.schemes | {"http"} if self._private else errand.schemes
        here = destination(url, schemes=schemes, private=self._private)
        with (
            self._counted(),
            waits.on(waits.OUTBOUND),
            tracing.span("ask another server", **{"server.address": here.host}),
        ):
            return await self._sent(method, here, errand, headers or {}, body, schemes)

    async def _sent(
        self,
        method: str,
        here: Destination,
        errand: Errand,
        headers: Mapping[str, str],
        body: bytes,
        schemes: frozenset[str],
    ) -> Answer:
        try:
            async with asyncio.timeout(TOTAL_S):
                for _ in range(errand.redirects + 1):
                    answer = await self._visit(method, here, errand, headers, body)
                    if not errand.redirects or not 300 <= answer.status < 400 or "location" not in answer.headers:
                        return answer
                    here = next_hop(here, answer.headers["location"], schemes=schemes, private=self._private)
        except TimeoutError:
            raise Unreachable from None
        raise Refused("Too many redirects")

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            with self.pace.timed():
                yield
        except Unreachable:
            self.unreachable += 1
            raise
        self.answered += 1

    async def close(self) -> None:
        """Idle connections are closed."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _visit(
        self, method: str, to: Destination, errand: Errand, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        async with self._hosts.visiting(to.host, errand.at_once_per_host):
            try:
                return await self._ask(method, to, errand, headers, body)
            except _TROUBLE as error:
                raise Unreachable from error

    async def _ask(
        self, method: str, to: Destination, errand: Errand, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        wanted = {"Accept-Encoding": "gzip" if errand.body_bytes else "identity", "User-Agent": "Parvis"} | dict(
            headers
        )
        timeouts = {"connect": CONNECT_S, "read": TOTAL_S, "write": TOTAL_S, "pool": TOTAL_S}
        request = self._opened().stream(
            method, to.url, headers=list(wanted.items()), content=body, extensions={"timeout": timeouts}
        )
        async with request as response:
            if sum(len(name) + len(value) + 4 for name, value in response.headers) > MOST_HEADER_BYTES:
                raise Unreachable
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            kept, whole = await _body(response, found.get("content-encoding", ""), errand.body_bytes)
        return Answer(response.status, found, kept, to.url, whole)

    def _opened(self) -> httpcore.AsyncConnectionPool:
        """The pool, made at the first errand: reading certificates takes a while, and many processes have none to run."""
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=self._tls or httpcore.default_ssl_context(),
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS // 2,
                keepalive_expiry=KEPT_S,
                network_backend=self._network,
            )
        return self._pool


_TROUBLE = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
    zlib.error,
)


async def _body(response: httpcore.Response, encoding: str, most: int) -> tuple[bytes, bool]:
    """The first `most` bytes, decompressed, and whether that is all. An encoding we did not ask for is no answer."""
    if most and encoding not in ("", "identity", "gzip"):
        raise Unreachable
    gunzip = zlib.decompressobj(31) if most and encoding == "gzip" else None
    kept = bytearray()
    spare = 64 * 1024 if not most else 0  # read and dropped, so that the connection can be used again
    async for chunk in response.aiter_stream():
        if not most:
            spare -= len(chunk)
            if spare < 0:
                break
            continue
        kept += chunk if gunzip is None else gunzip.decompress(chunk, most + 1 - len(kept))
        if len(kept) > most:
            return bytes(kept[:most]), False
    return bytes(kept), True


class _Network(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only. The TLS name stays that of the host, since only the dialling is changed."""

    def __init__(self, resolve: Resolve, *, private: bool) -> None:
        self._resolve = resolve
        self._private = private
        inner: Any = httpcore.AnyIOBackend()  # type checkers see the class for when anyio is not there
        self._inner: httpcore.AsyncNetworkBackend = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the host's addresses. Raises: Refused when any of them is not public."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except OSError as error:
            raise httpcore.ConnectError("The name is unknown") from error
        if not addresses or not (self._private or all(map(is_public, addresses))):
            raise Refused
        candidates = _one_a_family(addresses)
        trouble: Exception = httpcore.ConnectError()
        for address in candidates:
            try:
                stream = await self._inner.connect_tcp(address, port, timeout=(timeout or CONNECT_S) / len(candidates))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
                continue
            if ip_address(stream.get_extra_info("server_addr")[0].partition("%")[0]) != ip_address(address):
                await stream.aclose()
                raise Refused
            return _Metered(stream)
        raise trouble


def _one_a_family(addresses: list[str]) -> list[str]:
    """The first of each kind, in the resolver's order: two tries must fit into the time for one."""
    found: dict[bool, str] = {}
    for address in addresses:
        found.setdefault(":" in address, address)
    return list(found.values())


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    except UnicodeError:  # a label that is too long
        raise Refused from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class _Metered(httpcore.AsyncNetworkStream):
    """A connection over which only so much comes in for each request, whatever it is made of."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._received = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = await self._inner.read(max_bytes, timeout)
        self._received += len(found)
        if self._received > MOST_RECEIVED_BYTES:
            raise httpcore.RemoteProtocolError("Too much came")
        return found

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._received = 0
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Metered(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Host(msgspec.Struct):
    gate: asyncio.Semaphore
    inside: int = 0
    failures: int = 0
    resting_until: float = 0.0


class _Hosts:
    """Few visits to a host at a time, and none for a while to one that has failed again and again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Host] = OrderedDict()

    @asynccontextmanager
    async def visiting(self, name: str, at_once: int) -> AsyncIterator[None]:
        """Raises: Unreachable while the host rests."""
        host = self._host(name, at_once)
        host.inside += 1
        try:
            async with host.gate:
                if host.resting_until > time.monotonic():
                    raise Unreachable
                try:
                    yield
                except (Unreachable, asyncio.CancelledError):
                    host.failures += 1
                    if host.failures >= REST_AFTER:
                        rest_s = min(FIRST_REST_S * 2 ** (host.failures - REST_AFTER), LONGEST_REST_S)
                        host.resting_until = time.monotonic() + rest_s
                    raise
                host.failures = 0
        finally:
            host.inside -= 1

    def _host(self, name: str, at_once: int) -> _Host:
        host = self._known.get(name)
        if host is None:
            host = self._known[name] = _Host(asyncio.Semaphore(at_once))
        self._known.move_to_end(name)
        for other in list(self._known)[: max(0, len(self._known) - MOST_HOSTS)]:
            if not self._known[other].inside:
                del self._known[other]
        return host
