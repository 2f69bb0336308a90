"""granian with the flags that matter, and worker processes that end with it."""

from __future__ import annotations

import gc
import resource
import signal
from collections.abc import Callable
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from parvis.base.settings import Settings
from parvis.infra.engines.processes import die_with_parent

_LOGGING: dict[str, Any] = {
    "handlers": {},
    "formatters": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


MOST_CONNECTIONS = 200_000  # the system's bound on open files comes first; a full house must not keep a sign-up outside
HEADERS_WITHIN_MS = 15_000  # also how long a connection may be idle before its first request
# Of hundreds of requests that wait at once nearly everything lives on: looking through it at each 700 objects is in vain.
COLLECTED_AFTER = (10_000, 20, 20)
MOST_FILES = 1_048_576  # where a system knows no bound, a number all the same


def run(settings: Settings, factory: str) -> None:
    """The web port was served until a signal came. `factory` is `module:function` and returns an ASGI application.

    Its module should be imported already: workers are forked, so what is loaded before is in memory once.
    """
    allow_many_connections()
    gc.collect()
    gc.freeze()  # or the collector would write to, and so copy, what the workers share
    gc.set_threshold(*COLLECTED_AFTER)
    Server(
        factory,
        address=settings.bind,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_workers,
        runtime_threads=1,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        backlog=4096,
        backpressure=MOST_CONNECTIONS,  # idle ones and open streams count; the default stalls beyond about a thousand
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS),
        respawn_failed_workers=True,  # without it one dead worker stops the server
        respawn_interval=0.2,
        workers_kill_timeout=8,
        log_access=False,
        log_level=LogLevels.warning,
        log_dictconfig=_LOGGING,
        process_name="parvis web",
        factory=True,
    ).serve(target_loader=_load)


def allow_many_connections() -> int:
    """As many files, so also connections, may be open at once as the system lets us have; how many that is.

    The usual soft limit of 1,024 is there for programs that use select(), and we would refuse the thousandth stream.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def _load(factory: str) -> Callable[..., Any]:
    """Called in each worker."""
    die_with_parent()
    # Until the worker has handlers of its own it has those of the process it was forked from, which lose the signal.
    for sent in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sent, signal.SIG_DFL)
    from granian._internal import load_target

    return load_target(factory, factory=True)
