"""Password hashing in its own bounded threads, so that sign-ins never slow reading (argon2id, 19 MiB, t = 2, p = 1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from parvis.base.errors import TooMany
from parvis.infra import tracing, waits


class Hasher:
    """At most `threads` hashes at a time and `queue` waiting; more is refused. `count` and `worked_s`
    are what it has done so far."""

    def __init__(self, *, threads: int = 1, queue: int = 64) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hashing")
        self.threads = threads
        self._places = threads + queue
        self._busy = 0
        self.count = 0
        self.worked_s = 0.0
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """The encoded argon2id hash."""
        return await self._run(self._argon2.hash, password)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether the password fits. Without a hash the same work is done, so that time tells nothing."""
        if encoded is None:
            if self._dummy is None:
                self._dummy = self._argon2.hash("no password is this one")
            await self._run(self._check, self._dummy, password)
            return False
        return await self._run(self._check, encoded, password)

    def _check(self, encoded: str, password: str) -> bool:
        try:
            return self._argon2.verify(encoded, password)
        except (Argon2Error, InvalidHashError):
            return False

    async def _run(self, function, *arguments):
        if self._busy >= self._places:
            raise TooMany(2, "Too many sign-ins at this moment; try again in a few seconds")
        self._busy += 1
        self.count += 1
        try:
            with waits.on(waits.HASHING), tracing.span("hash a password"):
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._timed, function, *arguments)
        finally:
            self._busy -= 1

    @property
    def waiting(self) -> int:
        """How many hashes have been asked for and are not done."""
        return self._busy

    def _timed(self, function: Callable[..., Any], *arguments: Any) -> Any:
        began = perf_counter()
        try:
            return function(*arguments)
        finally:
            self.worked_s += perf_counter() - began
