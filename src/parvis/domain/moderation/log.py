"""The log of what staff did and was refused: appended to, sealed entry by entry, checked from its beginning.

Each entry's seal is the SHA-256 of the seal before it and of the entry itself. Whoever changes an old entry must change
every seal after it; a seal noted down elsewhere, such as an exported file has on each line, tells on them. The database
refuses changes too. The public log of admissions is a tree, because strangers check it by parts; this one is read whole.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

import msgspec

from parvis.base.ids import AccountId, id_at
from parvis.base.spreadsheets import harmless
from parvis.domain.moderation import log_queries as queries
from parvis.domain.moderation.types import Act
from parvis.infra.postgres import Connection

START = bytes(32)  # the seal before the first entry
BATCH = 1_000
COLUMNS = ("id", "at", "actor_id", "act", "subject", "refused", "details", "seal")

Detail = str | int | float | bool | None | list[str] | list[int]


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


class Checked(msgspec.Struct, frozen=True):
    """What became of checking: how many entries fit, the last seal that does, the first entry that does not fit.

    `seals` of the entries that were asked for, as far as they fit.
    """

    count: int
    seal: bytes
    broken_id: int | None = None
    found: frozenset[str] = frozenset()


async def record(
    tx: Connection,
    *,
    actor_id: AccountId | None,
    act: str,
    subject: str,
    details: Mapping[str, Detail] | None = None,
    refused: bool = False,
    now: datetime,
) -> Act:
    """It stands in the log that this account (None: the command line) did it, in the transaction of the act itself.

    `act` is a room and a verb (`account.suspend`), `subject` a kind and which (`account:123`, or `gate` alone). Call it
    last: until the transaction ends, everybody else who records waits.
    """
    await queries.log_locked(tx)
    latest = await queries.latest(tx)
    previous_id, previous = (0, START) if latest is None else latest
    written = Act(
        id=max(id_at(now), previous_id + 1),
        at=now,
        actor_id=actor_id,
        act=act,
        subject=subject,
        details=_printable(json.dumps(dict(details or {}), sort_keys=True)),
        refused=refused,
        seal=b"",
    )
    written = msgspec.structs.replace(written, seal=sealed(previous, written))
    await queries.act_appended(tx, written)
    return written


def _printable(document: str) -> str:
    """JSON that holds printable ASCII alone: no line break, no escape sequence, nothing that turns the direction."""
    return document.replace("\x7f", "\\u007f")


def sealed(previous: bytes, entry: Act) -> bytes:
    """The seal of the entry behind the one that has the seal `previous`."""
    told = [
        entry.id,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor_id,
        entry.act,
        entry.subject,
        entry.details,
        entry.refused,
    ]
    return sha256(previous + json.dumps(told).encode()).digest()


async def entries(
    db: Connection, *, person_id: AccountId | None = None, act: str = "", before: int | None = None, limit: int
) -> list[Act]:
    """The newest below `before`: by or about that person, and of that act, or of all whose name begins with `act.`"""
    return await queries.acts(db, person_id, act, before, limit)


async def acts_known(db: Connection) -> list[str]:
    """The names of everything that was ever done, in order."""
    return await queries.act_names(db)


async def check(db: Connection, *, known: frozenset[str] = frozenset(), to: Writable | None = None) -> Checked:
    """Every entry is compared with its seal, from the first one on; `to` gets those that fit, as CSV.

    `known`: seals, in hexadecimal, that somebody noted down; the answer says which of them stand in the log.
    """
    writer = csv.writer(to, lineterminator="\n") if to is not None else None
    if writer is not None:
        writer.writerow(COLUMNS)
    count, previous, last_id, found = 0, START, 0, set[str]()
    while some := await queries.acts_above(db, last_id, BATCH):
        for one in some:
            if one.seal != sealed(previous, one):
                return Checked(count, previous, one.id, frozenset(found))
            if writer is not None:
                writer.writerow(harmless(cell) for cell in _cells(one))
            if (seal := one.seal.hex()) in known:
                found.add(seal)
            count, previous, last_id = count + 1, one.seal, one.id
    return Checked(count, previous, None, frozenset(found))


def _cells(one: Act) -> tuple[str, ...]:
    return (
        str(one.id),
        one.at.astimezone(UTC).isoformat(),
        "" if one.actor_id is None else str(one.actor_id),
        one.act,
        one.subject,
        "refused" if one.refused else "",
        one.details,
        one.seal.hex(),
    )
