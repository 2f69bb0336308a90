"""What operators can ask of the command line, one module a command; `parvis.cli` lists them.

A command reads its arguments, reaches the engines by `installation` (running or not), calls one function, prints.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.infra import engines, postgres
from parvis.infra.migrate import apply as apply_migrations  # a command is called `migrate` too
from parvis.infra.postgres import Database

NOTED_WITHIN_S = 8.0


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


async def note_act(settings: Settings, act: str, subject: str, details: Mapping[str, str | int]) -> None:
    """What the command line did stands in the log of what staff did.

    For acts that must be possible when hardly anything else is: where the log cannot be written within some seconds, they
    stand all the same, and standard error says so.
    """
    from parvis.domain import moderation  # most commands need nothing of it

    try:
        async with asyncio.timeout(NOTED_WITHIN_S):
            reached = engines.with_addresses(settings)
            db = await postgres.connect(reached.database_url, size=1, application="parvis log")
            try:
                async with db.transaction() as tx:
                    await moderation.log.record(
                        tx, actor_id=None, act=act, subject=subject, details=dict(details), now=utc_now()
                    )
            finally:
                await db.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"parvis: the log of what staff did could not be written: {error!r}", file=sys.stderr)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
