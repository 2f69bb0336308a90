"""Whom one might want to know: friends of friends, then those whom most follow; and all who let others find them."""

from __future__ import annotations

from typing import Literal

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.domain.search import whom_queries
from parvis.infra.postgres import Connection

Order = Literal["active", "new"]


class Suggestion(msgspec.Struct, frozen=True):
    """Somebody, and why."""

    account_id: AccountId
    why: Literal["friends_of_friends", "most_followed"]


async def suggestions(db: Connection, viewer_id: AccountId, *, limit: int, offset: int = 0) -> list[Suggestion]:
    """People whom the viewer neither follows, asked, silenced nor dismissed; those known to friends first."""
    rows = await whom_queries.suggested(db, viewer_id, limit, offset)
    return [Suggestion(row["id"], "friends_of_friends" if row["friends"] else "most_followed") for row in rows]


async def dismiss(tx: Connection, viewer_id: AccountId, account_id: AccountId) -> None:
    """That account is not suggested to the viewer again. Raises: NotFound."""
    if not await whom_queries.dismissed(tx, viewer_id, account_id):
        raise NotFound


async def directory(
    db: Connection, viewer_id: AccountId | None, *, order: Order, limit: int, offset: int
) -> list[AccountId]:
    """Everybody who lets others find them: who wrote last, or who came last, first."""
    return await whom_queries.listed(db, viewer_id, order, limit, offset)
