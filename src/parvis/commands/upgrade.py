"""Go over to the release that this program belongs to, while people use the place; or, with --back, to the one before.

Put the release into a folder of its own, point the service at it (a link, as docs/operating.md shows), and call this.
It looks whether there is room and how old the last good backup is, makes a copy, brings the schema up to date, replaces
web processes and workers one after another, and says how to go back. Where no server runs, it does all but the replacing.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import asyncpg

import parvis
from parvis.base.clock import utc_now
from parvis.base.settings import Settings, from_environment
from parvis.domain import health, moderation
from parvis.domain.health.verdicts.verdict import size, span
from parvis.infra import engines, migrate, postgres, replacing, upgrades
from parvis.infra.engines import backup, processes, remote_kit
from parvis.infra.engines.kit import BackupFailed
from parvis.infra.upgrades import Upgrade
from parvis.worker import drill

TRIES, AGAIN_AFTER_S = 20, 3.0  # a table that is busy: others must not wait behind us for longer than a moment
WEB = (sys.executable, "-P", "-m", "parvis", "web")
SPARE = 512 << 20
# Releases that know this migration bring a copy back to a moment behind it also where no journal leads there.
STOPS_WITHOUT_JOURNAL = "0032"


class NotNow(Exception):
    """Nothing was changed; the message says what is in the way."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="only say what would be done")
    parser.add_argument("--back", action="store_true", help="let the release before the last upgrade run again")
    parser.add_argument("--without-backup", action="store_true", help="make no copy: you have one of your own")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # whoever waits sees how far it is
    supervisor = engines.holder(settings.home)
    environment: Mapping[str, str] = {}
    if supervisor is not None and (environment := processes.environment_of(supervisor)):
        settings = from_environment({**environment, "PARVIS_HOME": str(settings.home)})
    try:
        if supervisor is not None:
            _check_program(supervisor, back=arguments.back)
        return asyncio.run((_back if arguments.back else _upgrade)(arguments, settings, environment))
    except NotNow as problem:
        print(f"parvis: {problem}", file=sys.stderr)
        return 1


async def _upgrade(arguments: argparse.Namespace, settings: Settings, environment: Mapping[str, str]) -> int:
    async with engines.reachable(settings, nats=False) as reached:
        came_from, waiting, database_bytes = await _looked(reached)
        kept = settings.backup or str(settings.home / "upgrade")
        again = upgrades.cut_short(settings.home, _folder(), utc_now())
        copying = not arguments.without_backup and again is None
        _check_room(settings, kept, database_bytes if copying else 0)
        print(
            f"The schema is that of {came_from or 'nothing'}; {', '.join(waiting) or 'no migration'} would be applied."
        )
        later = [one.name for one in migrate.known() if one.name in waiting and not migrate.is_additive(one)]
        if later:
            print(f"The release before cannot live with {', '.join(later)}: going back means restoring the copy.")
        if again is not None:
            print(f"This goes on with the upgrade of {again.at:%Y-%m-%d %H:%M}; its copy of before is in {again.kept}.")
        if arguments.check:
            return 0
        copied_at = await _copy(reached, kept) if copying else None
        one = Upgrade(utc_now(), _folder(), came_from, waiting, kept if copying else "", copied_at, done=False)
        one = upgrades.begun(settings.home, one)
        try:
            applied = await _migrate(reached.database_url)
        except BaseException:
            print(
                "The upgrade was cut short: `parvis upgrade` goes on with it and makes no second copy; with --back the "
                "release before can run again.",
                file=sys.stderr,
            )
            raise
        await _note(reached, "place.upgrade", {"from": came_from, "applied": applied})
        print("\n".join(f"Applied {name}." for name in applied) or "The schema was up to date.")
        followed = await _is_followed(reached, one.kept)
        await _replace(reached, environment)
    upgrades.ended(settings.home)
    _say_how_to_go_back(settings, one, followed=followed, pruned=await _is_pruned(one))
    return 0


