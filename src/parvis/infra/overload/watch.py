"""The clock of the limiter, the news that make answers leave the cache, and the question whether the database is there."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from parvis.base import events as happened
from parvis.infra import events
from parvis.infra.services import Services

if TYPE_CHECKING:
    from parvis.infra.overload.middleware import Overload

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.5
LOOK_WITHIN_S = 1.0
STALLED_S = 1.5  # nothing is finished though something is under way
_OF_INTEREST = (b"PostRemoved", b"PostWithheld", b"PostEdited", b"AccountChanged")


class Watch:
    """What the limiter knows of the world around it."""

    def __init__(self, overload: Overload) -> None:
        self.database_gone = False
        self.lag_s = 0.0
        self._overload = overload
        self._services: Services | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._heard = True

    async def open(self, services: Services) -> None:
        self._services = services
        await services.news.subscribe("posts.*", self._hear)
        await services.news.subscribe("accounts.*", self._hear)
        if self._overload.limits:
            self._ticking = asyncio.create_task(self._tick(), name="overload")

    async def close(self) -> None:
        for task in (self._ticking, self._looking):
            if task is not None:
                task.cancel()

    @property
    def hears_news(self) -> bool:
        """Whether removals are heard of."""
        return self._services is not None and self._services.news.connected

    def look(self) -> None:
        """Something failed: whether the database is there is asked, and again until it is."""
        if self._looking is None and self._services is not None and self._overload.limits:
            self._looking = asyncio.create_task(self._look(), name="is the database there")

    async def _look(self) -> None:
        try:
            while not await self._answers():
                if not self.database_gone:
                    log.warning("overload.database_gone")
                self.database_gone = True
                await asyncio.sleep(LOOK_EVERY_S)
            if self.database_gone:
                log.warning("overload.database_back")
            self.database_gone = False
        finally:
            self._looking = None

    async def _answers(self) -> bool:
        """Whether the database answers. Where requests are still finished, an answer that is late means only much work."""
        assert self._services is not None
        try:
            async with asyncio.timeout(LOOK_WITHIN_S), self._services.db.connection() as db:
                await db.fetchval("SELECT 1")
        except TimeoutError:
            idle_s = asyncio.get_running_loop().time() - self._overload.shedder.finished_at
            return idle_s < STALLED_S and not self.database_gone
        except Exception:
            return False
        return True

    async def _tick(self) -> None:
        loop, tick = asyncio.get_running_loop(), self._overload.shedder.tuning.tick
        while True:
            before = loop.time()
            await asyncio.sleep(tick)
            now = loop.time()
            self.lag_s += 0.4 * (max(0.0, now - before - tick) - self.lag_s)
            with contextlib.suppress(Exception):  # the clock must not stop
                self._step(now)
                if self._services is not None:
                    await self._services.pressure.tell(self._services.news, self._overload.level)

    def _step(self, now: float) -> None:
        overload = self._overload
        overload.pace.step(self.lag_s)
        overload.hand_out(overload.shedder.tick(now, lag_s=self.lag_s))
        if overload.shedder.under_way and now - overload.shedder.finished_at > STALLED_S:
            self.look()
        was = overload.level
        level = overload.levels.step(overload.shedder.controller.refused, database_gone=self.database_gone, now=now)
        if level != was:
            log.warning("overload.level", level=level, was=was, refused=round(overload.shedder.controller.refused, 2))
        hears = self.hears_news
        if hears and not self._heard:
            overload.sharing.pages.doubt()
        self._heard = hears

    async def _hear(self, payload: bytes) -> None:
        pages = self._overload.sharing.pages
        if not any(word in payload for word in _OF_INTEREST):
            return
        now = asyncio.get_running_loop().time()
        match events.decode(payload):
            case happened.PostRemoved(post_id=post) | happened.PostEdited(post_id=post):
                pages.removed(post, now)
            case _:  # an account may have been hidden, or may have another name on all it wrote
                pages.clear(now)
        self._overload.sharing.forget_flights()
