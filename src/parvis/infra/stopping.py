"""What a process does the moment it is told to stop, beside what its server does about it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable

_finishing: set[asyncio.Future[None]] = set()


def when_told_to_stop(finish: Callable[[], Awaitable[None]]) -> None:
    """`finish` runs in this loop as soon as TERM or INT comes.

    The server waits for open connections, so whoever keeps some open for ever must end them at the signal, not after it.
    The loop's own handler, set before, still runs: it is woken by a descriptor, whatever Python's handler is.
    """
    loop = asyncio.get_running_loop()

    def begin() -> None:
        task = asyncio.ensure_future(finish())
        _finishing.add(task)
        task.add_done_callback(_finishing.discard)

    def told(*_: object) -> None:
        loop.call_soon_threadsafe(begin)

    for sent in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sent, told)
