"""The emoji of this place."""

from __future__ import annotations

from parvis.api.entities.addresses import addresses
from parvis.api.entities.emoji import CustomEmoji, present_emoji
from parvis.api.routing import Call, endpoint
from parvis.domain import media
from parvis.infra.doors import LONG_SHARED_S, READING


@endpoint("GET", "/api/v1/custom_emojis", urgency=READING, shared_s=LONG_SHARED_S, returns=list[CustomEmoji])
async def custom_emojis(call: Call) -> list[CustomEmoji]:
    """Every emoji of this place."""
    place = addresses(call.services).media
    return [present_emoji(one, place) for one in await media.emoji.current(call.db)]
