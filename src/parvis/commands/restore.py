"""Bring the place back from the folder of `parvis backup` into an empty PARVIS_HOME, as late as the folder knows or as it
was at a moment. Then `parvis serve`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from parvis.base.settings import Settings
from parvis.infra import engines, postgres
from parvis.infra.engines import backup

TABLES = ("account", "post", "receipt")
WITHIN_S = 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the folder of `parvis backup`")
    parser.add_argument("--to", type=_moment, metavar="TIME", help="as it was then, such as 2026-05-01T12:00:00Z")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        return asyncio.run(_restore(arguments.folder.absolute(), settings, arguments.to))
    except backup.BackupFailed as failure:
        print(f"parvis: {failure}", file=sys.stderr)
        return 1


async def _restore(kit: Path, settings: Settings, to: datetime | None) -> int:
    began = asyncio.get_running_loop().time()
    await backup.restore(kit, settings.home, to=to)
    async with engines.running(settings.home, nats=False) as found:
        held = await counts(found.database_url)
    backup.forget_restoring(settings.home)
    took = asyncio.get_running_loop().time() - began
    print(
        f"The place is back after {took:.1f} s: " + ", ".join(f"{count:,.0f} × {name}" for name, count in held.items())
    )
    return 0


async def counts(database_url: str) -> dict[str, float]:
    """How many rows the tables have that tell whether a place is whole, once the database takes writes again."""
    db = await postgres.connect(database_url, size=1, application="parvis restore", statement_s=WITHIN_S)
    try:
        async with db.connection() as connection:
            async with asyncio.timeout(WITHIN_S):
                while await connection.fetchval("SELECT pg_is_in_recovery()"):  # noqa: ASYNC110 - the database works
                    await asyncio.sleep(0.2)
            return {table: float(await connection.fetchval(f"SELECT count(*) FROM {table}")) for table in TABLES}
    finally:
        await db.close()
