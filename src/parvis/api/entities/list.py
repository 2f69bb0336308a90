"""List: ours as theirs."""

from __future__ import annotations

from typing import Literal

import msgspec

from parvis.domain.relationships.lists import List as OurList


class List(msgspec.Struct, frozen=True):
    id: str
    title: str
    replies_policy: Literal["followed", "list", "none"]
    exclusive: bool


def present_list(one: OurList) -> List:
    return List(str(one.id), one.title, one.replies, one.exclusive)
