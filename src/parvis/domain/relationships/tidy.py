"""Throwing away what has run out; a schedule of the worker calls it."""

from __future__ import annotations

from datetime import datetime

from parvis.domain.relationships import queries
from parvis.infra.postgres import Connection


async def delete_expired(tx: Connection, *, now: datetime) -> None:
    """Mutes whose time is over are gone; they had no effect any more."""
    await queries.mutes_expired(tx, now)
