"""A place brought back from a kit: laid out in an empty PARVIS_HOME, and served only once all of it is done."""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from parvis.infra.engines.kit import (
    CONFIGURATION,
    PARTIAL,
    BackupFailed,
    bases,
    check_room,
    copy_new,
    fresh,
    moment,
    needed,
)
from parvis.infra.engines.kit_media import gone_by
from parvis.infra.engines.places import Places, database_account
from parvis.infra.engines.postgresql import PostgreSQL
from parvis.infra.engines.running import holder

JOURNAL = "restored-journal"  # inside the data folder, which the database's account can read
BROUGHT = "restore.media"  # in PARVIS_HOME meanwhile: which files of the kit came into the media folder, one a line
UNFINISHED = "restore.unfinished"  # in PARVIS_HOME, until what was revoked after the copy is revoked again
ENDED_EARLY = b"recovery ended before configured recovery target was reached"
_MARKS = ("restore_command", "recovery_target", "hot_standby")  # our lines of postgresql.auto.conf
_WAITS = "synchronous_standby_names"  # nobody follows a place that has just come back


def check_free(home: Path) -> None:
    """A place can be brought back there: nothing of another one is in the way. Raises: BackupFailed."""
    if (process := holder(home)) is not None:
        raise BackupFailed(f"Parvis runs in {home} (process {process}); a place is brought back into an empty folder.")
    if is_unfinished(home):
        return
    for name in ("postgres", "secrets", "media"):
        if any(path.is_file() for path in (home / name).rglob("*")):
            raise BackupFailed(
                f"There is {name}/ of a place in {home} already; a place is brought back into an empty folder. "
                f"Move {home / name} away first; media can be put back afterwards."
            )


def words(folder: str, to: datetime | None) -> str:
    """What was asked for, as it is remembered until the restore is finished."""
    return f"{folder} {to.isoformat() if to else ''}".strip()


async def restore(
    kit: Path,
    home: Path,
    *,
    to: datetime | None = None,
    media: Path | None = None,
    configuration: bool = True,
    asked: str = "",
) -> None:
    """An empty home holds the place as it was then, or as late as the kit knows; it is as it was when it starts.

    `media`: the folder into which they come, None: they do not. What was laid out for other words than `asked`, and not
    finished, is laid out anew. Raises: BackupFailed.
    """
    check_free(home)
    known = [one for one in bases(kit) if to is None or moment(one) <= to]
    if not known:
        raise BackupFailed(f"{kit} holds no copy that is old enough.")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    places, before = Places(home), is_unfinished(home)
    data = PostgreSQL(places).data
    await asyncio.to_thread(_remove, data)  # before the words change: it was laid out for others
    (home / UNFINISHED).write_text(asked)
    places.create()
    await asyncio.to_thread(copy_new, kit / "secrets", home / "secrets", always=True)
    if media is not None:
        await asyncio.to_thread(_bring_media, kit, media, gone_by(kit, to), home, again=before)
    if configuration:
        await asyncio.to_thread(_bring_configuration, kit, home)
    await asyncio.to_thread(_lay_out, known[-1], kit / "wal", data, to)


def _remove(data: Path) -> None:
    """Another attempt is out of the way at once, also if its database is just stopping."""
    old = data.with_name(f"{data.name}.new-replaced")
    shutil.rmtree(old, ignore_errors=True)
    if data.exists():
        os.rename(data, old)
        shutil.rmtree(old, ignore_errors=True)


def _bring_media(kit: Path, media: Path, gone: frozenset[str], home: Path, *, again: bool) -> None:
    """All that was there then. `again`: what another attempt brought and was gone by then is removed; the kit has it.

    Which files that were is written down before they come. Raises: BackupFailed when there is no room for them.
    """
    new = fresh(kit / "media", media, without=gone)
    media.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_room(media, sum(new.values()), "for the media")
    with (home / BROUGHT).open("a") as file:
        file.writelines(f"{name}\n" for name in new)
    copy_new(kit / "media", media, without=gone)
    for name in gone if again else ():
        if (kit / "media" / name).exists():
            (media / name).unlink(missing_ok=True)


