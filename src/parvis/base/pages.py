"""Paging by id, as clients do it: newest first, cursors exclusive."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class PageRequest(msgspec.Struct, frozen=True):
    """Which slice is wanted. `min_id` asks for the oldest rows just above it; `since_id` for the newest above it."""

    limit: int = 20
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    @property
    def forwards(self) -> bool:
        """Whether rows are taken from the cursor upwards (min_id wins over since_id)."""
        return self.min_id is not None

    @property
    def above(self) -> int | None:
        """The exclusive lower bound, whichever cursor set it."""
        return self.min_id if self.min_id is not None else self.since_id


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Rows, newest first, and the cursors of the first and the last of them (not always the rows' own ids).

    `more`: a next page is offered. `prev_name`: the cursor that leads back, `min_id` or `since_id`.
    """

    items: list[T]
    first_cursor: int | None = None
    last_cursor: int | None = None
    more: bool = True
    prev_name: str = "min_id"
