"""Requests: what one person wants one to hear, kept together until one lets them in or sends them away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId, PostId
from parvis.base.pages import Page, PageRequest
from parvis.domain.accounts.queries.people import account_of
from parvis.domain.accounts.types import Account
from parvis.domain.notifications import policy_queries as queries
from parvis.infra.postgres import Connection, Row


class Request(msgspec.Struct, frozen=True):
    """`count` notifications of that person wait. `last_post_id` is what the latest of them is about."""

    id: int
    person: Account
    count: int
    last_post_id: PostId | None
    created_at: datetime
    updated_at: datetime


async def requests(db: Connection, account: AccountId, page: PageRequest) -> Page[Request]:
    """The account's requests, newest first."""
    found = [_request(row) for row in await queries.requests(db, account, page)]
    return Page(found, found[0].id, found[-1].id, more=len(found) == page.limit) if found else Page([])


async def request(db: Connection, account: AccountId, request_id: int) -> Request:
    """Raises: NotFound, also for somebody else's."""
    row = await queries.request(db, account, request_id)
    if row is None:
        raise NotFound
    return _request(row)


async def accept_requests(tx: Connection, account: AccountId, request_ids: Sequence[int], *, now: datetime) -> int:
    """Their senders are let in, now and always, and what waited stands among the notifications. How many there were."""
    return await queries.accept(tx, account, request_ids, now)


async def dismiss_requests(tx: Connection, account: AccountId, request_ids: Sequence[int]) -> int:
    """What waited in them is gone; their senders may come again. How many there were."""
    return await queries.dismiss(tx, account, request_ids)


def _request(row: Row) -> Request:
    return Request(
        row["q_id"], account_of(row), row["q_count"], row["q_last_post_id"], row["q_created_at"], row["q_updated_at"]
    )
