"""Bring the place back from the folder of `parvis backup` into an empty PARVIS_HOME, as late as the folder knows or as it
was at a moment. Then `parvis serve`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime

from parvis.base.settings import Settings
from parvis.domain import accounts
from parvis.infra import engines, postgres
from parvis.infra.engines import backup, remote_kit
from parvis.worker import drill


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="the folder of `parvis backup`, or s3://bucket/prefix")
    parser.add_argument("--keep-signed-in", action="store_true", help="let the sessions and apps of that time in again")
    parser.add_argument("--to", type=_moment, metavar="TIME", help="as it was then, such as 2026-05-01T12:00:00Z")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        return asyncio.run(_restore(arguments, settings))
    except backup.BackupFailed as failure:
        print(f"parvis: {failure}", file=sys.stderr)
        return 1


async def _restore(arguments: argparse.Namespace, settings: Settings) -> int:
    began = asyncio.get_running_loop().time()
    async with remote_kit.opened(settings, arguments.folder, to=arguments.to) as kit:
        await backup.restore(kit, settings.home, to=arguments.to)
    async with engines.running(settings.home, nats=False) as found:
        held = await drill.counts(found.database_url)
        ended = 0 if arguments.keep_signed_in else await _sign_everybody_out(found.database_url)
    backup.forget_restoring(settings.home)
    took = asyncio.get_running_loop().time() - began
    print(
        f"The place is back after {took:.1f} s: "
        + ", ".join(f"{held[table]:,.0f} × {table}" for table in drill.TABLES)
        + (f". {ended:,} sessions and apps were signed out." if ended else ".")
    )
    return 0


async def _sign_everybody_out(database_url: str) -> int:
    """Nobody comes in by what was taken back after the copy was made (case D5); how many sessions and apps that ended."""
    db = await postgres.connect(database_url, size=1, application="parvis restore", statement_s=drill.WITHIN_S)
    try:
        async with db.transaction() as tx:
            return await accounts.end_all_access(tx)
    finally:
        await db.close()
