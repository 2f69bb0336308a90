"""A web process hands over what it counted, once a minute, and asks for the salt of the day."""

from __future__ import annotations

import asyncio
import secrets

import asyncpg
import structlog

from parvis.domain.insights import queries
from parvis.domain.insights.visits import Visits
from parvis.infra.postgres import OUTAGES, Database
from parvis.infra.services import Services

log = structlog.get_logger(__name__)

EVERY_S = 60.0
AGAIN_S = 5.0  # while there is no salt, visitors are not told apart
TROUBLE = (*OUTAGES, asyncpg.PostgresError)


async def keep_counting(services: Services, visits: Visits) -> None:
    """What is counted reaches the database, until this is cancelled; what is left then, too, if it can be done soon."""
    try:
        while True:
            await hand_over(services.db, visits)
            await asyncio.sleep(EVERY_S if visits.knows_salts(visits.days_to_come) else AGAIN_S)
    finally:
        await asyncio.wait_for(_shielded(services.db, visits), 2)


async def hand_over(db: Database, visits: Visits) -> bool:
    """Whether the database has all that was counted until now; if not, it is kept for the next time."""
    try:
        await know_salts(db, visits)
    except TROUBLE as error:
        log.debug("insights.no_salt", error=repr(error))
    batches = visits.take()
    try:
        while batches:
            async with db.connection() as connection:
                await queries.batch_stored(connection, batches[0])
            del batches[0]
    except TROUBLE as error:
        log.debug("insights.not_handed_over", error=repr(error))
        return False
    finally:
        visits.give_back(batches)  # also of whoever is told to end in the middle
    return True


async def know_salts(db: Database, visits: Visits) -> None:
    """The process knows the salt of today, and shortly before midnight that of tomorrow; the first that asks makes it.
    A crash takes salts from the database: who knows one puts it back, and all go on with the one that is there."""
    async with db.connection() as connection:
        visits.learn(
            {
                day: await queries.salt(connection, day, visits.salt_of(day) or secrets.token_bytes(16))
                for day in visits.days_to_come
            }
        )


async def _shielded(db: Database, visits: Visits) -> None:
    try:
        await hand_over(db, visits)
    except Exception as error:  # the process ends; numbers are no reason to make it end badly
        log.debug("insights.lost", error=repr(error))
