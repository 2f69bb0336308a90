"""Poll: a question as clients know it. Its id is that of its post."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.emoji import CustomEmoji, emojis_in
from parvis.base.clock import iso_ms, utc_now
from parvis.domain.posts.types import Poll as OurPoll


class PollOption(msgspec.Struct, frozen=True):
    title: str
    votes_count: int | None


class Poll(msgspec.Struct, frozen=True):
    id: str
    expires_at: str
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: list[PollOption]
    emojis: list[CustomEmoji] = []
    voted: bool | UnsetType = UNSET
    own_votes: list[int] | UnsetType = UNSET


def present_poll(poll: OurPoll, post_id: int, *, known: bool, own: bool = False, now: datetime | None = None) -> Poll:
    """The poll; numbers that are hidden until its end are null, and the sum is 0 (case C8).

    `own`: the viewer asked the question, and counts as having voted.
    """
    expired = poll.expires_at <= (now or utc_now())
    hidden = poll.hide_totals and not expired
    votes = [None if hidden else count for count in poll.votes]
    return Poll(
        id=str(post_id),
        expires_at=iso_ms(poll.expires_at),
        expired=expired,
        multiple=poll.multiple,
        votes_count=0 if hidden else sum(poll.votes),
        voters_count=None if hidden else poll.voters,
        options=[PollOption(title, count) for title, count in zip(poll.options, votes, strict=True)],
        emojis=emojis_in(*poll.options),
        voted=(poll.own is not None or own) if known else UNSET,
        own_votes=(poll.own or []) if known else UNSET,
    )
