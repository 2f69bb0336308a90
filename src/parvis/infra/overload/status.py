"""How one process stands under load, in figures and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from parvis.infra.overload import levels

if TYPE_CHECKING:
    from parvis.infra.overload.middleware import Overload


class Status(msgspec.Struct, frozen=True):
    """Counted since the start: `served` and `refused` by class, of what asked for one of the common places; `entered` by
    bulkhead, what was let in elsewhere; `refusals` by reason, whatever was refused; `rationed`, of these, for what one
    network asks, however much room there is."""

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
    rationed: int
    entered: dict[str, int]
    bulkheads: dict[str, int]
    pages: int
    page_bytes: int
    page_hits: int
    page_stale: int
    page_misses: int
    page_joined: int

    @property
    def answers(self) -> int:
        """All that was answered and not refused."""
        return self.let_in + self.entered.get("files", 0) + self.page_hits + self.page_stale + self.page_joined

    @property
    def let_in(self) -> int:
        """Of these, what had to be worked on: neither files nor copies."""
        return sum(self.served) + sum(self.entered.values()) - self.entered.get("files", 0)

    @property
    def refused_for_load(self) -> int:
        """Whatever was refused because there was no room for it."""
        others = self.rationed + self.refusals.get("slow", 0) + self.refusals.get("database", 0)
        return sum(self.refusals.values()) - others

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
            rationed=overload.rationed,
            entered=dict(overload.entered),
            bulkheads=dict(overload.inside),
            pages=len(pages),
            page_bytes=pages.bytes,
            page_hits=pages.hits,
            page_stale=pages.stale,
            page_misses=pages.misses,
            page_joined=pages.joined,
        )
