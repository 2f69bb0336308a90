"""Notifications in groups: those who did the same to the same post within half a day stand together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, NotificationId, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain.accounts.queries.people import account_of
from parvis.domain.accounts.types import Account
from parvis.domain.notifications import group_queries as queries
from parvis.domain.notifications.read import notification_of
from parvis.domain.notifications.rules import GROUPED, read_key
from parvis.domain.notifications.types import KINDS, Kind, Notification
from parvis.infra.postgres import Connection, Row


class Group(msgspec.Struct, frozen=True):
    """`count` notifications of one kind. `oldest_id` is that of the oldest on this page, `samples` the latest people."""

    key: str
    kind: Kind
    post_id: PostId | None
    count: int
    newest_id: NotificationId
    newest_at: datetime
    oldest_id: NotificationId
    samples: list[AccountId]


class Groups(msgspec.Struct, frozen=True):
    """A page of groups and everybody who appears in it, each once."""

    page: Page[Group]
    people: dict[AccountId, Account]


async def groups(
    db: Connection,
    account: AccountId,
    page: PageRequest,
    *,
    kinds: Sequence[str] = KINDS,
    grouped: Sequence[str] = GROUPED,
    from_id: AccountId | None = None,
    filtered: bool = False,
) -> Groups:
    """The account's notifications of these kinds, those of `grouped` kinds in groups, newest first."""
    return _groups(
        await queries.page_of(
            db, account, page, kinds=kinds, grouped=grouped_of(grouped), from_id=from_id, filtered=filtered
        )
    )


async def group(db: Connection, account: AccountId, key: str) -> Groups:
    """One group. Raises: NotFound, also for somebody else's."""
    found = _groups(await queries.one(db, account, read_key(key)))
    if not found.page.items:
        raise NotFound
    return found


async def members(db: Connection, account: AccountId, key: str, page: PageRequest) -> Page[Notification]:
    """The notifications of one group, newest first. Raises: NotFound when there is none at all."""
    rows = await queries.members_of(db, account, read_key(key), page)
    if not rows and page == PageRequest(limit=page.limit):
        raise NotFound
    found = [notification_of(row) for row in rows]
    return Page(found, found[0].id, found[-1].id, more=len(found) == page.limit) if found else Page([])


async def unread_groups(
    db: Connection,
    account: AccountId,
    *,
    kinds: Sequence[str] = KINDS,
    grouped: Sequence[str] = GROUPED,
    most: int = 100,
) -> int:
    """How many groups have something newer than the marker."""
    return await queries.unread_count(db, account, kinds=kinds, grouped=grouped_of(grouped), most=most)


async def dismiss_group(tx: Connection, account: AccountId, key: str) -> None:
    """Every notification of that group is gone."""
    await queries.delete(tx, account, read_key(key))


def grouped_of(kinds: Sequence[str]) -> list[str]:
    """Those of the kinds that can stand in groups."""
    return [kind for kind in GROUPED if kind in kinds]


def _groups(rows: Sequence[Row]) -> Groups:
    found = [_group(row) for row in rows if row["g_key"] is not None]
    people = {row["id"]: account_of(row) for row in rows if row["id"] is not None}
    if not found:
        return Groups(Page(found), people)
    return Groups(Page(found, max(one.newest_id for one in found), min(one.oldest_id for one in found)), people)


def _group(row: Row) -> Group:
    return Group(
        row["g_key"],
        row["g_kind"],
        row["g_post_id"],
        row["g_count"],
        row["g_newest_id"],
        row["g_newest_at"],
        row["g_oldest_id"],
        row["g_samples"],
    )
