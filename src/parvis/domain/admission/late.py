"""Receipts while the database is gone: kept on the local disk, and stored exactly once when it is back.

A receipt has its id, and so its ticket, before it is written anywhere. Writing it again changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from parvis.domain.admission.queries import NewReceipt
from parvis.domain.admission.write import write_late
from parvis.infra.postgres import OUTAGES
from parvis.infra.services import Services
from parvis.infra.spool import Spool

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
BATCH = 200

_decoder = msgspec.msgpack.Decoder(NewReceipt)


def spool_of(services: Services) -> Spool:
    return Spool(services.settings.home / "spool" / "receipts")


def broken_of(services: Services) -> Spool:
    """What could not be stored for another reason than an outage; an operator must look at it."""
    return Spool(services.settings.home / "spool" / "receipts-broken")


async def keep(services: Services, new: Sequence[NewReceipt]) -> None:
    """The receipts are on the local disk."""
    await asyncio.to_thread(spool_of(services).append, [msgspec.msgpack.encode(one) for one in new])


async def replay(services: Services) -> int:
    """What was kept is in the database, each receipt once; how many that were.

    Raises: one of `OUTAGES` while the database is still gone, BlockingIOError while another process does it.
    """
    spool = spool_of(services)
    if not spool.has_records():
        return 0
    stored = 0
    with spool.emptied() as records:
        kept = [_decoder.decode(one) for one in records]
        for start in range(0, len(kept), BATCH):
            stored += await _store(services, kept[start : start + BATCH])
    log.info("admission.replayed", kept=len(kept), stored=stored)
    return stored


async def _store(services: Services, some: Sequence[NewReceipt]) -> int:
    try:
        async with services.db.transaction() as tx:
            return await write_late(tx, some)
    except OUTAGES:
        raise
    except Exception:
        if len(some) > 1:  # one of them is at fault; the others must not suffer
            return sum([await _store(services, [one]) for one in some])
        log.exception("admission.cannot_replay", receipt=some[0].id)
        await asyncio.to_thread(broken_of(services).append, [msgspec.msgpack.encode(some[0])])
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
