"""Proving that an address is one's own."""

from __future__ import annotations

from datetime import datetime

from parvis.base.events import AccountChanged
from parvis.base.ids import AccountId
from parvis.domain.accounts import letters, one_time, rules
from parvis.domain.accounts.one_time import Purpose
from parvis.domain.accounts.queries import logins
from parvis.infra import events, secrets
from parvis.infra.postgres import Connection


async def confirm_email(tx: Connection, token: str, *, now: datetime) -> AccountId:
    """The account's address is confirmed and its own.

    Raises: Invalid (`expired`) when the link does not work, also when somebody else owns the address by now.
    """
    used = await one_time.use(tx, Purpose.CONFIRM_EMAIL, token, now=now)
    await own_address(tx, used["account_id"], used["email"], now=now)
    return used["account_id"]


async def own_address(tx: Connection, account_id: AccountId, email: str, *, now: datetime) -> None:
    """The account is confirmed and owns the address a letter reached it at.

    Raises: Invalid (`expired`) when the account has another address by now, or another account owns this one.
    """
    login = await logins.login_of(tx, account_id)
    email_hash = await secrets.keyed_hash(tx, "email", rules.email_key(email))
    if login is None or login.email != email or not await logins.email_claimed(tx, email_hash, account_id):
        raise one_time.expired()
    if login.confirmed_at is None:
        await logins.confirmed(tx, account_id, now)
        await events.record(tx, AccountChanged(account_id))


async def resend_confirmation(tx: Connection, account_id: AccountId) -> None:
    """Another letter will be written, unless the address is confirmed or five went out within the hour."""
    await letters.want_confirmation(tx, account_id)