async def _back(arguments: argparse.Namespace, settings: Settings, environment: Mapping[str, str]) -> int:
    done = upgrades.known(settings.home)
    if not done:
        raise NotNow(f"No upgrade is written down in {settings.home / upgrades.FILE}.")
    last = done[-1]
    if last.program != _folder():
        raise NotNow(f"The last upgrade was made by {last.program}: that one takes it back.")
    if arguments.check:
        print(
            f"The upgrade of {last.at:%Y-%m-%d %H:%M} would be taken back: {', '.join(last.applied) or 'no migration'}."
        )
        return 0
    async with engines.reachable(settings, nats=False) as reached:
        await _note(reached, "place.back", {"set_aside": last.applied})
        names = await migrate.set_aside(reached.database_url, last.applied)
        print(f"Set aside: {', '.join(names) or 'nothing'}. What they made stays where it is, unused.")
        await _replace(reached, environment)
    upgrades.taken_back(settings.home)
    print("The release before runs. Nothing was lost; `parvis upgrade` of the newer one goes forward again.")
    return 0


def _check_program(supervisor: int, *, back: bool) -> None:
    """What the service starts is this release, or with `back` another one. Raises: NotNow."""
    started_by = processes.command_of(supervisor)
    if not started_by or not Path(started_by[0]).is_absolute():
        return  # it cannot be told
    words = [started_by[0], "-P", "-c", "import parvis; print(parvis.__file__)"]
    told = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    same = bool(told) and Path(told).resolve().parent == Path(_folder()).resolve()
    if not same and not back:
        raise NotNow(
            f"The server would start {told or started_by[0]}, which is not this release. Point the link here first; "
            "the service has to start Python through it (docs/operating.md, Upgrading)."
        )
    if same and back:
        raise NotNow(f"The server would still start this release, {_folder()}: point it at the one before first.")


