"""Upgrades that were made or begun, written down in PARVIS_HOME, so that also one that was cut short can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from parvis.infra import engines

FILE = "upgrades.json"
SAME_RUN = timedelta(days=1)  # whoever tries again within it has the copy that was made at first


class Upgrade(msgspec.Struct, frozen=True):
    """One of the release in the folder `program`. `came_from`: the newest migration there was before; `applied`: those
    that were to be applied, to some of which one that was cut short has not come; `kept`: where the copy of before is
    (empty: nowhere); `copied_at`: a moment behind that copy and before the first migration; `done`: the whole way."""

    at: datetime
    program: str
    came_from: str
    applied: list[str]
    kept: str
    copied_at: datetime | None = None
    done: bool = True


def known(home: Path) -> list[Upgrade]:
    """All of them, the oldest first."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=list[Upgrade])
    except FileNotFoundError:
        return []


def cut_short(home: Path, program: str, now: datetime) -> Upgrade | None:
    """The upgrade that this release began within a day and did not end, with a copy of before."""
    last = next(iter(known(home)[-1:]), None)
    if last is None or last.program != program or last.done or not last.kept or last.copied_at is None:
        return None
    return last if now - last.copied_at < SAME_RUN else None


def begun(home: Path, one: Upgrade) -> Upgrade:
    """It is written down before anything is changed; what is written there. The same release again, such as after a
    failure halfway, is one upgrade, with the first time's copy: one that is made later has what was applied by then."""
    before = known(home)
    if before and before[-1].program == one.program:
        first = before.pop()
        copy = first if first.kept and (not first.done or (first.applied and not one.applied)) else one
        one = msgspec.structs.replace(
            one,
            came_from=first.came_from,
            applied=[*first.applied, *(name for name in one.applied if name not in first.applied)],
            kept=copy.kept,
            copied_at=copy.copied_at,
        )
    _write(home, [*before, one])
    return one


def ended(home: Path) -> None:
    """The last one has gone the whole way."""
    *before, last = known(home)
    _write(home, [*before, msgspec.structs.replace(last, done=True)])


def taken_back(home: Path) -> None:
    """The last one is no more."""
    _write(home, known(home)[:-1])


def _write(home: Path, some: list[Upgrade]) -> None:
    engines.write_whole(home / FILE, msgspec.json.encode(some).decode())
