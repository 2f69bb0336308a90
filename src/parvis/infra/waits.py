"""What one request's time goes to: its own work, and what it waits for.

A request is a coroutine that runs step by step; between two steps it waits. Each step's time is the request's own, each
pause goes to whatever is named when it begins: `on(HASHING)` names it for a block, and a borrowed connection for as long
as it is held. What is not named is the event loop: others' steps, tasks of its own, a client that takes its answer slowly.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Coroutine, Generator
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from types import TracebackType, coroutine
from typing import Any

LOOP, PLACE, CLIENT, POOL, SQL, HASHING, STORAGE, OUTBOUND, OWN = range(9)
NAMES = ("loop", "place", "client", "pool", "sql", "hashing", "storage", "outbound", "own")

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; what takes longer is beyond
MOST_ROUTES = 50  # of which failures are told apart

_NOTHING = nullcontext()


class Spent:
    """Seconds of one request by what they went to. `label`: what the next pause is for. `failed`: it was answered with 500;
    `refused`: without having been worked on."""

    __slots__ = ("failed", "label", "refused", "seconds")

    def __init__(self) -> None:
        self.label = LOOP
        self.seconds = [0.0] * len(NAMES)
        self.failed = self.refused = False


current: Spent | None = None  # of the request whose step is running at this moment; nobody's between steps


class Totals:
    """All requests so far that were worked on: seconds by what they went to, how many took how long, how many failed and on
    which routes. What was refused is left out: to let others wait before they are refused is meant, and no trouble."""

    __slots__ = ("buckets", "count", "failures", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = [0.0] * len(NAMES)
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.failures: Counter[str] = Counter()

    def add(self, one: Spent) -> None:
        """A request is over."""
        self.count += 1
        sums, took = self.seconds, 0.0
        for number, seconds in enumerate(one.seconds):
            if seconds:
                sums[number] += seconds
                took += seconds
        self.buckets[bisect_left(BOUNDS, took)] += 1

    def failed_at(self, route: str) -> None:
        """One more failed there."""
        self.failures[route if route in self.failures or len(self.failures) < MOST_ROUTES else ""] += 1


@coroutine
def timed(work: Coroutine[Any, Any, Any], spent: Spent) -> Generator[Any, Any, Any]:
    """`work` is done, and `spent` knows what its time went to."""
    global current
    seconds, value, error = spent.seconds, None, None
    resumed = perf_counter()
    while True:
        before, current = current, spent
        try:
            awaited = work.send(value) if error is None else work.throw(error)
        except StopIteration as done:
            return done.value
        finally:
            current = before
            paused = perf_counter()
            seconds[OWN] += paused - resumed
        label = spent.label
        try:
            value, error = (yield awaited), None
        except BaseException as thrown:  # the request is cancelled
            error = thrown
        resumed = perf_counter()
        seconds[label] += resumed - paused


class _On:
    """Pauses within the block are for what it names."""

    __slots__ = ("_before", "_label", "_spent")

    def __init__(self, spent: Spent, label: int) -> None:
        self._spent, self._label = spent, label

    def __enter__(self) -> None:
        self._before, self._spent.label = self._spent.label, self._label

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spent.label = self._before


def on(label: int) -> AbstractContextManager[None]:
    """Pauses of the present request within the block are for `label`; nothing where no request's step is running."""
    return _NOTHING if current is None else _On(current, label)


def failed() -> None:
    """The present request is answered with 500."""
    if current is not None:
        current.failed = True


def refused() -> None:
    """The present request is answered without having been worked on."""
    if current is not None:
        current.refused = True
