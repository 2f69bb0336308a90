"""Polls: a question's options and everybody's single vote."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.errors import Invalid, NotFound
from parvis.base.events import PollEnded
from parvis.base.ids import AccountId, PostId
from parvis.domain.posts import poll_queries, queries
from parvis.domain.posts.types import PollDraft
from parvis.infra import events, jobs
from parvis.infra.postgres import Connection

ENDING = "poll.end"


async def open_poll(tx: Connection, author: AccountId, post_id: PostId, poll: PollDraft, now: datetime) -> None:
    """The post asks the question, with nobody's vote so far, and will be closed on time."""
    expires_at = now + timedelta(seconds=poll.expires_in_s)
    await poll_queries.replace_poll(tx, author, post_id, poll, expires_at)
    payload = {"post_id": post_id, "author_id": author}
    await jobs.enqueue(tx, ENDING, payload, due_at=expires_at, dedupe_key=f"{post_id}:{int(expires_at.timestamp())}")


async def close_poll(tx: Connection, author: AccountId, post_id: PostId) -> None:
    """The post asks nothing any more."""
    await poll_queries.delete_poll(tx, author, post_id)


async def end_poll(tx: Connection, author: AccountId, post_id: PostId, *, now: datetime) -> None:
    """Those who voted will hear that the poll is over, if it is: an edit may have moved its end."""
    expires_at = await poll_queries.poll_end(tx, author, post_id)
    if expires_at is not None and expires_at <= now:
        await events.record(tx, PollEnded(post_id=post_id, author_id=author))


async def vote(tx: Connection, voter: AccountId, post_id: PostId, choices: list[int], *, now: datetime) -> PostId:
    """The vote counts, once. Raises: NotFound out of sight; Invalid when it cannot be cast."""
    post = await queries.visible_post(tx, post_id, voter)
    poll = await poll_queries.locked_poll(tx, post["account_id"], post_id) if post is not None else None
    if post is None or poll is None:
        raise NotFound
    chosen = sorted(set(choices))
    if poll["expires_at"] <= now:
        raise Invalid("choices", "Validation failed: The poll has already ended", "expired")
    if post["account_id"] == voter:
        raise Invalid("choices", "Validation failed: You cannot vote in your own poll", "own")
    if not chosen or (len(chosen) > 1 and not poll["multiple"]):
        raise Invalid("choices", "Validation failed: Choose one option, or several where that is allowed", "invalid")
    if chosen[0] < 0 or chosen[-1] >= len(poll["options"]):
        raise Invalid("choices", "Validation failed: There is no such option", "inclusion")
    if not await poll_queries.insert_vote(tx, voter, post_id, chosen, now):
        raise Invalid("choices", "Validation failed: You have already voted on this poll", "taken")
    await poll_queries.count_vote(tx, post["account_id"], post_id, chosen)
    return PostId(post["id"])
