"""Throwing away previews that nobody shows; a schedule of the worker calls it."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.domain.links import queries
from parvis.domain.links.types import Card
from parvis.infra.encoding import from_json
from parvis.infra.services import Services

KEPT_FOR = timedelta(days=2)
AT_ONCE = 200


async def delete_unused(services: Services, *, now: datetime) -> int:
    """Links that no post names are gone with their previews and pictures; how many previews that were."""
    async with services.db.transaction() as tx:
        rows = await queries.unused(tx, now - KEPT_FOR, AT_ONCE)
    for row in rows:
        card = from_json(row["content"], Card)
        if card.picture is not None:
            await services.storage.delete_prefix(card.picture.key)
    return len(rows)
