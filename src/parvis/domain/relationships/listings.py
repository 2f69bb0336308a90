"""Reading: what two people are to one another, and the lists of followers, requests, blocks and mutes."""

from __future__ import annotations

from collections.abc import Sequence

from parvis.base.ids import AccountId
from parvis.base.pages import Page, PageRequest
from parvis.domain import accounts
from parvis.domain.relationships import listing_queries as queries
from parvis.domain.relationships.types import Muted, Relationship
from parvis.infra.postgres import Connection, Row

MOST_FAMILIAR = 10


async def between(db: Connection, account_id: AccountId, ids: Sequence[AccountId]) -> list[Relationship]:
    """What the account and each of those are to one another, in that order, in one query; unknown ones are left out."""
    return await queries.relationships(db, account_id, list(dict.fromkeys(ids))) if ids else []


async def followers(
    db: Connection, account_id: AccountId, *, viewer_id: AccountId | None, page: PageRequest
) -> Page[AccountId]:
    """Who follows the account; empty for others when it hides that, or blocks them.

    Raises: NotFound for an account that does not exist.
    """
    rows = await queries.follower_rows(db, account_id, viewer_id, page)
    return await _of_somebody(db, account_id, rows, page)


async def following(
    db: Connection, account_id: AccountId, *, viewer_id: AccountId | None, page: PageRequest
) -> Page[AccountId]:
    """Whom the account follows; empty for others when it hides that, or blocks them.

    Raises: NotFound for an account that does not exist.
    """
    rows = await queries.following_rows(db, account_id, viewer_id, page)
    return await _of_somebody(db, account_id, rows, page)


async def _of_somebody(
    db: Connection, account_id: AccountId, rows: Sequence[Row], page: PageRequest
) -> Page[AccountId]:
    if not rows:
        await accounts.by_id(db, account_id)
    return _page(rows, page)


async def requests(db: Connection, account_id: AccountId, page: PageRequest) -> Page[AccountId]:
    """Who asks to follow the account."""
    return _page(await queries.request_rows(db, account_id, page), page)


async def requests_count(db: Connection, account_id: AccountId) -> int:
    """How many ask to follow the account."""
    return await queries.requests_count(db, account_id)


async def blocks(db: Connection, account_id: AccountId, page: PageRequest) -> Page[AccountId]:
    """Whom the account blocks."""
    return _page(await queries.block_rows(db, account_id, page), page)


async def mutes(db: Connection, account_id: AccountId, page: PageRequest) -> Page[Muted]:
    """Whom the account mutes at this moment."""
    rows = await queries.mute_rows(db, account_id, page)
    found = _page(rows, page)
    return Page(
        [Muted(row["id"], row["expires_at"]) for row in rows],
        found.first_cursor,
        found.last_cursor,
        found.more,
        found.prev_name,
    )


def _page(rows: Sequence[Row], page: PageRequest) -> Page[AccountId]:
    """Cursors are those of the rows, and lead back by `since_id` (client-api: pagination)."""
    if not rows:
        return Page([])
    return Page(
        [AccountId(row["id"]) for row in rows],
        rows[0]["cursor"],
        rows[-1]["cursor"],
        more=len(rows) >= page.limit,
        prev_name="since_id",
    )


async def familiar_followers(
    db: Connection, account_id: AccountId, ids: Sequence[AccountId]
) -> dict[AccountId, list[AccountId]]:
    """For each of those, up to ten people whom the account follows and who follow them."""
    found: dict[AccountId, list[AccountId]] = {id_: [] for id_ in ids}
    for row in await queries.familiar_rows(db, account_id, list(found), MOST_FAMILIAR):
        found[row["target_id"]].append(row["id"])
    return found
