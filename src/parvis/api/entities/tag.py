"""Tag: ours as theirs."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.addresses import Addresses
from parvis.domain.posts.featured_tags import FeaturedTag as Featured
from parvis.domain.search import TagUse


class History(msgspec.Struct, frozen=True):
    day: str
    uses: str
    accounts: str


class Tag(msgspec.Struct, frozen=True):
    id: str
    name: str
    url: str
    history: list[History]
    following: bool | UnsetType = UNSET
    featuring: bool | UnsetType = UNSET


class FeaturedTag(msgspec.Struct, frozen=True):
    id: str
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


def present_tag(one: TagUse, to: Addresses, *, following: bool | None = None, featuring: bool | None = None) -> Tag:
    """A hashtag with a week of its use, day by day, newest first (never empty: Tusky takes the last).

    `following`, `featuring` None: the caller is nobody whom this could concern.
    """
    return Tag(
        id=str(one.id),
        name=one.name,
        url=to.tag(one.name),
        history=[History(str(day), str(uses), str(people)) for day, uses, people in one.history],
        following=UNSET if following is None else following,
        featuring=UNSET if featuring is None else featuring,
    )


def present_featured_tag(one: Featured, to: Addresses) -> FeaturedTag:
    """A hashtag on a profile; its number is a string, as everywhere."""
    last_on = one.last_on.isoformat() if one.last_on else None
    return FeaturedTag(str(one.id), one.name, to.tag(one.tag), str(one.posts), last_on)
