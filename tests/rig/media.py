"""Services of a test that deals in pictures, without a web server or a broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from parvis.base.settings import Settings
from parvis.infra.opening import open_services
from parvis.infra.services import Services


@asynccontextmanager
async def media_services(home: Path, database_url: str) -> AsyncIterator[Services]:
    """Everything but news, on a database that may be written to."""
    settings = Settings(home=home, origin="http://parvis.test", database_url=database_url, database_pool=4)
    async with open_services(settings, application="test media") as services:
        yield services
