"""How long things take that somebody else does for us, as it can be told at any moment, also of what is not done yet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Pace:
    """`count` and `worked_s` of what has ended; `slowest_s` of that since it was last asked, and of what is under way."""

    def __init__(self) -> None:
        self.count = 0
        self.worked_s = 0.0
        self._slowest_s = 0.0
        self._under_way: dict[object, float] = {}

    @contextmanager
    def timed(self) -> Iterator[None]:
        """The block is something that somebody else does."""
        key, began = object(), time.monotonic()
        self._under_way[key] = began
        try:
            yield
        finally:
            del self._under_way[key]
            took_s = time.monotonic() - began
            self.count += 1
            self.worked_s += took_s
            self._slowest_s = max(self._slowest_s, took_s)

    def slowest_s(self) -> float:
        """The longest since the last call; what is under way counts by its age."""
        found, self._slowest_s = self._slowest_s, 0.0
        oldest = min(self._under_way.values(), default=None)
        return found if oldest is None else max(found, time.monotonic() - oldest)
