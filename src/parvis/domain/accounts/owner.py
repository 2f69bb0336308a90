"""The link that makes somebody the owner of this place, printed where only the operator sees it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from parvis.base.errors import Forbidden, NotFound
from parvis.base.events import AccountChanged
from parvis.base.ids import AccountId
from parvis.domain.accounts import one_time, rules
from parvis.domain.accounts.create import create
from parvis.domain.accounts.one_time import Purpose
from parvis.domain.accounts.queries import logins, people
from parvis.domain.accounts.queries import one_time as one_time_queries
from parvis.domain.accounts.types import NewAccount, Role
from parvis.infra import events
from parvis.infra.postgres import Connection
from parvis.infra.services import Services


async def has_owner(db: Connection) -> bool:
    """Whether somebody owns this place."""
    return await logins.has_owner(db)


async def owner_token(tx: Connection, *, now: datetime) -> str:
    """A token for the owner link; earlier ones no longer work."""
    await one_time_queries.owner_tokens_voided(tx, now)
    return await one_time.issue(tx, Purpose.BECOME_OWNER, now=now)


async def become_owner(tx: Connection, account_id: AccountId, *, token: str, now: datetime) -> None:
    """The account owns this place. The door renews the session afterwards (`renew_session`).

    Raises: Invalid (`expired`) when the link does not work.
    """
    await one_time.use(tx, Purpose.BECOME_OWNER, token, now=now)
    await set_role(tx, account_id, role=Role.OWNER)


async def create_owner(
    services: Services, *, token: str, handle: str, email: str, password: str, locale: str = "en", now: datetime
) -> AccountId:
    """A new account owns this place; whoever has the link needs no letter to prove the address.

    Raises: Invalid for what cannot be used, also for a link that does not work (`token`, `expired`).
    """
    rules.check_password(password)
    async with services.db.connection() as db:
        if not await one_time.is_usable(db, Purpose.BECOME_OWNER, token, now=now):
            raise one_time.expired()
    password_hash = await services.hasher.hash(rules.encodable_password(password))
    new = NewAccount(
        handle=handle, email=email, password_hash=password_hash, locale=locale, role=Role.OWNER, confirmed=True
    )
    async with services.db.transaction() as tx:
        # The link first: without it nobody may learn which addresses are in use.
        await one_time.use(tx, Purpose.BECOME_OWNER, token, now=now)
        return await create(tx, services.ids, new=new, now=now)


async def set_role(tx: Connection, account_id: AccountId, *, role: Role) -> None:
    """The account has that role.

    Raises: NotFound when nobody signs in with that account; Forbidden for the only owner of this place (case D5).
    """
    if role < Role.OWNER and await logins.owners_locked(tx) == [account_id]:
        raise Forbidden("The only owner cannot step down: make somebody else an owner first")
    if not await logins.role_changed(tx, account_id, role):
        raise NotFound
    await events.record(tx, AccountChanged(account_id))


async def staff_ids(db: Connection) -> list[AccountId]:
    """Whoever has a role: owners first, each rank in the order in which they came."""
    return await logins.staff_ids(db)


async def roles_locked(tx: Connection, ids: Collection[AccountId]) -> dict[AccountId, Role]:
    """The roles of those of them who can sign in; until the transaction ends neither these nor any owner's change."""
    return await logins.roles_locked(tx, ids)


async def contact(db: Connection) -> AccountId | None:
    """Whom people write to: the owner who has been here longest."""
    return await people.oldest_of_highest_role(db)
