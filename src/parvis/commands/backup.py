"""Keep the place safe in a folder, best on another machine: a whole copy, with --follow also every change from then on.

The copy is checked when it is made. `parvis restore` brings it back; with --drill that is tried at once, in a scratch folder.
With --follow this runs until it is ended, as a service beside `parvis serve`: what was committed is in the folder a moment
later.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands.restore import counts
from parvis.domain import health
from parvis.infra import engines, postgres
from parvis.infra.engines import backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="where the copies are kept")
    parser.add_argument("--follow", action="store_true", help="go on, and keep every change")
    parser.add_argument("--drill", action="store_true", help="bring the copy back in a scratch folder, and compare")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    return asyncio.run(_back_up(arguments, settings))


async def _back_up(arguments: argparse.Namespace, settings: Settings) -> int:
    kit = arguments.folder.absolute()
    if arguments.follow and not settings.database_url:
        engines.join(settings)  # a database that we started would keep the server out for as long as we follow
    async with engines.reachable(settings, nats=False) as reached:
        following = asyncio.create_task(backup.follow(reached, kit)) if arguments.follow else None
        try:
            fine = await _recorded(reached, "backup", lambda: backup.copy(reached, kit, now=utc_now()))
            if fine and arguments.drill:
                fine = await _recorded(reached, "drill", lambda: _drill(reached, kit))
            if following is not None and fine:
                loop = asyncio.get_running_loop()
                for number in (signal.SIGTERM, signal.SIGINT):
                    loop.add_signal_handler(number, following.cancel)
                print("Every change is kept from now on.", flush=True)
                with contextlib.suppress(asyncio.CancelledError):
                    await following
            return 0 if fine else 1
        except backup.BackupFailed as failure:
            print(f"parvis: {failure}", file=sys.stderr)
            return 1
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


async def _recorded(settings: Settings, what: str, work: Callable[[], Awaitable[dict[str, float]]]) -> bool:
    """Whether it went well; those who run the place see it on the console either way."""
    began, problem, facts = utc_now(), "", dict[str, float]()
    try:
        facts = await work()
    except (backup.BackupFailed, engines.EngineFailed, OSError, postgres.asyncpg.PostgresError) as failure:
        problem = str(failure) or type(failure).__name__
    await _keep(settings, what, began, problem, facts)
    if problem:
        print(f"parvis: {what}: {problem}", file=sys.stderr)
    else:
        print(f"{what}: " + ", ".join(f"{name} {value:,.1f}" for name, value in facts.items()), flush=True)
    return not problem


async def _keep(settings: Settings, what: str, began: datetime, problem: str, facts: dict[str, float]) -> None:
    db = await postgres.connect(settings.database_url, size=1, application="parvis backup")
    try:
        async with db.connection() as connection:
            await health.kept_safe(connection, what, began, utc_now(), problem, facts)
    finally:
        await db.close()


async def _drill(settings: Settings, kit: Path) -> dict[str, float]:
    """The newest copy came back in a scratch folder and holds what the place holds, or what it held a moment ago."""
    here = await counts(settings.database_url)
    began = asyncio.get_running_loop().time()
    with tempfile.TemporaryDirectory(prefix="parvis-drill-") as scratch:
        home = Path(scratch) / "home"
        await backup.restore(kit, home)
        async with engines.running(home, nats=False) as found:
            there = await counts(found.database_url)
    for table, count in here.items():
        if there[table] < 0.99 * count - 10:
            raise backup.BackupFailed(f"the copy holds {there[table]:.0f} rows of {table}, the place {count:.0f}")
    return {**there, "seconds": asyncio.get_running_loop().time() - began}
