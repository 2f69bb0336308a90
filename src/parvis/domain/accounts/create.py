"""Making accounts: by sign-up, by an app, by the operator's command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from parvis.base.errors import Invalid, InvalidFields
from parvis.base.events import AccountCreated
from parvis.base.ids import AccountId, IdSource
from parvis.domain.accounts import letters, rules
from parvis.domain.accounts.queries import logins, people
from parvis.domain.accounts.types import NewAccount, Role
from parvis.infra import events, secrets
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


async def create(tx: Connection, ids: IdSource, *, new: NewAccount, now: datetime) -> AccountId:
    """The account exists, with its handle; a confirmed one also owns its address.

    Raises: Invalid for a handle or address that cannot be used, with code `taken` for one that is in use.
    """
    handle = rules.check_handle(new.handle, reserved=new.role == Role.MEMBER)
    email = rules.normalise_email(new.email)
    checked = msgspec.structs.replace(
        new,
        handle=handle,
        email=email,
        display_name=rules.check_name(new.display_name),
        locale=rules.check_locale(new.locale),
    )
    account_id = AccountId(ids.next())
    if not await people.handle_taken_by(tx, handle, account_id):
        raise Invalid("username", "Username has already been taken", "taken")
    email_hash = await secrets.keyed_hash(tx, "email", rules.email_key(email))
    if new.confirmed and not await logins.email_claimed(tx, email_hash, account_id):
        raise Invalid("email", "E-mail address has already been taken", "taken")
    await people.new_account(tx, account_id, checked, email_hash, now if new.confirmed else None, now)
    await events.record(tx, AccountCreated(account_id))
    return account_id


async def sign_up(
    services: Services, *, handle: str, email: str, password: str, locale: str = "en", now: datetime
) -> AccountId:
    """The account exists and a letter is on its way to the address, whose contents depend on whether it is known.

    Whoever signs up learns nothing of the address: the same statements run and the same answer is given (case A2).
    In a network without confirmation the account is confirmed at once, but does not own an address that is in use.
    Raises: InvalidFields with everything that cannot be used.
    """
    check_sign_up(handle=handle, email=email, password=password)
    password_hash = await services.hasher.hash(rules.encodable_password(password))
    new = NewAccount(handle=handle, email=email, password_hash=password_hash, locale=locale)
    async with services.db.transaction() as tx:
        try:
            return await open_account(services, tx, new=new, now=now)
        except Invalid as problem:
            raise InvalidFields([problem]) from None


async def open_account(services: Services, tx: Connection, *, new: NewAccount, now: datetime) -> AccountId:
    """The account of somebody who signed up exists, and its letter is on its way, as `sign_up` says.

    Raises: Invalid for a handle that cannot be used.
    """
    account_id = await create(tx, services.ids, new=new, now=now)
    if services.settings.confirm_email:
        await letters.want_confirmation(tx, account_id)
    else:
        key = rules.email_key(rules.normalise_email(new.email))
        await logins.email_claimed(tx, services.secrets.keyed_hash("email", key), account_id)
        await logins.confirmed(tx, account_id, now)
    return account_id


async def reserve_handles(tx: Connection, wanted: Mapping[int, str]) -> set[int]:
    """Of these handles (checked already, by who wants them), those that are free are kept for whoever wants them: for
    them alone, until they are released. Whose they are now is returned."""
    return await people.handles_reserved(tx, wanted)


async def release_handles(tx: Connection, held: Mapping[int, str]) -> None:
    """Handles that were reserved by these are free again."""
    await people.handles_released(tx, held)


def check_sign_up(*, handle: str, email: str, password: str | None) -> None:
    """What is given can be used, as far as that shows without looking anything up.

    Raises: InvalidFields with every problem at once, so that a form can show them together.
    """
    problems: list[Invalid] = []
    checks: list[tuple[Callable[[str], object], str]] = [(rules.check_handle, handle), (rules.normalise_email, email)]
    if password is not None:
        checks.append((rules.check_password, password))
    for check, value in checks:
        try:
            check(value)
        except Invalid as problem:
            problems.append(problem)
    if problems:
        raise InvalidFields(problems)
