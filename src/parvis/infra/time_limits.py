"""How long a piece of work may take, and time that does not count: whoever is told to stand still is not slow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import msgspec


class _Limit(msgspec.Struct):
    timeout: asyncio.Timeout
    excused_until: float = 0.0  # so that two who rest at once are not excused twice


_limit: ContextVar[_Limit | None] = ContextVar("time limit", default=None)


@asynccontextmanager
async def limited(seconds: float) -> AsyncIterator[None]:
    """The block, and whatever is begun in it, takes at most so long, rests aside. Raises: TimeoutError."""
    async with asyncio.timeout(seconds) as timeout:
        before = _limit.set(_Limit(timeout))
        try:
            yield
        finally:
            _limit.reset(before)


def excuse(since: float) -> None:
    """The time from then (monotonic) until now does not count, where something is limited at all."""
    limit, now = _limit.get(), time.monotonic()
    if limit is None or limit.timeout.expired() or (ends := limit.timeout.when()) is None:
        return
    rested_s = now - max(since, limit.excused_until)
    if rested_s > 0:
        limit.excused_until = now
        limit.timeout.reschedule(ends + rested_s)
