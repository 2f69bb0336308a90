"""Lists: some of those whom one follows, to be read by themselves. Nobody else learns of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from parvis.base.errors import Invalid, NotFound
from parvis.base.ids import AccountId, IdSource, ListId
from parvis.base.pages import Page, PageRequest
from parvis.domain.relationships import list_queries, queries
from parvis.infra import text as texts
from parvis.infra.postgres import Connection, Row

MOST_LISTS = 50
LONGEST_TITLE = 256

Replies = Literal["followed", "list", "none"]
REPLIES: tuple[Replies, ...] = ("followed", "list", "none")


class List(msgspec.Struct, frozen=True):
    """`replies`: to whom replies are shown (besides the reader). `exclusive`: members are not shown at home."""

    id: ListId
    title: str
    replies: Replies
    exclusive: bool


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """What should become different; None keeps what was."""

    title: str | None = None
    replies: str | None = None
    exclusive: bool | None = None


async def of(db: Connection, account_id: AccountId) -> list[List]:
    """The account's lists, the oldest first."""
    return [_list(row) for row in await list_queries.lists(db, account_id)]


async def one(db: Connection, account_id: AccountId, list_id: ListId) -> List:
    """Raises: NotFound, also for somebody else's."""
    row = await list_queries.list_by_id(db, account_id, list_id)
    if row is None:
        raise NotFound
    return _list(row)


async def having(db: Connection, account_id: AccountId, member_id: AccountId) -> list[List]:
    """Those of the account's lists that the member is in. Raises: NotFound for an account that does not exist."""
    rows = await list_queries.lists_having(db, account_id, member_id)
    if not rows and not await queries.account_exists(db, member_id):
        raise NotFound
    return [_list(row) for row in rows]


async def members(db: Connection, account_id: AccountId, list_id: ListId, page: PageRequest | None) -> Page[AccountId]:
    """Who is in the list, by account id; without a page all of them, and no cursors. Raises: NotFound."""
    rows = await list_queries.members(db, account_id, list_id, page or PageRequest(limit=100_000))
    if not rows:
        await one(db, account_id, list_id)
    ids = [AccountId(row["member_id"]) for row in rows]
    if not ids or page is None:
        return Page(ids)
    return Page(ids, ids[0], ids[-1], more=len(ids) >= page.limit, prev_name="since_id")


async def create(tx: Connection, ids: IdSource, account_id: AccountId, *, wanted: ListChange, now: datetime) -> List:
    """A new list with nobody in it. Raises: Invalid."""
    wanted = _checked(wanted)
    if not wanted.title:
        raise Invalid("title", "Validation failed: Title can't be blank", "blank")
    await list_queries.locked(tx, account_id)
    if len(await list_queries.lists(tx, account_id)) >= MOST_LISTS:
        raise Invalid("base", f"Validation failed: You have reached the maximum of {MOST_LISTS} lists", "too_many")
    row = await list_queries.new_list(
        tx,
        account_id,
        ListId(ids.next()),
        title=wanted.title,
        replies=wanted.replies or "list",
        exclusive=bool(wanted.exclusive),
        now=now,
    )
    return _list(row)


async def change(tx: Connection, account_id: AccountId, list_id: ListId, *, wanted: ListChange) -> List:
    """The list is as wanted. Raises: NotFound; Invalid."""
    wanted = _checked(wanted)
    await list_queries.locked(tx, account_id)
    row = await list_queries.list_changed(
        tx, account_id, list_id, title=wanted.title, replies=wanted.replies, exclusive=wanted.exclusive
    )
    if row is None:
        raise NotFound
    if wanted.exclusive is not None:
        await list_queries.set_apart(tx, account_id, await list_queries.member_ids(tx, account_id, list_id))
    return _list(row)


async def remove(tx: Connection, account_id: AccountId, list_id: ListId) -> None:
    """The list is gone; its members are read at home again. Raises: NotFound."""
    await list_queries.locked(tx, account_id)
    were_in = await list_queries.member_ids(tx, account_id, list_id)
    if not await list_queries.list_deleted(tx, account_id, list_id):
        raise NotFound
    await list_queries.set_apart(tx, account_id, were_in)


async def add(tx: Connection, account_id: AccountId, list_id: ListId, member_ids: Sequence[AccountId]) -> None:
    """All of those are in the list.

    Raises: NotFound for a list that is not there, or somebody the account neither follows nor asks to, nor is.
    """
    await list_queries.locked(tx, account_id)
    await one(tx, account_id, list_id)
    wanted = set(member_ids)
    if wanted - await list_queries.may_be_members(tx, account_id, list(wanted)):
        raise NotFound
    await list_queries.members_added(tx, account_id, list_id, sorted(wanted))
    await list_queries.set_apart(tx, account_id, list(wanted))


async def drop(tx: Connection, account_id: AccountId, list_id: ListId, member_ids: Sequence[AccountId]) -> None:
    """None of those is in the list. Raises: NotFound for a list that is not there."""
    await list_queries.locked(tx, account_id)
    await one(tx, account_id, list_id)
    await list_queries.members_dropped(tx, account_id, list_id, list(member_ids))
    await list_queries.set_apart(tx, account_id, list(member_ids))


def _checked(wanted: ListChange) -> ListChange:
    if wanted.replies is not None and wanted.replies not in REPLIES:
        raise Invalid("replies_policy", "Validation failed: Replies policy is not included in the list", "inclusion")
    if wanted.title is None:
        return wanted
    title = texts.clean_line(wanted.title)
    if not title:
        raise Invalid("title", "Validation failed: Title can't be blank", "blank")
    if len(title) > LONGEST_TITLE:
        raise Invalid("title", f"Validation failed: Title is too long (maximum is {LONGEST_TITLE})", "too_long")
    return msgspec.structs.replace(wanted, title=title)


def _list(row: Row) -> List:
    return List(row["id"], row["title"], row["replies"], row["exclusive"])
