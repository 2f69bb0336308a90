"""The door is kept: adjusted every ten seconds by whichever worker is first."""

from __future__ import annotations

import asyncio

import structlog

from parvis.domain import admission
from parvis.infra.services import Services
from parvis.worker.outcomes import DATABASE_TROUBLE

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 2.0


async def keep_gate(services: Services) -> None:
    """The gate decides when it is time, until this is cancelled."""
    await asyncio.sleep(6)  # the first measurements are five seconds away
    while True:
        try:
            await look(services)
        except DATABASE_TROUBLE as error:
            log.debug("gate.waits_for_database", error=repr(error))
        except Exception:
            log.exception("gate.failed")
        await asyncio.sleep(LOOK_EVERY_S)


async def look(services: Services) -> None:
    """The gate has decided, if it was time by the database's clock."""
    async with services.db.connection() as db:
        now = await admission.gate_clock(db)
    decided = await admission.adjust_gate(services, now=now)
    if decided is not None:
        log.debug("gate.decided", rate_per_s=decided.rate_per_s, reason=decided.binding)
