"""Whether the door stands open."""

from __future__ import annotations

from parvis.domain.admission import log_queries, queries
from parvis.infra.postgres import Connection


async def has_room(db: Connection) -> bool:
    """Whether whoever comes now may enter at once: nobody waits whom they would pass."""
    tree = await log_queries.tree(db)
    return tree.waiting == 0 and not await queries.has_unnumbered(db)
