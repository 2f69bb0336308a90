"""How somebody stands: every limit on their reach, with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, PostId
from parvis.domain.moderation import restriction_queries as queries
from parvis.domain.moderation.types import Restriction, Waiting
from parvis.infra.postgres import Connection

MOST = 200
MOST_COUNTED = 100
COUNTED_WITHIN_S = 0.5  # while somebody holds a lock there, staff waits no longer for a number


async def standing(db: Connection, account_id: AccountId) -> list[Restriction]:
    """Restrictions of the account and of its posts, lifted ones too, the latest first."""
    return await queries.of_account(db, account_id, MOST)


async def restrictions(db: Connection, ids: Sequence[int]) -> dict[int, Restriction]:
    """Those of the restrictions that are there."""
    return {one.id: one for one in await queries.by_ids(db, ids)} if ids else {}


async def restriction(db: Connection, restriction_id: int) -> Restriction:
    """The restriction. Raises: NotFound."""
    found = await restrictions(db, [restriction_id])
    if not found:
        raise NotFound
    return found[restriction_id]


async def on_posts(db: Connection, post_ids: Sequence[PostId]) -> list[Restriction]:
    """What is in force on these posts."""
    return await queries.of_posts(db, post_ids) if post_ids else []


async def open_appeals(db: Connection, *, limit: int = 100) -> list[Restriction]:
    """Restrictions whose appeal nobody has decided, the one that waits longest first."""
    return await queries.open_appeals(db, limit)


async def open_appeal_count(db: Connection) -> int:
    """How many appeals nobody has decided."""
    return await queries.open_appeal_count(db)


async def waiting_for(db: Connection, staff_id: AccountId) -> Waiting:
    """What waits for that one of the staff; one statement. Raises: TimeoutError."""
    row = await queries.waiting_for(db, staff_id, MOST_COUNTED, COUNTED_WITHIN_S)
    return Waiting(row["reports"], row["appeals"])


async def waiting_beside(db: Connection, staff_id: AccountId) -> Waiting | None:
    """The same for the edge of a page, which is shown without it where it cannot be counted at once."""
    try:
        # What is given up spoils the transaction around it: that goes on from here.
        async with db.transaction() if db.is_in_transaction() else nullcontext():
            return await waiting_for(db, staff_id)
    except TimeoutError:
        return None


async def judges(db: Connection, ids: Sequence[int]) -> dict[int, list[AccountId]]:
    """For each of the restrictions those who may decide about an appeal as things are, the highest rank first."""
    found: dict[int, list[AccountId]] = {one: [] for one in ids}
    for restriction_id, staff_id in await queries.judges(db, ids) if ids else ():
        found[restriction_id].append(staff_id)
    return found
