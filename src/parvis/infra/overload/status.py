"""How one process stands under load, in figures and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from parvis.infra.overload import levels

if TYPE_CHECKING:
    from parvis.infra.overload.middleware import Overload


class Status(msgspec.Struct, frozen=True):
    """`served` and `refused` count by class since the start, `refusals` by reason."""

    level: int
    words: str
    refused_share: float
    wait_ms: float
    lag_ms: float
    limit: int
    under_way: int
    waiting: tuple[int, ...]
    served: tuple[int, ...]
    refused: tuple[int, ...]
    refusals: dict[str, int]
    bulkheads: dict[str, int]
    pages: int
    page_bytes: int
    page_hits: int
    page_stale: int
    page_misses: int

    @classmethod
    def of(cls, overload: Overload) -> Status:
        """The present state."""
        shedder, pages = overload.shedder, overload.sharing.pages
        return cls(
            level=overload.level,
            words=levels.WORDS[overload.level],
            refused_share=round(shedder.controller.refused, 3),
            wait_ms=round(shedder.wait_s * 1000, 1),
            lag_ms=round(overload.watch.lag_s * 1000, 1),
            limit=shedder.limit,
            under_way=shedder.under_way,
            waiting=tuple(shedder.queued(urgency) for urgency in range(4)),
            served=tuple(shedder.started),
            refused=tuple(shedder.refused),
            refusals=dict(overload.refusals),
            bulkheads=dict(overload.inside),
            pages=len(pages),
            page_bytes=pages.bytes,
            page_hits=pages.hits,
            page_stale=pages.stale,
            page_misses=pages.misses,
        )
