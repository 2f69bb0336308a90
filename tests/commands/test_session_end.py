"""An operator ends a session of the database, or hears why that cannot be done."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

import asyncpg
import pytest

from parvis.base.settings import Settings
from parvis.commands import session_end
from parvis.infra import engines
from parvis.infra.engines.places import Places
from tests.infra.test_engines import THROWAWAY


async def test_a_session_of_the_superuser_is_not_ours_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="parvis-session-") as folder:  # a short path, as sockets need one
        places = Places(Path(folder) / "home")
        async with engines.running(places.home, nats=False, postgres_options=THROWAWAY):
            url = places.database_url(user="postgres").replace("/postgres?", "/parvis?")
            theirs = await asyncpg.connect(url)
            assert await theirs.fetchval("SELECT current_database()") == "parvis"
            pid = await theirs.fetchval("SELECT pg_backend_pid()")
            settings = Settings(home=places.home, database_url=places.database_url(), nats_url="nats://127.0.0.1:1")
            status = await asyncio.to_thread(session_end.run, argparse.Namespace(pid=pid), settings)
            assert await theirs.fetchval("SELECT 1") == 1
            await theirs.close()
    assert status == 1
    assert f"SELECT pg_terminate_backend({pid})" in capsys.readouterr().err
