"""Favourites, bookmarks and reposts. Each is idempotent, and acts on the original when given a repost."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import PostFavourited, PostRemoved, PostReposted
from parvis.base.ids import AccountId, IdSource, PostId
from parvis.domain.posts import queries, rules
from parvis.domain.posts.types import Visibility
from parvis.infra import events
from parvis.infra.postgres import Connection, Row


async def favourite(tx: Connection, ids: IdSource, viewer: AccountId, post_id: PostId, *, now: datetime) -> PostId:
    """The viewer has favourited the post, whose id comes back. Raises: NotFound when it is out of sight."""
    post = await _original(tx, viewer, post_id)
    if await queries.insert_favourite(tx, viewer, post["id"], ids.next(), now):
        await queries.count(tx, "favourites", post["account_id"], post["id"], +1)
        await events.record(tx, PostFavourited(post_id=post["id"], author_id=post["account_id"], by_id=viewer))
    return post["id"]


async def unfavourite(tx: Connection, viewer: AccountId, post_id: PostId) -> PostId:
    """The viewer has no favourite on the post."""
    post = await _original(tx, viewer, post_id)
    if await queries.delete_favourite(tx, viewer, post["id"]):
        await queries.count(tx, "favourites", post["account_id"], post["id"], -1)
    return post["id"]


async def bookmark(tx: Connection, ids: IdSource, viewer: AccountId, post_id: PostId, *, now: datetime) -> PostId:
    """The post is among the viewer's bookmarks; nobody else learns of it."""
    post = await _original(tx, viewer, post_id)
    await queries.insert_bookmark(tx, viewer, post["id"], ids.next(), now)
    return post["id"]


async def unbookmark(tx: Connection, viewer: AccountId, post_id: PostId) -> PostId:
    """The post is not among the viewer's bookmarks."""
    post = await _original(tx, viewer, post_id)
    await queries.delete_bookmark(tx, viewer, post["id"])
    return post["id"]


async def repost(
    tx: Connection,
    ids: IdSource,
    viewer: AccountId,
    post_id: PostId,
    *,
    visibility: Visibility | None = None,
    now: datetime,
) -> PostId:
    """The viewer has passed the post on; the repost's own id comes back, the same one when asked again.

    Raises: NotFound when the post is out of sight; Invalid when it is not to be passed on.
    """
    post = await _original(tx, viewer, post_id)
    if not rules.may_repost(Visibility(post["visibility"]), own=post["account_id"] == viewer):
        raise Invalid("id", "Validation failed: This post is not to be passed on", "invalid")
    seen_by = max(post["visibility"], int(visibility or Visibility.PUBLIC))
    if seen_by == Visibility.MENTIONED:
        raise Invalid("visibility", "Validation failed: A repost cannot be for mentioned people only", "invalid")
    repost_id = await queries.insert_repost(
        tx, repost_id=PostId(ids.next()), author=viewer, original=post, visibility=seen_by, now=now
    )
    if repost_id is None:
        return await queries.repost_of(tx, viewer, post["id"]) or post["id"]
    # A post's numbers before an account's, as everywhere: whoever answers the post meanwhile waits for nobody who waits.
    await queries.count(tx, "reposts", post["account_id"], post["id"], +1)
    await queries.count_post(tx, viewer, +1, now)
    await events.record(
        tx,
        PostReposted(
            post_id=repost_id, author_id=viewer, original_id=post["id"], original_author_id=post["account_id"]
        ),
    )
    return repost_id


async def unrepost(tx: Connection, viewer: AccountId, post_id: PostId, *, now: datetime) -> PostId:
    """The viewer does not pass the post on; the original's id comes back."""
    post = await _original(tx, viewer, post_id)
    repost_id = await queries.delete_repost(tx, viewer, post["id"], now)
    if repost_id is not None:
        await queries.count(tx, "reposts", post["account_id"], post["id"], -1)
        await queries.count_post(tx, viewer, -1, None)
        await events.record(tx, PostRemoved(post_id=repost_id, author_id=viewer, is_repost=True))
    return post["id"]


async def sweep(tx: Connection, post_id: PostId, *, now: datetime, most: int = 500) -> bool:
    """Up to `most` reposts of a removed post are gone too, and those who have them will hear; whether any may be left."""
    rows = await queries.reposts_of(tx, post_id, most)
    for row in rows:
        await queries.delete_repost(tx, row["account_id"], post_id, now)
        await queries.count_post(tx, row["account_id"], -1, None)
    gone = (PostRemoved(post_id=row["id"], author_id=row["account_id"], is_repost=True) for row in rows)
    await events.record(tx, *gone)
    return len(rows) == most


async def _original(tx: Connection, viewer: AccountId, post_id: PostId) -> Row:
    post = await queries.visible_post(tx, post_id, viewer)
    if post is not None and post["repost_of_id"] is not None:
        post = await queries.visible_post(tx, post["repost_of_id"], viewer)
    if post is None:
        raise NotFound
    return post
