"""Bring the place back from the folder of `parvis backup` into an empty PARVIS_HOME, as late as the folder knows or as it
was at a moment. Then `parvis serve`.

Everybody is signed out by it, browsers and apps, and no link of a letter works any more: the copy does not know what was
revoked after it was made. Cut short, it goes on where it was when it is called again; until then nothing is served.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from datetime import UTC, datetime

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import accounts, moderation
from parvis.infra import engines, postgres
from parvis.infra.engines import backup, remote_kit
from parvis.worker import drill


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="the folder of `parvis backup`, or s3://bucket/prefix")
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
    if backup.is_laid_out(settings.home):
        print("It is in place already; what was cut short goes on.", flush=True)
    else:
        async with remote_kit.opened(settings, arguments.folder, to=arguments.to) as kit:
            await backup.restore(kit, settings.home, to=arguments.to)
    async with engines.running(settings.home, nats=False) as found:
        held = await drill.counts(found.database_url)
        ended = await _sign_everybody_out(found.database_url, arguments.to)
    backup.finish_restoring(settings.home)
    took = asyncio.get_running_loop().time() - began
    print(
        f"The place is back after {took:.1f} s: "
        + ", ".join(f"{held[table]:,.0f} × {table}" for table in drill.TABLES)
        + f". {ended:,} sessions and apps were signed out, and links of letters are void: everybody signs in anew."
    )
    return 0


async def _sign_everybody_out(database_url: str, to: datetime | None) -> int:
    """Nobody comes in by what was taken back after the copy was made (case D5), and the log of what staff does says where
    it was cut off; how many sessions and apps that ended."""
    db = await postgres.connect(database_url, size=1, application="parvis restore", statement_s=drill.WITHIN_S)
    try:
        async with db.transaction() as tx:
            ended = await accounts.end_all_access(tx)
            details = {"to": to.isoformat() if to else None, "signed_out": ended}
            with contextlib.suppress(postgres.asyncpg.UndefinedTableError):  # a copy from before there was that log
                async with tx.transaction():
                    await moderation.log.record(
                        tx, actor_id=None, act="place.restore", subject="place", details=details, now=utc_now()
                    )
            return ended
    finally:
        await db.close()
