"""Findings as they cross room borders."""

from __future__ import annotations

import msgspec


class TagUse(msgspec.Struct, frozen=True):
    """A hashtag; `history` has (day as Unix seconds, posts, people) for each of seven days, newest first."""

    id: int
    name: str
    history: list[tuple[int, int, int]]
