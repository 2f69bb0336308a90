"""Decisions about notifications that need no I/O."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import NotFound
from parvis.base.ids import MAX_ID, AccountId, NotificationId, PostId
from parvis.domain.notifications.types import Kind

GROUPED: tuple[Kind, ...] = ("favourite", "repost", "follow")
_ALONE = "ungrouped-"
_BUCKET_S = 12 * 3600


def group_key(kind: Kind, post_id: PostId | None, now: datetime, unique: int) -> str:
    """Favourites and reposts of one post, and follows, of the same half day share a key; others stand alone."""
    if kind not in GROUPED:
        return f"{_ALONE}{unique}"
    bucket = int(now.timestamp()) // _BUCKET_S
    return f"{kind}-{post_id}-{bucket}" if post_id is not None else f"{kind}-{bucket}"


def read_key(key: str) -> str | NotificationId:
    """The key, or the id of the notification that stands alone under it. Raises: NotFound for what is no key."""
    if not key.startswith(_ALONE):
        return key
    number = key.removeprefix(_ALONE)
    if not (number.isascii() and number.isdigit() and len(number) < 20 and int(number) <= MAX_ID):
        raise NotFound
    return NotificationId(int(number))


def dedupe_key(kind: Kind, from_id: AccountId, post_id: PostId | None, again: int | None = None) -> str:
    """The same person doing the same to the same post is told once, however often the worker repeats itself."""
    key = f"{kind}:{from_id}:{post_id or ''}"
    return key if again is None else f"{key}:{again}"
