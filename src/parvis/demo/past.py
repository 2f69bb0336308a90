"""Acting in the past: ids and services of another moment, so that five days of talk can be told in one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import cast

from parvis.base.ids import EPOCH_MS, IdSource
from parvis.infra.postgres import Connection, Database
from parvis.infra.services import Services


class PastIds(IdSource):
    """Ids of the moment that is set, unique among themselves and among those of the present process number."""

    def __init__(self, process_number: int) -> None:
        super().__init__(process_number)
        self._moment_ms = 0
        self._count = 0
        self._promised: int | None = None

    def at(self, moment: datetime) -> None:
        """From now on ids are of that moment."""
        self._moment_ms = int(moment.timestamp() * 1000) - EPOCH_MS

    def promise(self, id_: int) -> None:
        """The very next id is this one, which was known before there was anything to have it."""
        self._promised = id_

    def next(self) -> int:
        promised, self._promised = self._promised, None
        return super().next() if promised is None else promised

    def _tick(self, size: int) -> tuple[int, int]:
        self._count += 1
        return self._moment_ms, self._count % size


def within(services: Services, tx: Connection, ids: IdSource) -> Services:
    """The same services, but every transaction is part of `tx` and every id is from `ids`."""
    return dataclasses.replace(services, db=cast(Database, _OneTransaction(tx)), ids=ids)


class _OneTransaction:
    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._tx.transaction():
            yield self._tx

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        yield self._tx
