"""Where a ticket stands, and the one document that everybody who waits reads."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import NotFound
from parvis.domain.admission import gate, log_queries, queries
from parvis.domain.admission.types import Expected, NowServing, Place, Ticket
from parvis.infra.postgres import Connection


async def place(db: Connection, ticket: Ticket, now: datetime) -> Place:
    """Where its receipt stands. What is said to be ahead only ever falls.

    Raises: NotFound while an outage keeps the receipt in a spool; the ticket is good all the same.
    """
    found = await queries.place_of(db, ticket.receipt_id)
    if found is None:
        raise NotFound
    return found


async def serving(db: Connection) -> NowServing:
    """Small, the same for everybody, and true for as long as it is cached, because it says "at most"."""
    tree = await log_queries.tree(db)
    state = await gate.standing(db)
    told = {one.ahead: one for one in state.published.ranges}
    return NowServing(
        serving=tree.serving,
        last_number=tree.last_number,
        waiting=tree.waiting,
        open=await gate.has_room_now(db, state, tree.waiting),
        rate_per_s=state.rate_per_s,
        reason="pause" if state.mode == "pause" else state.binding,
        message=state.message,
        low_s_per_1000=told[1000].low_s if 1000 in told else None,
        high_s_per_1000=told[1000].high_s if 1000 in told else None,
        within_range=state.published.within_range,
        cause=state.published.cause or None,
        ranges=[[float(one.ahead), one.low_s, one.high_s] for one in state.published.ranges],
    )


def still_ahead(now: NowServing, ahead: int) -> int:
    """Of so many numbers before somebody's, about how many still wait: others gave up, or were invited in."""
    span = now.last_number - now.serving
    return round(ahead * min(1.0, now.waiting / span)) if span > 0 else ahead


def expected(now: NowServing, ahead: int) -> Expected | None:
    """When somebody with so many people ahead is called, between the two places nearest to theirs for which that is told.

    None while nobody is called, or where nothing is told.
    """
    below: list[float] | None = None
    for one in now.ranges:
        if one[0] >= ahead:
            if below is None or one[0] == ahead:
                return Expected(one[1], one[2])
            part = (ahead - below[0]) / (one[0] - below[0])
            return Expected(below[1] + part * (one[1] - below[1]), below[2] + part * (one[2] - below[2]))
        below = one
    return None if below is None else Expected(below[1] * ahead / below[0], below[2] * ahead / below[0])
