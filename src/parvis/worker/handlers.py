"""What the worker knows of a kind of job: its function and how carefully to run it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from parvis.infra.queue import Job, Queue
from parvis.infra.services import Services


@dataclass(frozen=True, slots=True)
class Handler:
    """Runs one job; it may be run again, so it must not mind.

    `limit`: how many run at once in the whole cluster (None: as many as there is room for). `here`: how many
    of them in one process. `private`: the payload never appears in a log, because it holds an address or a secret.
    """

    function: Callable[[Services, Job], Awaitable[None]]
    limit: int | None = None
    here: int | None = None
    time_limit_s: float = 120.0
    private: bool = False


@dataclass(frozen=True, slots=True)
class Router:
    """Turns jobs into other jobs, many at once, and is itself the one to say that they are done."""

    function: Callable[[Queue, list[Job]], Awaitable[None]]
