"""Keep the place safe in a folder or a bucket, best on another machine: a whole copy, with --follow every change from then on.

The copy is checked when it is made, and a kit for whoever takes the place over (`parvis handover`) is written beside it.
`parvis restore` brings it back; with --drill that is tried at once, in a scratch folder. With --follow this runs until it
is ended, as a service beside `parvis serve`: what was committed is in the folder a moment later.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.commands import handover
from parvis.infra import engines
from parvis.infra.engines import backup, remote_kit
from parvis.infra.engines.kit import BackupFailed
from parvis.infra.engines.kit_media import Shown
from parvis.infra.storage import media_folder
from parvis.worker import drill, kept_media

HANDOVER = "handover"  # beside the copies


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", help="where the copies are kept, or s3://bucket/prefix (PARVIS_BACKUP)")
    parser.add_argument("--follow", action="store_true", help="go on, and keep every change")
    parser.add_argument("--drill", action="store_true", help="bring the copy back in a scratch folder, and compare")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if arguments.folder is None and not settings.backup:
        print("parvis: say into which folder, or set PARVIS_BACKUP.", file=sys.stderr)
        return 2
    return asyncio.run(_back_up(arguments, settings))


async def _back_up(arguments: argparse.Namespace, settings: Settings) -> int:
    kit = arguments.folder or settings.backup
    keeper = _Bucket() if remote_kit.is_remote(kit) else _Folder()
    if arguments.follow and not settings.database_url:
        engines.join(settings)  # a database that we started would keep the server out for as long as we follow
    async with engines.reachable(settings, nats=False) as reached:
        following: asyncio.Task[None] | None = None
        try:
            if arguments.follow:
                await keeper.prepare_following(reached, kit)
                following = asyncio.create_task(keeper.follow(reached, kit))
            fine = await _copied(keeper, reached, kit)
            if fine and arguments.drill:
                fine = await _recorded(reached, "drill", lambda: drill.drill(reached, kit))
            if fine:
                await _hand_over(settings, kit)
            if following is not None and fine:
                loop = asyncio.get_running_loop()
                for number in (signal.SIGTERM, signal.SIGINT):
                    loop.add_signal_handler(number, following.cancel)
                if not following.done():
                    print("Every change is kept from now on.", flush=True)
                with contextlib.suppress(asyncio.CancelledError):
                    await following
            return 0 if fine else 1
        except BackupFailed as failure:
            print(f"parvis: {failure}", file=sys.stderr)
            return 1
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)


async def _copied(keeper: _Folder | _Bucket, settings: Settings, kit: str) -> bool:
    """Whether a copy could be made; what is not in it is said."""
    shown = kept_media.shown(settings)
    fine = await _recorded(settings, "backup", lambda: keeper.copy(settings, kit, now=utc_now(), shown=shown))
    if media_folder(settings) is None:
        print(
            "Media are not in it: they lie in a bucket (PARVIS_MEDIA_URL), and are safe there or nowhere.", flush=True
        )
    return fine


async def _hand_over(settings: Settings, kit: str) -> None:
    """Whoever finds the copies finds beside them how to bring them back. A copy without that is still a copy."""
    try:
        if remote_kit.is_remote(kit):
            folder = settings.home / "backup" / HANDOVER
            await handover.write(settings, folder, copies=kit)
            await remote_kit.put_beside(kit, folder)
        else:
            place = Path(kit).absolute()
            await handover.write(settings, place / HANDOVER, copies=str(place))
    except Exception as error:  # whatever it is, the copies are made
        print(f"parvis: the kit for a handover could not be written: {error}", file=sys.stderr)


class _Folder:
    """A kit in a folder, by the same names as one in a bucket."""

    async def copy(self, settings: Settings, place: str, *, now: datetime, shown: Shown) -> dict[str, float]:
        return await backup.copy(settings, Path(place).absolute(), now=now, shown=shown)

    async def prepare_following(self, settings: Settings, place: str) -> None:
        await backup.prepare_following(settings, Path(place).absolute())

    async def follow(self, settings: Settings, place: str) -> None:
        await backup.follow(settings, Path(place).absolute())


class _Bucket:
    """A kit in a bucket."""

    async def copy(self, settings: Settings, place: str, *, now: datetime, shown: Shown) -> dict[str, float]:
        return await remote_kit.copy(settings, place, now=now, shown=shown)

    async def prepare_following(self, settings: Settings, place: str) -> None:
        await remote_kit.prepare_following(settings, place)

    async def follow(self, settings: Settings, place: str) -> None:
        await remote_kit.follow(settings, place)


async def _recorded(settings: Settings, what: str, work: Callable[[], Awaitable[dict[str, float]]]) -> bool:
    """Whether it went well."""
    problem, facts = await drill.recorded(settings, what, work)
    if problem:
        print(f"parvis: {what}: {problem}", file=sys.stderr)
    else:
        print(f"{what}: " + ", ".join(f"{name} {value:,.1f}" for name, value in facts.items()), flush=True)
    return not problem
