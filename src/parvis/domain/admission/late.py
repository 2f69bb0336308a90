"""Receipts while the database is gone: kept on the local disk, and stored exactly once when it is back.

A receipt has its id, and so its ticket, before it is written anywhere. Writing it again changes nothing. What can never
be stored as it is lies aside, in a file of its own, until an operator has looked at it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cache

import asyncpg
import msgspec
import structlog

from parvis.base.settings import Settings
from parvis.domain.admission.queries import NewReceipt
from parvis.domain.admission.write import write_late
from parvis.infra.postgres import OUTAGES
from parvis.infra.services import Services
from parvis.infra.spool import Spool

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
BATCH = 200
# The record itself is at fault. Whatever else the database says (it is full, it only reads, two waited for each other) is
# its own trouble, which passes.
BROKEN = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)

read = msgspec.msgpack.Decoder(NewReceipt).decode
_spool = cache(Spool)  # one a file: it remembers what it has read


def spool_of(settings: Settings) -> Spool:
    return _spool(settings.home / "spool" / "receipts")


def aside_of(settings: Settings) -> Spool:
    """What can never be stored as it is; an operator must look at it."""
    return _spool(settings.home / "spool" / "receipts-broken")


async def keep(services: Services, new: Sequence[NewReceipt]) -> None:
    """The receipts are on the local disk."""
    if new:
        await asyncio.to_thread(spool_of(services.settings).append, [msgspec.msgpack.encode(one) for one in new])


async def replay(services: Services) -> int:
    """What was kept is in the database, each receipt once, or aside; how many were new there.

    Raises: one of `OUTAGES` while the database is still gone, BlockingIOError while another process does it. Whatever it
    raises, all is still kept.
    """
    spool = spool_of(services.settings)
    if not spool.has_records():
        return 0
    stored = 0
    with spool.emptied() as records:
        kept, broken = _decoded(records)
        for start in range(0, len(kept), BATCH):
            stored += await _store(services, kept[start : start + BATCH], broken)
        if broken:
            aside = aside_of(services.settings)
            await asyncio.to_thread(aside.append, broken)
            log.error("admission.set_aside", receipts=len(broken), path=str(aside.path))
    log.info("admission.replayed", kept=len(records), stored=stored)
    return stored


def _decoded(records: Sequence[bytes]) -> tuple[list[NewReceipt], list[bytes]]:
    """The receipts, and what is none that this release can read."""
    kept: list[NewReceipt] = []
    broken: list[bytes] = []
    for number, one in enumerate(records):
        try:
            kept.append(read(one))
        except msgspec.DecodeError as error:
            log.warning("admission.cannot_read", record=number, error=repr(error))
            broken.append(one)
    return kept, broken


async def _store(services: Services, some: Sequence[NewReceipt], broken: list[bytes]) -> int:
    """How many of them are stored now; what cannot be is added to `broken`."""
    try:
        async with services.db.transaction() as tx:
            return await write_late(tx, some)
    except BROKEN:
        if len(some) > 1:  # one of them is at fault; the others must not suffer
            return sum([await _store(services, [one], broken) for one in some])
        log.exception("admission.cannot_replay", receipt=some[0].id)
        broken.append(msgspec.msgpack.encode(some[0]))
        return 0


async def keep_storing(services: Services) -> None:
    """What an outage left on the disk is stored soon after it, until this is cancelled."""
    while True:
        try:
            await replay(services)
        except OUTAGES as error:
            log.debug("admission.replay_waits", error=repr(error))
        except Exception:
            log.exception("admission.replay_failed")
        await asyncio.sleep(LOOK_EVERY_S)
