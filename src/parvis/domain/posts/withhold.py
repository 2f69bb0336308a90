"""What moderators decided about a post takes effect here. Why is written down in `moderation`, above."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.base.events import PostRestored, PostWithheld
from parvis.base.ids import AccountId, PostId
from parvis.domain.media.types import Attachment
from parvis.domain.posts import queries, quote_queries, withhold_queries
from parvis.domain.posts.types import Visibility
from parvis.infra import events
from parvis.infra.encoding import from_json
from parvis.infra.postgres import Connection, Row


class PostAsItWas(msgspec.Struct, frozen=True, kw_only=True):
    """A post by value: what it said and showed at one moment, whatever becomes of it."""

    id: PostId
    account_id: AccountId
    created_at: datetime
    edited_at: datetime | None
    visibility: int
    language: str | None
    text: str
    warning: str
    sensitive: bool
    attachments: list[Attachment] = []
    poll_options: list[str] = []


async def as_they_are(db: Connection, ids: list[PostId]) -> list[PostAsItWas]:
    """Those of the posts that are there, whoever may see them; for moderators who were told of them, and for evidence."""
    return [_kept(row) for row in await withhold_queries.bones(db, ids)]


async def restrict(tx: Connection, author: AccountId, post_id: PostId, *, withheld: bool, warned: bool) -> None:
    """The post is withheld from everybody but its author, and marked sensitive, as said; or not, or not any more.

    What is withheld counts nowhere, as if it were deleted, and counts again when it is back. A post that is gone is left
    as it is.
    """
    post = await withhold_queries.locked(tx, author, post_id)
    if post is None:
        return
    if warned != (post["warned_as"] is not None):
        await withhold_queries.warned(tx, author, post_id, warned)
    if withheld and post["withheld_as"] is None:
        await withhold_queries.withheld(tx, author, post_id)
        await queries.orphan_replies(tx, post_id)
        await _count(tx, author, post, post["visibility"], -1)
        await events.record(tx, PostWithheld(post_id=post_id, author_id=author))
    elif not withheld and post["withheld_as"] is not None:
        await withhold_queries.restored(tx, author, post_id)
        await withhold_queries.replies_adopted(tx, post_id, post["withheld_as"])
        await _count(tx, author, post, post["withheld_as"], +1)
        await events.record(tx, PostRestored(post_id=post_id, author_id=author))


async def _count(tx: Connection, author: AccountId, post: Row, visibility: int, change: int) -> None:
    """The numbers that `publish` and `remove` keep."""
    if visibility < Visibility.MENTIONED:
        await queries.count_post(tx, author, change, None)
    if visibility > Visibility.QUIET:
        return
    if post["in_reply_to_id"] is not None:
        await queries.count(tx, "replies", post["in_reply_to_account_id"], post["in_reply_to_id"], change)
    if post["quote_state"] == quote_queries.ACCEPTED:
        await queries.count(tx, "quotes", post["quote_of_account_id"], post["quote_of_id"], change)


def _kept(row: Row) -> PostAsItWas:
    return PostAsItWas(
        id=row["id"],
        account_id=row["account_id"],
        created_at=row["created_at"],
        edited_at=row["edited_at"],
        visibility=row["visibility"],
        language=row["language"],
        text=row["text"],
        warning=row["warning"],
        sensitive=row["sensitive"],
        attachments=from_json(row["attachments"], list[Attachment]),
        poll_options=row["poll_options"] or [],
    )
