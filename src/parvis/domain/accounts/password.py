"""Changing a password, and finding back in without one. Either ends every other session and every token (case A8)."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Conflict, Invalid
from parvis.base.ids import AccountId
from parvis.domain.accounts import confirm, letters, one_time, rules
from parvis.domain.accounts.one_time import Purpose
from parvis.domain.accounts.queries import apps, logins
from parvis.domain.accounts.queries import one_time as one_time_queries
from parvis.domain.accounts.sessions import end_all
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


async def change_password(
    services: Services,
    account_id: AccountId,
    *,
    current: str,
    password: str,
    keep_session_id: int | None = None,
    now: datetime,
) -> None:
    """The new password holds; every session but the named one has ended, and every app is signed out.

    Raises: Invalid for `current_password` when it is wrong, for `password` when the new one cannot be used.
    """
    rules.check_password(password)
    async with services.db.connection() as db:
        known = await logins.password_hash_of(db, account_id)
    if not await services.hasher.verify(known, rules.encodable_password(current)):
        raise Invalid("current_password", "This is not your password", "wrong")
    await _set(services, account_id, password, keep_session_id, now)


async def set_password(services: Services, account_id: AccountId, *, password: str, now: datetime) -> None:
    """The operator's way: the new password holds, every session and token has ended."""
    rules.check_password(password)
    await _set(services, account_id, password, None, now)


async def set_first_password(tx: Connection, account_id: AccountId, password_hash: str, *, now: datetime) -> None:
    """The account that had no password has this one, and its apps stay signed in. Raises: Conflict when it has one."""
    if not await logins.first_password_set(tx, account_id, password_hash, now):
        raise Conflict("This account has a password")


async def has_this_password(services: Services, account_id: AccountId, password: str) -> bool:
    """Whether that is the account's password."""
    async with services.db.connection() as db:
        known = await logins.password_hash_of(db, account_id)
    return await services.hasher.verify(known, rules.encodable_password(password))


async def _set(services: Services, account_id: AccountId, password: str, keep: int | None, now: datetime) -> None:
    password_hash = await services.hasher.hash(rules.encodable_password(password))
    async with services.db.transaction() as tx:
        await _store(tx, account_id, password_hash, keep, now)


async def _store(tx: Connection, account_id: AccountId, password_hash: str, keep: int | None, now: datetime) -> None:
    await logins.password_changed(tx, account_id, password_hash, now)
    await one_time_queries.one_time_tokens_voided(tx, account_id, Purpose.RESET_PASSWORD, now)
    await apps.codes_voided(tx, account_id, now)
    await end_all(tx, account_id, but=keep)


async def ask_reset(services: Services, *, email: str) -> None:
    """If the address is known, a letter with a link will go there. The answer and the work are the same if not."""
    async with services.db.transaction() as tx:
        await letters.want_reset(tx, _email_hash(services, email))


async def reset_reaches(db: Connection, services: Services, *, email: str) -> AccountId | None:
    """Whose password could be chosen anew by such a letter: of several with that address, whoever has confirmed it."""
    found = await logins.credentials(db, _email_hash(services, email), "")
    return None if found is None else AccountId(found["account_id"])


def _email_hash(services: Services, email: str) -> bytes:
    try:
        key = rules.email_key(rules.normalise_email(email))
    except Invalid:
        key = rules.email_key(email.strip())
    return services.secrets.keyed_hash("email", key)


async def reset_password(services: Services, *, token: str, password: str, now: datetime) -> AccountId:
    """The new password holds, the link is used up, all sessions and tokens have ended; the address counts as confirmed.

    Raises: Invalid for `password`, or for `token` (`expired`).
    """
    rules.check_password(password)
    async with services.db.connection() as db:
        if not await one_time.is_usable(db, Purpose.RESET_PASSWORD, token, now=now):
            raise one_time.expired()
    password_hash = await services.hasher.hash(rules.encodable_password(password))
    async with services.db.transaction() as tx:
        used = await one_time.use(tx, Purpose.RESET_PASSWORD, token, now=now)
        await confirm.own_address(tx, used["account_id"], used["email"], now=now)
        await _store(tx, used["account_id"], password_hash, None, now)
    return used["account_id"]
