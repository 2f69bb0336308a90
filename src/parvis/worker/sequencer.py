"""Receipts get their numbers: a loop in every worker, of which one at a time does the work."""

from __future__ import annotations

import asyncio

import structlog

from parvis.base.clock import utc_now
from parvis.domain import admission
from parvis.infra.services import Services
from parvis.worker.outcomes import DATABASE_TROUBLE

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.2


async def keep(services: Services) -> None:
    """What is received is numbered soon, until this is cancelled."""
    while True:
        more = False
        try:
            more = await once(services)
        except DATABASE_TROUBLE as error:
            log.debug("sequencer.waits_for_database", error=repr(error))
        except Exception:
            log.exception("sequencer.failed")
        await asyncio.sleep(0 if more else LOOK_EVERY_S)


async def once(services: Services) -> bool:
    """A batch has its numbers, if there was work; whether there may be more."""
    async with services.db.connection() as db:
        if not await admission.has_work(db):
            return False
    return await admission.sequence(services, now=utc_now(), wait=False) >= admission.BATCH
