"""Looking at one's own uploads."""

from __future__ import annotations

from typing import Any

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, MediaId
from parvis.domain.media import queries
from parvis.domain.media.types import Media
from parvis.infra.postgres import Connection


async def totals(db: Connection) -> list[dict[str, Any]]:
    """How many media there are, and their bytes, by kind and state."""
    return [dict(row) for row in await queries.totals(db)]


async def unattached(db: Connection, owner: AccountId, media_id: MediaId) -> Media:
    """The upload that waits for a post, ready or not.

    Raises: Invalid with the reason when it was refused.
    NotFound, also for somebody else's, for one in a post, and for one that is being removed.
    """
    media = await queries.media_by_id(db, owner, media_id)
    if media is None or media.post_id is not None or media.state == "failed":
        raise NotFound
    if media.state == "refused":
        raise Invalid("file", media.problem or "This file could not be taken", media.problem_code or "refused")
    return media
