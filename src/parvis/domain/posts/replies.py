"""Replying: who may, as the first post of a conversation says for all of it."""

from __future__ import annotations

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, PostId
from parvis.domain.posts import reply_queries
from parvis.domain.posts.types import Draft, ReplyPolicy
from parvis.infra.postgres import Connection, Row


async def answered(tx: Connection, author: AccountId, draft: Draft) -> Row | None:
    """What the draft answers (id, account_id, visibility, thread_id, reply_policy of the conversation), a repost standing for
    its original.

    Raises: NotFound when it is out of the author's sight; Invalid where they may not reply.
    """
    if draft.in_reply_to_id is None:
        return None
    parent = await reply_queries.answerable(tx, draft.in_reply_to_id, author)
    if parent is not None and parent["repost_of_id"] is not None:
        parent = await reply_queries.answerable(tx, parent["repost_of_id"], author)
    if parent is None:
        raise NotFound
    if not parent["may_reply"]:
        raise replies_closed()
    return parent


def replies_closed() -> Invalid:
    """What is said to somebody who may not reply."""
    return Invalid(
        "in_reply_to_id", "Validation failed: Who began this conversation has chosen who may reply", "closed"
    )


async def set_reply_policy(tx: Connection, author: AccountId, post_id: PostId, policy: ReplyPolicy) -> None:
    """From now on those may reply in the conversation that the post began; what stands stays.

    Raises: NotFound unless the post is the author's own; Invalid when it is a reply itself.
    """
    begins = await reply_queries.begins_thread(tx, author, post_id)
    if begins is None:
        raise NotFound
    if not begins:
        raise Invalid(
            "reply_policy", "Validation failed: Only the first post of a conversation says who may reply", "invalid"
        )
    await reply_queries.policy_set(tx, author, post_id, policy)
