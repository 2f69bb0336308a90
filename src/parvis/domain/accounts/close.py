"""The end of an account, as far as it concerns who somebody is: nobody sees it, signs in with it, or gets its name."""

from __future__ import annotations

from parvis.base.errors import Forbidden, NotFound
from parvis.base.events import AccountChanged
from parvis.base.ids import AccountId
from parvis.domain.accounts.queries import logins, people
from parvis.domain.accounts.sessions import end_all
from parvis.infra import events
from parvis.infra.postgres import Connection


async def close(tx: Connection, account_id: AccountId) -> None:
    """The account counts as deleted, every session and token of it is over, and its e-mail address is free again.

    Raises: Forbidden for the only owner of this place (case D5); NotFound when it is closed already.
    """
    if await logins.owners_locked(tx) == [account_id]:
        raise Forbidden("The only owner cannot leave: make somebody else an owner first")
    if not await people.closed(tx, account_id):
        raise NotFound
    await end_all(tx, account_id)
    await logins.login_deleted(tx, account_id)
    await events.record(tx, AccountChanged(account_id))
