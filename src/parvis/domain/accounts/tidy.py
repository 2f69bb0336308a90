"""Throwing away what has run out; a schedule of the worker calls it."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.events import TokenRevoked
from parvis.domain.accounts.queries import one_time as one_time_queries
from parvis.domain.accounts.queries import passkeys as passkey_queries
from parvis.domain.accounts.queries import sessions as session_queries
from parvis.infra import events
from parvis.infra.postgres import Connection


async def end_all_access(tx: Connection) -> int:
    """Nobody is signed in, no app has access, no link of a letter works; how many sessions and apps that ended."""
    return await one_time_queries.all_access_ended(tx)


async def delete_expired(tx: Connection, *, now: datetime) -> None:
    """Sessions, links and codes that can never be used again are gone."""
    tokens = await session_queries.expired_deleted(tx, now)
    await events.record(tx, *(TokenRevoked(row["id"], row["account_id"]) for row in tokens))
    await one_time_queries.expired_deleted(tx, now, now - timedelta(days=7))
    await passkey_queries.old_challenges_forgotten(tx, now)