def _bring_configuration(kit: Path, home: Path) -> None:
    """What the operator had set for the database is set again, unless he has written that file here."""
    if not (kit / CONFIGURATION).is_file() or (home / CONFIGURATION).exists():
        return
    lines = (kit / CONFIGURATION).read_text().splitlines()
    kept = [f"# set again once somebody follows: {line}" if line.strip().startswith(_WAITS) else line for line in lines]
    (home / CONFIGURATION).write_text("\n".join([*kept, ""]))


def _lay_out(base: Path, wal: Path, data: Path, to: datetime | None) -> None:
    fresh = data.with_name(f"{data.name}.new-restored")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(base, fresh)
    journal = fresh / JOURNAL
    journal.mkdir(mode=0o700)
    for file in whole_journal(needed(base, wal)):
        _copy_segment(file, journal / file.name.removesuffix(PARTIAL))
    # Nobody is let in before the journal is read: so it does not matter that the place had, say, more connections.
    lines = [f"restore_command = 'cp {JOURNAL}/%f %p'", "recovery_target_action = 'promote'", "hot_standby = 'off'"]
    if to is not None:
        lines.append(f"recovery_target_time = '{to.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'")
    own = (fresh / "postgresql.auto.conf").read_text().splitlines()
    kept = [line for line in own if not line.startswith(_WAITS)]
    (fresh / "postgresql.auto.conf").write_text("\n".join([*kept, *lines]) + "\n")
    (fresh / "recovery.signal").touch()
    account = database_account()
    for path in (fresh, *fresh.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    os.rename(fresh, data)


def _copy_segment(file: Path, to: Path) -> None:
    """Also of one that whoever follows has just finished."""
    try:
        shutil.copy2(file, to)
    except FileNotFoundError:
        if not file.name.endswith(PARTIAL):
            raise
        shutil.copy2(file.with_name(to.name), to)


def whole_journal(parts: list[Path]) -> list[Path]:
    """The files without beginnings of segments that are there in whole."""
    names = {file.name for file in parts}
    return [file for file in parts if not file.name.endswith(PARTIAL) or file.name.removesuffix(PARTIAL) not in names]


def is_unfinished(home: Path) -> bool:
    """Whether a place began to come back there, and is not to be served yet."""
    return (home / UNFINISHED).exists()


def is_laid_out(home: Path, asked: str) -> bool:
    """Whether only the last part of coming back is missing, for the same words: the database is there, and people are signed
    in as they were."""
    return is_unfinished(home) and (home / UNFINISHED).read_text() == asked and PostgreSQL(Places(home)).data.exists()


def journal_ended(log: Path, since: int) -> bool:
    """Whether the database said, beyond that many bytes of its log, that the journal ends before the wanted moment."""
    if not log.exists():
        return False
    with log.open("rb") as file:
        file.seek(since)
        return ENDED_EARLY in file.read()


def as_late_as_it_goes(home: Path) -> None:
    """The next start reads the journal to its end, whatever moment was asked for."""
    _without_lines(PostgreSQL(Places(home)).data, "recovery_target_time")


def brought(home: Path) -> frozenset[str]:
    """The files that came into the media folder, until this is finished."""
    file = home / BROUGHT
    return frozenset(file.read_text().splitlines()) if file.exists() else frozenset()


def finish(home: Path) -> None:
    """The place may be served; the journal that was needed to come back is gone, once it is no longer needed."""
    (home / BROUGHT).unlink(missing_ok=True)
    (home / UNFINISHED).unlink(missing_ok=True)
    data = PostgreSQL(Places(home)).data
    if (data / "recovery.signal").exists():
        return
    shutil.rmtree(data / JOURNAL, ignore_errors=True)
    _without_lines(data, *_MARKS)


def _without_lines(data: Path, *marks: str) -> None:
    conf = data / "postgresql.auto.conf"
    conf.write_text("".join(line for line in conf.read_text().splitlines(keepends=True) if not line.startswith(marks)))
