"""Who knows whom: follows and requests to follow, blocks, mutes and private notes; what one person wants to see of
others: `lists`, `filters` (applied by `sieves`), `followed_tags`; whom they show on their profile.

Who they are is the business of `accounts`; what follows from it for posts is decided in `posts` and `timelines`.
"""

from parvis.domain.relationships import filters, followed_tags, lists, sieves
from parvis.domain.relationships.domain_blocks import block_domain, blocked_domains, unblock_domain
from parvis.domain.relationships.endorsements import endorse, endorsed, unendorse
from parvis.domain.relationships.follow import accept_request, follow, part, reject_request, remove_follower, unfollow
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
    "block_domain",
    "blocked_domains",
    "blocks",
    "delete_expired",
    "endorse",
    "endorsed",
    "familiar_followers",
    "filters",
    "follow",
    "followed_tags",
    "followers",
    "following",
    "lists",
    "mute",
    "mutes",
    "part",
    "reject_request",
    "remove_follower",
    "requests",
    "requests_count",
    "set_note",
    "sieves",
    "unblock",
    "unblock_domain",
    "unendorse",
    "unfollow",
    "unmute",
]
