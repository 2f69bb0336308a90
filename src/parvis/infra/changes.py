"""Whether what a process remembers is still true: one short statement reads what has changed, for all who ask meanwhile.

Every transaction that changes something a page is made of writes whom it is about into the table `change`. A process
reads what became visible since it last did; so it knows, at a moment after a request came, everything that was committed
before. Nothing is missed by the order of commits: what is asked is not a number but what the snapshot before could not
see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from parvis.infra import waits
from parvis.infra.postgres import Connection, Database

EVERYBODY = 0  # a key that concerns every page
PUBLIC = -1  # the key of public posts as a whole

TRUSTED_S = 60.0  # how long something may be remembered at most
KEPT_FOR = timedelta(minutes=15)  # in the table; nobody remembers for as long

_READ = """
SELECT pg_current_snapshot()::text AS snapshot,
       array(SELECT DISTINCT key FROM change
              WHERE xact >= pg_snapshot_xmin($1::text::pg_snapshot)
                AND NOT pg_visible_in_snapshot(xact, $1::text::pg_snapshot)) AS keys
"""
_FIRST = "SELECT pg_current_snapshot()::text AS snapshot, '{}'::bigint[] AS keys"


class Changes:
    """What changed, by the reading that showed it. Readings are numbered from 1; 0 is before all."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._snapshot = ""
        self._latest: dict[int, int] = {}
        self._before: dict[int, int] = {}  # of the turn before, so that old keys go
        self._turned_at = 0.0
        self._read_at = -TRUSTED_S
        self._running: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None
        self.reading = 0
        self.last_change = 0  # the last reading that showed any change

    def fresh(self) -> int | None:
        """The number of a reading that something made from now on may be said to be later than; None without one."""
        age = asyncio.get_running_loop().time() - self._read_at
        return self.reading if self._snapshot and age < TRUSTED_S / 2 else None

    async def read(self) -> int:
        """Everything committed before this call is known; returns the reading's number.

        Who comes while a statement is under way shares the next one: this one may have begun before their commit.
        Raises: as the database does; then nothing that was remembered counts any more.
        """
        with waits.on(waits.SQL):  # others' statement, for whoever shares it
            return await asyncio.shield(self._reading())

    def _reading(self) -> asyncio.Task[int]:
        if self._next is not None:  # it has not begun
            return self._next
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._read(None), name="read changes")
            self._running.add_done_callback(_look)
            return self._running
        self._next = asyncio.create_task(self._read(self._running), name="read changes")
        self._next.add_done_callback(_look)
        return self._next

    def changed(self, keys: Iterable[int], since: int) -> bool:
        """Whether something about one of the keys has been read after that reading."""
        if self.last_change <= since:
            return False
        latest, before = self._latest, self._before
        if latest.get(EVERYBODY, 0) > since or before.get(EVERYBODY, 0) > since:
            return True
        return any(latest.get(key, 0) > since or before.get(key, 0) > since for key in keys)

    async def _read(self, after: asyncio.Task[int] | None) -> int:
        if after is not None:
            await asyncio.wait((after,))
            self._running, self._next = asyncio.current_task(), None
        try:
            async with self._db.connection() as db:
                row = await (db.fetchrow(_READ, self._snapshot) if self._snapshot else db.fetchrow(_FIRST))
        except BaseException:
            self._forget()
            raise
        assert row is not None
        self._take(row["snapshot"], row["keys"])
        return self.reading

    def _take(self, snapshot: str, keys: list[int]) -> None:
        now = asyncio.get_running_loop().time()
        # Nothing that is remembered is younger than that; or this is another database, an older copy put in its place.
        if now - self._read_at > TRUSTED_S or (self._snapshot and _oldest(snapshot) < _oldest(self._snapshot)):
            self._forget()
        self.reading += 1
        self._snapshot, self._read_at = snapshot, now
        if keys:
            self.last_change = self.reading
            self._latest.update(dict.fromkeys(keys, self.reading))
        if now - self._turned_at > TRUSTED_S:
            self._before, self._latest, self._turned_at = self._latest, {}, now

    def _forget(self) -> None:
        """Whatever was remembered before this moment is not proved any more."""
        self.reading += 1
        self.last_change = self.reading
        self._before, self._latest, self._snapshot = {}, {EVERYBODY: self.reading}, ""


def _oldest(snapshot: str) -> int:
    """The first transaction that had not ended."""
    return int(snapshot.partition(":")[0])


def _look(done: asyncio.Task[int]) -> None:
    if not done.cancelled():
        done.exception()  # it was told to whoever waited


async def delete_old(db: Connection, *, now: datetime) -> None:
    """Changes that nobody can want to know of any more are gone."""
    await db.execute("DELETE FROM change WHERE at < $1", now - KEPT_FOR)