def _check_room(settings: Settings, kept: str, database_bytes: int) -> None:
    """The copy and what migrations write have room, each where it lies. Raises: NotNow."""
    copies = settings.home if remote_kit.is_remote(kept) else Path(kept).absolute()
    wanted: dict[int, tuple[Path, int]] = {}
    for folder, some in ((settings.home, database_bytes // 4 + SPARE), (copies, database_bytes + database_bytes // 5)):
        near = next(one for one in (folder, *folder.parents) if one.exists())
        _, before = wanted.get(near.stat().st_dev, (near, 0))
        wanted[near.stat().st_dev] = near, before + some
    for near, some in wanted.values():
        free = shutil.disk_usage(near).free
        if free < some:
            raise NotNow(
                f"The disk of {near} has {size(free)} free; {size(some)} are wanted for a copy and for migrations."
            )
        print(f"The disk of {near} has {size(free)} free; {size(some)} are wanted.")


async def _looked(settings: Settings) -> tuple[str, list[str], int]:
    """The newest migration there is, those that wait, the size of the database; and how old the last good copy is, said."""
    db = await postgres.connect(settings.database_url, size=1, application="parvis upgrade")
    try:
        async with db.connection() as connection:
            waiting = await migrate.waiting(connection)
            bytes_ = int((await health.database_facts(connection))["size_bytes"])
            try:
                came_from = await health.applied(connection)
                copies = [one for one in await health.safekeeping(connection, 50) if one["what"] == "backup"]
            except asyncpg.UndefinedTableError:
                return "", waiting, bytes_
    finally:
        await db.close()
    good = next((one for one in copies if not one["problem"]), None)
    age = span((utc_now() - good["began_at"]).total_seconds()) if good else ""
    print(f"The last good backup is {age} old." if age else "No good backup is known.")
    return came_from, waiting, bytes_


async def _copy(settings: Settings, kept: str) -> datetime:
    """A copy of this moment is in the kit, and those who run the place see it among the backups; a moment to which it can
    be brought back. Raises: NotNow."""
    if remote_kit.is_remote(kept):
        work = remote_kit.copy(settings, kept, now=utc_now())
    else:
        work = backup.copy(settings, Path(kept).absolute(), now=utc_now(), media=bool(settings.backup))
    problem, facts = await drill.recorded(settings, "backup", lambda: work)
    if problem:
        raise NotNow(f"No copy could be made, so nothing was changed: {problem}")
    print(f"A copy of before is in {kept}: {size(facts['bytes'])}, made in {facts['seconds']:.1f} s.")
    await asyncio.sleep(1)  # in a kit moments are whole seconds
    return utc_now()


async def _migrate(url: str) -> list[str]:
    """The schema is up to date; what was applied. A table that is busy is tried again. Raises: MigrationError."""
    before = {one.name for one in migrate.known()}
    db = await asyncpg.connect(url)
    try:
        wanted = [name for name in await migrate.waiting(db) if name in before]
    finally:
        await db.close()
    for turn in range(1, TRIES + 1):
        try:
            await migrate.apply(url)
            return wanted
        except migrate.MigrationError as error:
            if turn == TRIES or not isinstance(error.__cause__, asyncpg.LockNotAvailableError):
                raise
            print(f"{error}: somebody holds the table; again in {AGAIN_AFTER_S:.0f} s.")
            await asyncio.sleep(AGAIN_AFTER_S)
    raise AssertionError


async def _note(settings: Settings, act: str, details: dict[str, str | list[str]]) -> None:
    """The log of what staff does says so."""
    db = await postgres.connect(settings.database_url, size=1, application="parvis upgrade")
    try:
        async with db.transaction() as tx:
            await moderation.log.record(tx, actor_id=None, act=act, subject="place", details=details, now=utc_now())
    finally:
        await db.close()


async def _is_followed(settings: Settings, kept: str) -> bool:
    """Whether somebody keeps the journal beside those copies."""
    kit = settings.home / "backup" if remote_kit.is_remote(kept) else Path(kept)
    if not kept or not any((kit / "wal").glob("*")):
        return False
    db = await asyncpg.connect(settings.database_url)
    try:
        slot = "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)"
        return bool(await db.fetchval(slot, backup.SLOT))
    finally:
        await db.close()


async def _is_pruned(one: Upgrade) -> bool:
    """Whether the kit has no copy of before any more: the same release may have been told again to upgrade much later."""
    if not one.kept or one.copied_at is None:
        return False
    try:
        return not any(moment <= one.copied_at for moment in await remote_kit.moments(one.kept))
    except BackupFailed:  # a bucket that does not answer may have it
        return False


async def _replace(settings: Settings, environment: Mapping[str, str]) -> None:
    """Web processes and workers are those of the release in place, where a server runs here."""
    if not environment:
        print("No server runs here: start it, and wherever else web processes and workers run, start those anew.")
        return
    took = await replacing.replace(engines.with_addresses(settings), environment, WEB)
    print("Replaced: " + ", ".join(f"{name} ({seconds:.1f} s)" for name, seconds in took.items()) + ".")
    print("A `parvis watch` or `parvis backup --follow` beside goes on as it is: restart those services yourself.")


def _say_how_to_go_back(settings: Settings, one: Upgrade, *, followed: bool, pruned: bool) -> None:
    """In lines that can be typed; a test does. The moment names the copy: later ones, and the journal of a kit that is
    followed, have the migrations too."""
    print(
        "\nTo go back, point the service at the release before. Then, with this one, which keeps what people did since:"
    )
    print(f"    {sys.executable} -m parvis upgrade --back")
    if not one.kept:
        return
    if pruned:
        print(
            f"Should data be damaged: {one.kept} has no copy of before {one.copied_at:%Y-%m-%d %H:%M:%S} UTC any more, when\n"
            "this upgrade began; those that it has are of this release, and `parvis restore` of this one brings them back."
        )
        return
    home, kept = settings.home, one.kept
    to, which = "", "the copy"
    if one.copied_at is not None:
        which = f"the copy of {one.copied_at:%Y-%m-%d %H:%M:%S} UTC"
        if followed or one.came_from >= STOPS_WITHOUT_JOURNAL:
            to = f" --to {one.copied_at:%Y-%m-%dT%H:%M:%SZ}"
    print(
        f"Should data be damaged: stop the server, and, with the release before, bring {which} back. What people did\n"
        "since is lost then, unless `parvis backup --follow` keeps it: a later moment behind --to brings more of it."
    )
    print(f"    mv {shlex.quote(str(home))} {shlex.quote(f'{home}.after')}")
    inside = not remote_kit.is_remote(kept) and Path(kept).is_relative_to(home)
    kit = f"{home}.after/{Path(kept).relative_to(home)}" if inside else kept
    print(f"    parvis restore {shlex.quote(kit)}{to}")
    if inside and (home / "media").is_dir():
        print(f"    cp -a {shlex.quote(f'{home}.after/media')} {shlex.quote(str(home))}/")


def _folder() -> str:
    return str(Path(parvis.__file__).parent)
