"""Finding accounts by id and by handle."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from parvis.base.errors import NotFound
from parvis.base.ids import AccountId
from parvis.domain.accounts.queries import logins, people
from parvis.domain.accounts.types import Account, Login, Totals
from parvis.infra.postgres import Connection


async def by_ids(db: Connection, ids: Sequence[AccountId]) -> dict[AccountId, Account]:
    """Those accounts, in one query. Deleted ones are left out; suspended ones come blank, and their state says so."""
    return await people.accounts_by_id(db, ids) if ids else {}


async def by_id(db: Connection, account_id: AccountId) -> Account:
    """That account.

    Raises: NotFound when it does not exist or was deleted.
    """
    found = await people.accounts_by_id(db, [account_id])
    if account_id not in found:
        raise NotFound
    return found[account_id]


async def by_handle(db: Connection, acct: str, *, domain: str) -> Account:
    """The account called `alice`, `@alice`, `alice@here` or `remi@elsewhere.example`; `domain` is this server's.

    Raises: NotFound when it is not known here.
    """
    handle, _, there = acct.strip().removeprefix("@").partition("@")
    there = there.casefold()
    folded = unicodedata.normalize("NFKC", handle).casefold()
    account = await people.account_by_handle(db, folded, "" if there == domain.casefold() else there)
    if account is None:
        raise NotFound
    return account


async def login_of(db: Connection, account_id: AccountId) -> Login:
    """The private half of an account: address, preferences.

    Raises: NotFound when nobody signs in with it.
    """
    login = await logins.login_of(db, account_id)
    if login is None:
        raise NotFound
    return login


async def totals(db: Connection, *, now: datetime) -> Totals:
    """How many accounts and posts there are, and how many people came by in the last thirty days."""
    return await people.totals(db, now - timedelta(days=30))


async def change_counters(tx: Connection, changes: Sequence[tuple[AccountId, int, int]]) -> None:
    """(account, following by, followers by) are added to the counts; in one order of accounts, so that no two writers
    wait for each other."""
    await people.counters_changed(tx, changes)
