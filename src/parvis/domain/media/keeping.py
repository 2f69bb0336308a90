"""Uploads that wait for a post longer than a day, because the post is for later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import Invalid
from parvis.base.ids import AccountId, MediaId
from parvis.domain.media import queries
from parvis.domain.media.attach import attachment_of
from parvis.domain.media.types import Attachment
from parvis.infra.postgres import Connection


async def keep(tx: Connection, owner: AccountId, media_ids: Sequence[MediaId], *, until: datetime) -> None:
    """The uploads wait for a post until then.

    Raises: Invalid("media_ids", …) when one could not be attached.
    """
    if media_ids:
        if len(await attachable(tx, owner, media_ids)) < len(media_ids):
            raise Invalid("media_ids", "One of the pictures does not exist, or is not ready", "not_found")
        await queries.set_kept_until(tx, owner, media_ids, until)


async def let_go(tx: Connection, owner: AccountId, media_ids: Sequence[MediaId], *, now: datetime) -> None:
    """The uploads wait for a post no longer than any."""
    if media_ids:
        await queries.set_kept_until(tx, owner, media_ids, now)


async def attachable(db: Connection, owner: AccountId, media_ids: Sequence[MediaId]) -> dict[MediaId, Attachment]:
    """Those of the uploads that could be attached now, as a post would show them."""
    if not media_ids:
        return {}
    return {one.id: attachment_of(one) for one in await queries.waiting_media(db, owner, media_ids)}
