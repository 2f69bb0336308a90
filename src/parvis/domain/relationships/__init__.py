"""Who knows whom: follows and requests to follow, blocks, mutes and private notes; what one person wants to see of
others: `lists`, `filters` (applied by `sieves`), `followed_tags`. Who they are is the business of `accounts`; what
follows from it for posts is decided in `posts` and `timelines`.
"""

from parvis.domain.relationships import filters, followed_tags, lists, sieves
from parvis.domain.relationships.follow import accept_request, follow, reject_request, remove_follower, unfollow
from parvis.domain.relationships.listings import (
    between,
    blocks,
    familiar_followers,
    followers,
    following,
    mutes,
    requests,
    requests_count,
)
from parvis.domain.relationships.silence import block, mute, set_note, unblock, unmute
from parvis.domain.relationships.tidy import delete_expired
from parvis.domain.relationships.types import Muted, Relationship

__all__ = [
    "Muted",
    "Relationship",
    "accept_request",
    "between",
    "block",
    "blocks",
    "delete_expired",
    "familiar_followers",
    "filters",
    "follow",
    "followed_tags",
    "followers",
    "following",
    "lists",
    "mute",
    "mutes",
    "reject_request",
    "remove_follower",
    "requests",
    "requests_count",
    "set_note",
    "sieves",
    "unblock",
    "unfollow",
    "unmute",
]
