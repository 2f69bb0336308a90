"""Small work that need not be waited for and may be lost: it would be done at the next occasion anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)

_MOST = 32
_running: set[asyncio.Task[Any]] = set()


def in_background(work: Coroutine[Any, Any, Any]) -> None:
    """The work has begun, or is dropped when much of it is under way already."""
    if len(_running) >= _MOST:
        work.close()
        return
    task = asyncio.ensure_future(_guarded(work))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def settled() -> None:
    """All such work is done (for tests and shut-down)."""
    while _running:
        await asyncio.gather(*list(_running), return_exceptions=True)


async def _guarded(work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except Exception:
        log.exception("background.failed")
