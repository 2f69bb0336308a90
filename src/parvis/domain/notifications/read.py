"""Reading, dismissing and marking notifications."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, NotificationId
from parvis.base.pages import Page, PageRequest
from parvis.domain.accounts.queries.people import account_of
from parvis.domain.notifications import queries
from parvis.domain.notifications.types import KINDS, Notification
from parvis.infra.postgres import Connection, Row

Timeline = Literal["home", "notifications"]


class Marker(msgspec.Struct, frozen=True):
    """How far somebody has read, in one of the two timelines that remember it."""

    last_read_id: int
    version: int
    updated_at: datetime


async def restrictions_of(
    db: Connection, account: AccountId, ids: Sequence[NotificationId]
) -> dict[NotificationId, int]:
    """Which restrictions these warnings are about."""
    return await queries.restrictions_of(db, account, ids) if ids else {}


async def of(
    db: Connection,
    account: AccountId,
    page: PageRequest,
    *,
    kinds: Sequence[str] = KINDS,
    from_id: AccountId | None = None,
    filtered: bool = False,
) -> Page[Notification]:
    """The account's notifications of these kinds, newest first; with those that wait in requests if `filtered`."""
    rows = await queries.page_of(db, account, page, kinds=kinds, from_id=from_id, filtered=filtered)
    found = [notification_of(row) for row in rows]
    return Page(found, found[0].id, found[-1].id) if found else Page([])


async def one(db: Connection, account: AccountId, notification_id: NotificationId) -> Notification:
    """Raises: NotFound, also for somebody else's."""
    row = await queries.by_id(db, account, notification_id)
    if row is None:
        raise NotFound
    return notification_of(row)


async def unread_count(db: Connection, account: AccountId, *, kinds: Sequence[str] = KINDS, most: int = 100) -> int:
    """How many are newer than the marker."""
    return await queries.unread_count(db, account, kinds=kinds, most=most)


async def clear(tx: Connection, account: AccountId) -> None:
    """The account has no notifications but those that wait in requests."""
    await queries.delete(tx, account, None)


async def dismiss(tx: Connection, account: AccountId, notification_id: NotificationId) -> None:
    """That notification is gone."""
    await queries.delete(tx, account, notification_id)


async def markers(db: Connection, account: AccountId) -> dict[str, Marker]:
    """Timeline → how far it was read; only those that were ever saved."""
    return {row["timeline"]: _marker(row) for row in await queries.markers(db, account)}


async def mark(tx: Connection, account: AccountId, timeline: Timeline, last_read_id: int, *, now: datetime) -> Marker:
    """The timeline counts as read up to that id."""
    return _marker(await queries.set_marker(tx, account, timeline, last_read_id, now))


def _marker(row: Row) -> Marker:
    return Marker(row["last_read_id"], row["version"], row["updated_at"])


def notification_of(row: Row) -> Notification:
    """A row of the queries as a struct."""
    return Notification(
        row["n_id"],
        row["n_account_id"],
        row["n_kind"],
        account_of(row),
        row["n_post_id"],
        row["n_group_key"],
        row["n_created_at"],
        row["n_filtered"],
        row["n_restriction_id"],
    )
