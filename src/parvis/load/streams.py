"""Open streams: people whose page is open and who hear what happens. Here nobody listens to what is said."""

from __future__ import annotations

import asyncio
from random import Random

from parvis.load.plan import Plan
from parvis.load.world import World, address_of, http

_OPENING_A_SECOND = 200
_AGAIN_S = 5.0


class _Stream(asyncio.Protocol):
    """Counts as open once an answer of 200 has begun."""

    def __init__(self, request: bytes, owner: Streams, number: int) -> None:
        self._request, self._owner, self._number = request, owner, number
        self._transport: asyncio.Transport | None = None
        self._answered = False
        self.let_go = False  # somebody else opens it again

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self._answered:
            self._answered = True
            self._owner.answered(self._number, self, ok=data[9:12] == b"200")

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.lost(self._number, self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class Streams:
    """So many streams, opened again whenever they end, all of them within moments when the plan says so."""

    def __init__(self, world: World, plan: Plan, count: int, random: Random) -> None:
        self.refused = 0
        self._world, self._plan, self._count, self._random = world, plan, count, random
        self._open: dict[int, _Stream] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._opening: set[asyncio.Task[None]] = set()
        self._closed = False
        self._most = 0

    @property
    def opened(self) -> int:
        """The most that were open at once."""
        return self._most

    async def open(self) -> None:
        """All have been opened, or refused."""
        for number in range(self._count):
            await self._connect(number)
            await asyncio.sleep(1 / _OPENING_A_SECOND)

    def begin(self, start: float) -> None:
        """The events of the plan are on their way."""
        loop = asyncio.get_running_loop()
        for one in self._plan.happenings():
            if one.event.reconnects and self._count:
                self._timers.append(loop.call_at(start + one.from_s, self._all_again, one.until_s - one.from_s))

    def close(self) -> None:
        self._closed = True
        for timer in self._timers:
            timer.cancel()
        for stream in list(self._open.values()):
            stream.close()

    def answered(self, number: int, stream: _Stream, *, ok: bool) -> None:
        if ok:
            self._open[number] = stream
            self._most = max(self._most, len(self._open))
        else:
            self.refused += 1
            stream.close()

    def lost(self, number: int, stream: _Stream) -> None:
        if self._open.get(number) is stream:
            del self._open[number]
        if not self._closed and not stream.let_go:
            self._later(number, self._random.uniform(1, _AGAIN_S))

    def _all_again(self, within_s: float) -> None:
        for number, stream in list(self._open.items()):
            del self._open[number]
            stream.let_go = True
            stream.close()
            self._later(number, self._random.uniform(0, within_s))

    def _later(self, number: int, wait_s: float) -> None:
        loop = asyncio.get_running_loop()

        def start() -> None:
            if number not in self._open and not self._closed:
                task = loop.create_task(self._connect(number))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)

        self._timers.append(loop.call_later(wait_s, start))

    async def _connect(self, number: int) -> None:
        target = self._world.target
        member = self._world.members[number % len(self._world.members)]
        headers = {
            "Authorization": f"Bearer {member.token}",
            "Accept": "text/event-stream",
            "X-Forwarded-For": address_of(int(member.id) >> 7),
        }
        request = http(target, "GET", "/api/v1/streaming/user", headers=headers)
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: _Stream(request, self, number),
                target.address,
                target.port,
                ssl=target.tls(),
                server_hostname=target.host if target.secure else None,
            )
        except OSError:
            self.refused += 1
            if not self._closed:
                self._later(number, self._random.uniform(1, _AGAIN_S))
