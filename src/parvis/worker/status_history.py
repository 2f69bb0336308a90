"""The status page's memory: a page a month and language of what was wrong and is over."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import asyncpg

from parvis.base.settings import Settings
from parvis.domain import health
from parvis.worker import status_page
from parvis.worker.status_files import ALL_AGAIN_AFTER

Mark = tuple[object, ...]
MOST = 500  # incidents of a month


class History:
    """The months that have a page, the newest first, and how each was when its pages were written."""

    def __init__(self, place: str = "") -> None:
        self.months = _there(place)
        self._written: dict[str, Mark] = {}
        self._under_way: dict[str, Mark] = {}
        self._all_at: datetime | None = None

    async def changed(self, db: asyncpg.Connection, settings: Settings, now: datetime) -> dict[str, str]:
        """The pages of a month that changed since they were written: of one, so that no look takes long. Once an hour each
        counts as changed, because somebody may have emptied the place."""
        if self._all_at is None or now - self._all_at > ALL_AGAIN_AFTER:
            self._written, self._all_at = {}, now
        months = await health.incident_months(db)
        self.months, self._under_way = list(months), {}
        for month, counted in months.items():
            mark = (*counted, settings.name, settings.public_origin)
            if self._written.get(month) != mark:
                found = await health.incidents_of_month(db, month, MOST)
                self._under_way = {month: mark}
                return await asyncio.to_thread(status_page.month_files, settings, month, found)
        return {}

    def written(self) -> None:
        """The pages that were given last are where they should be."""
        self._written |= self._under_way
        self._under_way = {}


def _there(place: str) -> list[str]:
    """The months that have pages already, so that the page leads to them also when a watch begins without a database; of
    a bucket they are known only once the database was asked."""
    if not place or place.startswith("s3://"):
        return []
    return sorted((path.stem for path in Path(place).glob("[0-9][0-9][0-9][0-9]-[01][0-9].html")), reverse=True)
