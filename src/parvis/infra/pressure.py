"""Whether the site has more to do than it can: what the web processes tell, and what those do who can wait.

A web process whose limiter refuses anything says so twice a second (`tell`), on the wire on which news may be lost;
whoever does work that can wait asks `heard`. Silence means calm, so a broker that is gone delays nothing.
"""

from __future__ import annotations

import time

from parvis.infra.news import News

SUBJECT = "pressure"
TOLD_EVERY_S = 0.5
LASTS_S = 3.0  # after the last word of it; so that work does not stop and go with every burst


class Pressure:
    """What one process knows of it."""

    def __init__(self) -> None:
        self._told_at = self._heard_at = -LASTS_S
        self.level = 0  # of the limiter in this process, for its pages

    async def listen(self, news: News) -> None:
        """From now on it is heard of."""
        await news.subscribe(SUBJECT, self._hear)

    async def tell(self, news: News, level: int) -> None:
        """Whoever listens knows of this level, unless there is none or they have just been told."""
        now = time.monotonic()
        self.level = level
        if level > 0 and now - self._told_at >= TOLD_EVERY_S:
            self._told_at = now
            await news.publish(SUBJECT, str(level).encode())

    @property
    def heard(self) -> bool:
        """Whether what can wait should."""
        return time.monotonic() - self._heard_at < LASTS_S

    async def _hear(self, _: bytes) -> None:
        self._heard_at = time.monotonic()
