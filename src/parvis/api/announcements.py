"""What those who run the place say to everybody."""

from __future__ import annotations

import msgspec

from parvis.api.entities.addresses import addresses
from parvis.api.entities.announcement import Announcement, present_announcement
from parvis.api.routing import Call, endpoint
from parvis.domain.moderation import announcements

REACT = ("write:favourites",)


class Which(msgspec.Struct, frozen=True):
    with_dismissed: bool = False


class OneAnnouncement(msgspec.Struct, frozen=True):
    id: int


class OneReaction(msgspec.Struct, frozen=True):
    id: int
    name: str


@endpoint("GET", "/api/v1/announcements", user=True, params=Which, returns=list[Announcement])
async def listing(call: Call[Which]) -> list[Announcement]:
    """What is announced now; what one has read only when that is asked for."""
    found = await announcements.current(call.db, call.me, with_dismissed=call.params.with_dismissed, now=call.now)
    to = addresses(call.services)
    return [present_announcement(one, to) for one in found]


@endpoint("POST", "/api/v1/announcements/:id/dismiss", user=True, scopes=("write:accounts",), params=OneAnnouncement)
async def dismiss(call: Call[OneAnnouncement]) -> None:
    """One has read it."""
    await announcements.dismiss(call.db, call.me, call.params.id, now=call.now)


@endpoint("PUT", "/api/v1/announcements/:id/reactions/:name", user=True, scopes=REACT, params=OneReaction)
@endpoint("PATCH", "/api/v1/announcements/:id/reactions/:name", user=True, scopes=REACT, params=OneReaction)
async def react(call: Call[OneReaction]) -> None:
    """Answer with an emoji."""
    await announcements.react(call.db, call.me, call.params.id, call.params.name, now=call.now)


@endpoint("DELETE", "/api/v1/announcements/:id/reactions/:name", user=True, scopes=REACT, params=OneReaction)
async def unreact(call: Call[OneReaction]) -> None:
    """Take one's emoji back."""
    await announcements.unreact(call.db, call.me, call.params.id, call.params.name, now=call.now)
