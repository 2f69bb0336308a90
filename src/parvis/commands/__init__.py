"""What operators can ask of the command line, one module a command; `parvis.cli` lists them.

A command reads its arguments, reaches the engines by `installation` (running or not), calls one function, prints.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from parvis.base.settings import Settings
from parvis.infra import engines, postgres
from parvis.infra.migrate import apply as apply_migrations  # a command is called `migrate` too
from parvis.infra.postgres import Database


@asynccontextmanager
async def installation(settings: Settings, *, nats: bool = True) -> AsyncIterator[Settings]:
    """Settings whose `database_url` and `nats_url` answer, with the schema up to date.

    While `parvis serve` runs its engines are used; otherwise they are started for as long as this block runs.
    """
    async with engines.reachable(settings, nats=nats) as reached:
        await apply_migrations(reached.database_url)
        yield reached


@asynccontextmanager
async def database(settings: Settings, *, application: str) -> AsyncIterator[Database]:
    """The installation's database by one connection, which bears that name there."""
    async with installation(settings, nats=False) as reached:
        db = await postgres.connect(reached.database_url, size=1, application=application)
        try:
            yield db
        finally:
            await db.close()


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
