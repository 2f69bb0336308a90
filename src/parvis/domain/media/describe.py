"""Saying what a picture shows, before it is posted."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, MediaId
from parvis.domain.media import queries, rules
from parvis.domain.media.types import Media
from parvis.infra.postgres import Connection


async def describe(
    tx: Connection,
    owner: AccountId,
    media_id: MediaId,
    *,
    description: str | UnsetType | None = UNSET,
    focus: tuple[float, float] | None = None,
) -> Media:
    """The upload has this description and focus; what is not given stays.

    Raises: Invalid; NotFound when it is not the owner's, or a post has it already (an edit of the post changes it then).
    """
    checked = None if description is UNSET else rules.check_description(description)
    media = await queries.described(
        tx,
        owner,
        media_id,
        description=checked,
        keep_description=description is UNSET,
        focus=None if focus is None else rules.check_focus(focus),
    )
    if media is None:
        raise NotFound
    return media
