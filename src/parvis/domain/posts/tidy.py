"""Throwing away what has run out; a schedule of the worker calls it."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.domain.posts import queries
from parvis.infra.postgres import Connection

KEYS_KEPT_FOR = timedelta(days=7)


async def delete_expired(tx: Connection, *, now: datetime) -> None:
    """Idempotency keys that nobody will send again are gone."""
    await queries.delete_keys(tx, now - KEYS_KEPT_FOR)
