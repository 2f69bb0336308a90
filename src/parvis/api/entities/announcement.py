"""Announcement: what those who run the place say to everybody."""

from __future__ import annotations

from typing import Any

import msgspec

from parvis.api.entities.addresses import Addresses
from parvis.api.entities.emoji import CustomEmoji, emojis_in
from parvis.base.clock import iso_ms
from parvis.domain import moderation
from parvis.infra.text import with_origin


class Reaction(msgspec.Struct, frozen=True):
    name: str
    count: int
    me: bool


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    content: str
    starts_at: str | None
    ends_at: str | None
    all_day: bool = False
    published_at: str
    updated_at: str
    read: bool
    mentions: list[Any] = []
    statuses: list[Any] = []
    tags: list[Any] = []
    emojis: list[CustomEmoji] = []
    reactions: list[Reaction]


def present_announcement(one: moderation.Announcement, to: Addresses) -> Announcement:
    """An announcement as its reader meets it."""
    return Announcement(
        id=str(one.id),
        content=with_origin(one.html, to.origin),
        starts_at=iso_ms(one.starts_at) if one.starts_at else None,
        ends_at=iso_ms(one.ends_at) if one.ends_at else None,
        published_at=iso_ms(one.published_at),
        updated_at=iso_ms(one.updated_at),
        read=one.dismissed,
        emojis=emojis_in(one.html),
        reactions=[Reaction(each.name, each.count, each.mine) for each in one.reactions],
    )
