"""Threads that somebody does not want to hear of any more: they stay readable, but nobody is notified from them."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, PostId
from parvis.domain.posts import queries
from parvis.infra.postgres import Connection, Row


async def mute_thread(tx: Connection, viewer: AccountId, post_id: PostId, *, now: datetime) -> None:
    """The viewer is not notified of anything in the post's thread from now on. Raises: NotFound out of sight."""
    post = await _shown(tx, viewer, post_id)
    await tx.execute(
        """
        INSERT INTO thread_mute (account_id, thread_id, created_at) VALUES ($1, $2, $3)
            ON CONFLICT (account_id, thread_id) DO NOTHING
        """,
        viewer,
        post["thread_id"],
        now,
    )


async def unmute_thread(tx: Connection, viewer: AccountId, post_id: PostId) -> None:
    """The viewer is notified again. Raises: NotFound out of sight."""
    post = await _shown(tx, viewer, post_id)
    await tx.execute("DELETE FROM thread_mute WHERE account_id = $1 AND thread_id = $2", viewer, post["thread_id"])


async def _shown(tx: Connection, viewer: AccountId, post_id: PostId) -> Row:
    """The post, or what it passes on."""
    post = await queries.visible_post(tx, post_id, viewer)
    if post is not None and post["repost_of_id"] is not None:
        post = await queries.visible_post(tx, post["repost_of_id"], viewer)
    if post is None:
        raise NotFound
    return post
