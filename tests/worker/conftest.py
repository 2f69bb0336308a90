"""What tests of the worker ask for: the outside clients on a database of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from parvis.base.settings import Settings
from parvis.infra.opening import open_services
from parvis.infra.services import Services
from tests.rig.world import settings_for


@pytest.fixture
def settings(tmp_path: Path, fresh_database_url: str, nats_url: str) -> Settings:
    """Settings of a worker."""
    return settings_for(tmp_path, fresh_database_url, nats_url)


@pytest.fixture
async def services(settings: Settings) -> AsyncIterator[Services]:
    """The outside clients of a worker."""
    async with open_services(settings, application="test worker") as opened:
        yield opened
