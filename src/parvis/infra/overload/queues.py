"""Who waits for a place: one queue a class, each with a longest wait. Pure, time is passed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from typing import Any


class Waiting:
    """A request that waits; `ticket` is whatever its owner wants back."""

    __slots__ = ("principal", "since", "ticket")

    def __init__(self, ticket: Any, principal: Hashable, since: float) -> None:
        self.ticket = ticket
        self.principal = principal
        self.since = since


class Queue:
    """First come, first served; but the newest first once the oldest has waited for half of what it may.

    By then some will be too late in any case, and better these than everybody.
    """

    def __init__(self, longest_wait_s: float, most: int) -> None:
        self.longest_wait_s = longest_wait_s
        self._most = most
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, one: Waiting) -> bool:
        """Whether there was room."""
        if len(self._waiting) >= self._most:
            return False
        self._waiting.append(one)
        return True

    def take(self, now: float) -> Waiting | None:
        """Who is next. Ask `late` first: those who waited too long are still here."""
        if not self._waiting:
            return None
        if now - self._waiting[0].since > self.longest_wait_s / 2:
            return self._waiting.pop()
        return self._waiting.popleft()

    def late(self, now: float) -> Iterator[Waiting]:
        """Those who have waited too long, no longer here."""
        while self._waiting and now - self._waiting[0].since >= self.longest_wait_s:
            yield self._waiting.popleft()

    def oldest_s(self, now: float) -> float:
        """How long the oldest has waited."""
        return now - self._waiting[0].since if self._waiting else 0.0
