"""Relationship: what the viewer and somebody else are to one another."""

from __future__ import annotations

import msgspec

from parvis.base.clock import iso_ms
from parvis.domain.relationships.types import Relationship as Tie


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: str | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


def present_relationship(tie: Tie) -> Relationship:
    """The relationship, every flag a boolean."""
    return Relationship(
        id=str(tie.account_id),
        following=tie.following,
        showing_reblogs=tie.shows_reposts,
        notifying=tie.notifies,
        languages=tie.languages,
        followed_by=tie.followed_by,
        blocking=tie.blocking,
        blocked_by=tie.blocked_by,
        muting=tie.muting,
        muting_notifications=tie.muting_notifications,
        muting_expires_at=iso_ms(tie.muted_until) if tie.muted_until else None,
        requested=tie.requested,
        requested_by=tie.requested_by,
        domain_blocking=tie.domain_blocking,
        endorsed=tie.endorsed,
        note=tie.note,
    )
