"""End a session of the database that others wait for; what it did not commit is undone."""

from __future__ import annotations

import argparse
import asyncio
import sys

import asyncpg

from parvis.base.settings import Settings
from parvis.commands import note_act
from parvis.domain import health
from parvis.infra import engines, postgres


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pid", type=int, help="its number, as `parvis doctor` says")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        ended = asyncio.run(_end(engines.with_addresses(settings), arguments.pid))
    except asyncpg.InsufficientPrivilegeError:
        end = f"SELECT pg_terminate_backend({arguments.pid})"
        print(f"parvis: session {arguments.pid} is not ours to end; as the superuser: {end}", file=sys.stderr)
        return 1
    if ended:
        print(f"Session {arguments.pid} was told to end.")
        asyncio.run(note_act(settings, "session.end", "session", {"pid": arguments.pid}))
        return 0
    print(f"parvis: there is no session {arguments.pid}.", file=sys.stderr)
    return 1


async def _end(settings: Settings, pid: int) -> bool:
    """The schema is left alone: migrations might wait for just that session."""
    db = await postgres.connect(settings.database_url, size=1, application="parvis session")
    try:
        async with db.connection() as connection:
            return await health.session_ended(connection, pid)
    finally:
        await db.close()
