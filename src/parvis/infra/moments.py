"""What many ask for and what is true for a moment: one asks for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from parvis.infra import waits

T = TypeVar("T")


class Moment(Generic[T]):
    """An answer of one process that is `lasts_s` old at most; 0: each asks anew."""

    def __init__(self, lasts_s: float) -> None:
        self._lasts_s = lasts_s
        self._asked_at = 0.0
        self._answer: asyncio.Task[T] | None = None

    async def get(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer. Raises: what `ask` raises, to all who waited for it; whoever comes next asks again."""
        now = asyncio.get_running_loop().time()
        if self._answer is None or now - self._asked_at >= self._lasts_s or _failed(self._answer):
            self._asked_at = now
            self._answer = asyncio.ensure_future(_asking(ask))
        with waits.on(waits.SQL):  # it is the database that is asked
            return await asyncio.shield(self._answer)


async def _asking(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()


def _failed(task: asyncio.Task[T]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
