"""Tag: ours as theirs."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from parvis.api.entities.addresses import Addresses
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


def present_tag(one: TagUse, to: Addresses, *, following: bool | None) -> Tag:
    """A hashtag with a week of its use, day by day, newest first (never empty: Tusky takes the last).

    `following` None: the caller is nobody whom this could concern.
    """
    return Tag(
        id=str(one.id),
        name=one.name,
        url=to.tag(one.name),
        history=[History(str(day), str(uses), str(people)) for day, uses, people in one.history],
        following=UNSET if following is None else following,
        featuring=UNSET if following is None else False,
    )
