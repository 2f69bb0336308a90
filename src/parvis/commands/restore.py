"""Bring the place back from the folder of `parvis backup` into an empty PARVIS_HOME, as late as the folder knows or as it
was at a moment. Then `parvis serve`.

Everybody is signed out by it, browsers and apps, and no link of a letter works any more: the copy does not know what was
revoked after it was made. Cut short, it goes on where it was when it is called again; until then nothing is served.
With --media only media files that are missing here and that the place still shows are put back, also while the server runs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from datetime import UTC, datetime

import msgspec

from parvis.base.clock import utc_now
from parvis.base.settings import Settings
from parvis.domain import accounts, moderation
from parvis.infra import engines, postgres
from parvis.infra.engines import remote_kit, restoring
from parvis.infra.engines.kit import BackupFailed
from parvis.infra.engines.places import Places
from parvis.infra.storage import media_folder
from parvis.worker import drill, kept_media


class Back(msgspec.Struct, frozen=True):
    """What came back. `latest`: when the last change was made that the journal brought; None where it brought none."""

    held: dict[str, float]
    signed_out: int
    latest: datetime | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="the folder of `parvis backup`, or s3://bucket/prefix")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--to", type=_moment, metavar="TIME", help="as it was then, such as 2026-05-01T12:00:00Z")
    what.add_argument("--media", action="store_true", help="only media files that are missing in this place")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    work = _put_media_back if arguments.media else _restore
    try:
        return asyncio.run(work(arguments, settings))
    except BackupFailed as failure:
        print(f"parvis: {failure}", file=sys.stderr)
        return 1


async def _put_media_back(arguments: argparse.Namespace, settings: Settings) -> int:
    """What the media folder lost is there again; what was removed from the place stays away."""
    folder = media_folder(settings)
    if folder is None:
        raise BackupFailed("Media lie in a bucket (PARVIS_MEDIA_URL); they are in no backup.")
    async with engines.reachable(settings, nats=False) as reached:
        try:
            count = await kept_media.put_back(reached, arguments.folder, folder)
        except (postgres.asyncpg.PostgresError, TimeoutError) as error:
            raise BackupFailed(f"The database cannot tell which media the place shows: {_reason(error)}") from error
        except OSError as error:
            raise BackupFailed(f"Media cannot be put back: {_reason(error)}") from error
    print(f"{count:,} media files were put back into {folder}.")
    return 0


async def _restore(arguments: argparse.Namespace, settings: Settings) -> int:
    began = asyncio.get_running_loop().time()
    asked = restoring.words(arguments.folder, arguments.to)
    restoring.check_free(settings.home)
    if restoring.is_laid_out(settings.home, asked):
        print("It is in place already; what was cut short goes on.", flush=True)
    else:
        async with remote_kit.opened(settings, arguments.folder, to=arguments.to) as kit:
            media = media_folder(settings)
            await restoring.restore(kit, settings.home, to=arguments.to, media=media, asked=asked)
        print("It is in place; the database reads its journal.", flush=True)
    back = await _brought_up(settings, arguments.to)
    restoring.finish(settings.home)
    took = asyncio.get_running_loop().time() - began
    print(
        f"The place is back after {took:.1f} s: "
        + ", ".join(f"{back.held[table]:,.0f} × {table}" for table in drill.TABLES)
        + f". {back.signed_out:,} sessions and apps were signed out, and links of letters are void: everybody signs in anew."
    )
    return 0


async def _brought_up(settings: Settings, to: datetime | None) -> Back:
    """All that the journal has up to the moment is there. Where it ends before, that is said, and it is as late as it goes."""
    log = Places(settings.home).logs / "postgres.log"
    since = log.stat().st_size if log.exists() else 0
    try:
        return await _come_back(settings, to)
    except engines.EngineFailed:
        if to is None or not restoring.journal_ended(log, since):
            raise
    restoring.as_late_as_it_goes(settings.home)
    back = await _come_back(settings, to)
    till = (
        f"the last change is of {back.latest:%Y-%m-%d %H:%M:%S} UTC" if back.latest else "nothing came after the copy"
    )
    print(f"What was kept ends before {to:%Y-%m-%d %H:%M:%S%z}: {till}.", flush=True)
    return back


async def _come_back(settings: Settings, to: datetime | None) -> Back:
    async with engines.running(settings.home, nats=False) as found:
        db = await postgres.connect(
            found.database_url, size=1, application="parvis restore", statement_s=drill.WITHIN_S
        )
        try:
            async with db.connection() as connection:
                latest = await connection.fetchval("SELECT pg_last_xact_replay_timestamp()")
            signed_out = await _sign_everybody_out(db, to)
            await _settle_media(db, settings)
        finally:
            await db.close()
        return Back(await drill.counts(found.database_url), signed_out, latest)


async def _settle_media(db: postgres.Database, settings: Settings) -> None:
    """Media are as late as the database: what was removed or withheld after they were copied cannot be reached again. Only
    files that came from the kit are touched, and it still has them."""
    folder, names = media_folder(settings), restoring.brought(settings.home)
    if folder is None or not names:
        return
    try:
        async with db.connection() as connection:
            moved, removed = await kept_media.settle(connection, folder, names)
    except postgres.asyncpg.SyntaxOrAccessError:  # a table or a column that is not there yet
        print("The copy is of an earlier release: media are as they were when they were copied.", flush=True)
        return
    except (postgres.asyncpg.PostgresError, OSError) as error:  # TimeoutError among them
        raise BackupFailed(
            f"Media could not be made as late as the database ({_reason(error)}). The same command goes on where this ended."
        ) from error
    if moved or removed:
        print(
            "Media are as late as the database: "
            f"files that are gone again: {removed:,}; moved to where moderators want them: {moved:,}.",
            flush=True,
        )


def _reason(error: Exception) -> str:
    return str(error) or "it took too long"  # which says nothing of itself


async def _sign_everybody_out(db: postgres.Database, to: datetime | None) -> int:
    """Nobody comes in by what was taken back after the copy was made (case D5), and the log of what staff does says where
    it was cut off; how many sessions and apps that ended."""
    async with db.transaction() as tx:
        ended = await accounts.end_all_access(tx)
        details = {"to": to.isoformat() if to else None, "signed_out": ended}
        with contextlib.suppress(postgres.asyncpg.UndefinedTableError):  # a copy from before there was that log
            async with tx.transaction():
                await moderation.log.record(
                    tx, actor_id=None, act="place.restore", subject="place", details=details, now=utc_now()
                )
        return ended
