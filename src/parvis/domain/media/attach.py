"""Pictures become part of a post, or are free again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.base.errors import Invalid
from parvis.base.ids import AccountId, MediaId, PostId
from parvis.domain.media import queries
from parvis.domain.media.types import Attachment, Media
from parvis.infra.postgres import Connection


async def attach(tx: Connection, owner: AccountId, media_ids: Sequence[MediaId], post_id: PostId) -> list[Attachment]:
    """The uploads belong to the post, and to no other ever; in the order given.

    Raises: Invalid("media_ids", …) when one is not the owner's, not ready, or in a post already.
    """
    found = await queries.locked_media(tx, owner, media_ids)
    attachments = [_attachable(found.get(media_id)) for media_id in media_ids]
    await queries.set_post(tx, owner, media_ids, post_id)
    return attachments


async def detach(tx: Connection, owner: AccountId, post_id: PostId, *, now: datetime) -> None:
    """The post's pictures are free for another post, for a day; apps do so to let people rewrite a post."""
    await queries.unset_post(tx, owner, post_id, now)


def _attachable(media: Media | None) -> Attachment:
    # Somebody else's picture and one that is being removed answer like one that never was.
    if media is None or media.state == "failed":
        raise Invalid("media_ids", "One of the pictures does not exist", "not_found")
    if media.post_id is not None:
        raise Invalid("media_ids", "One of the pictures is part of another post", "taken")
    if media.state == "refused":
        raise Invalid(
            "media_ids", media.problem or "One of the files could not be taken", media.problem_code or "refused"
        )
    if not media.ready:
        raise Invalid("media_ids", "One of the pictures has not been processed yet; try again in a moment", "not_ready")
    return attachment_of(media)


def attachment_of(media: Media) -> Attachment:
    """What a post keeps of an upload."""
    return Attachment(
        id=media.id,
        kind=media.kind,
        key=media.key,
        files=media.files,
        blurhash=media.blurhash,
        description=media.description,
        focus_x=media.focus_x,
        focus_y=media.focus_y,
    )
