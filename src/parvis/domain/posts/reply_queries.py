"""The SQL of replying: whether a viewer may, and what is written about it."""

from __future__ import annotations

from parvis.base.ids import AccountId, PostId
from parvis.domain.posts.sight import may_see, may_see_original
from parvis.infra.postgres import Connection, Row


def may_reply(post: str = "p", viewer: str = "$1") -> str:
    """An expression: whether the viewer, who sees the post, may reply to it.

    The policy is the first post's; every post of its conversation has a copy, so that where everybody may (which is
    nearly everywhere) nothing is looked up.
    """
    return f"""
        CASE WHEN {viewer}::bigint IS NULL THEN false
             WHEN {post}.reply_policy = 0 THEN true
             ELSE EXISTS (SELECT FROM post_directory mr_d
                            JOIN post mr ON mr.account_id = mr_d.account_id AND mr.id = mr_d.id
                           WHERE mr_d.id = {post}.thread_id AND {_lets("mr", viewer)}) END"""


def _lets(first: str, viewer: str) -> str:
    """A condition that holds when the first post of a conversation lets the viewer reply."""
    return f"""(
        {first}.reply_policy = 0
        OR {first}.account_id = {viewer}::bigint
        OR ({first}.reply_policy < 3 AND {viewer}::bigint = ANY ({first}.mentioned_ids)
            AND NOT EXISTS (SELECT FROM block mr_b
                             WHERE mr_b.account_id = {first}.account_id AND mr_b.target_id = {viewer}::bigint))
        OR ({first}.reply_policy = 1
            AND EXISTS (SELECT FROM follow mr_f
                         WHERE mr_f.account_id = {viewer}::bigint AND mr_f.target_id = {first}.account_id)))"""


async def answerable(tx: Connection, post_id: PostId, viewer: AccountId) -> Row | None:
    """A post that the viewer may see: id, account_id, visibility, thread_id, repost_of_id, the conversation's reply_policy
    and whether it lets them reply.

    This asks the first post itself: a copy may be of a moment before its author has changed it.
    """
    return await tx.fetchrow(
        f"""
        SELECT p.id, p.account_id, p.visibility, p.thread_id, p.repost_of_id,
               coalesce(first.reply_policy, 0) AS reply_policy, first.id IS NULL OR {_lets("first", "$1")} AS may_reply
          FROM post_directory d
          JOIN post p ON p.account_id = d.account_id AND p.id = d.id
          JOIN account a ON a.id = p.account_id
          LEFT JOIN post_directory fd ON fd.id = p.thread_id
          LEFT JOIN post first ON first.account_id = fd.account_id AND first.id = fd.id
         WHERE d.id = $2 AND {may_see()} AND {may_see_original()}
        """,
        viewer,
        post_id,
    )


async def begins_thread(tx: Connection, author: AccountId, post_id: PostId) -> bool | None:
    """Whether a conversation begins with the author's post; None when it is not theirs. The post is locked."""
    return await tx.fetchval(
        """
        SELECT thread_id = id
          FROM post
         WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL AND repost_of_id IS NULL
           FOR UPDATE
        """,
        author,
        post_id,
    )


async def policy_set(tx: Connection, author: AccountId, thread_id: PostId, policy: int) -> None:
    """The first post says so, and the copies in its conversation too."""
    await tx.execute(
        """
        WITH first AS (
            UPDATE post SET reply_policy = $3 WHERE account_id = $1 AND id = $2 AND reply_policy <> $3
        )
        UPDATE post SET reply_policy = $3
         WHERE thread_id = $2 AND deleted_at IS NULL AND repost_of_id IS NULL AND id <> $2 AND reply_policy <> $3
        """,
        author,
        thread_id,
        policy,
    )
