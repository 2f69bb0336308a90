"""The people of this place as those who run it know them: finding them, and helping them with their address or password."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from parvis.base.errors import Conflict, Invalid, NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain.moderation import acting, people_queries
from parvis.domain.moderation.types import Member
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

Standing = Literal["", "restricted", "reported", "staff", "unconfirmed"]


async def find(
    db: Connection,
    services: Services,
    reader_id: AccountId,
    query: str,
    *,
    standing: Standing = "",
    below: int | None = None,
    limit: int,
) -> list[Member]:
    """The newest below `below` whose handle begins with the words, whose name has them in it, or whose address they are.

    Who reads it does not learn whether they are reported themselves.
    """
    words = query.strip().removeprefix("@")
    email_hash = services.secrets.keyed_hash("email", _address(words))
    return await people_queries.members(db, reader_id, words, email_hash, standing, below, limit)


async def member(db: Connection, reader_id: AccountId, handle: str) -> Member:
    """The member of that handle. Raises: NotFound."""
    found = await people_queries.member_by_handle(db, reader_id, handle.strip().removeprefix("@").casefold())
    if found is None:
        raise NotFound
    return found


async def confirm_address(services: Services, actor_id: AccountId, account_id: AccountId, *, now: datetime) -> None:
    """The account's address counts as confirmed and its own, by a moderator's word.

    Raises: Forbidden by rank; NotFound; Conflict when the address is somebody else's.
    """

    async def do(tx: Connection) -> None:
        await acting.check_rank(tx, actor_id, account_id)
        login = await accounts.login_of(tx, account_id)
        if login.confirmed_at is not None:
            return
        try:
            await accounts.own_address(tx, account_id, login.email, now=now)
        except Invalid:
            raise Conflict("This address is somebody else's.") from None
        await acting.note(tx, actor_id, "account.confirm", f"account:{account_id}", {}, now=now)

    await acting.acted(services, actor_id, "account.confirm", f"account:{account_id}", do, now)


async def send_reset(services: Services, actor_id: AccountId, account_id: AccountId, *, now: datetime) -> None:
    """A letter with a link to choose a new password goes to the account's address.

    Raises: Forbidden by rank; NotFound; Conflict when a letter there would be for somebody else with that address.
    """

    async def do(tx: Connection) -> str:
        await acting.check_rank(tx, actor_id, account_id)
        login = await accounts.login_of(tx, account_id)
        if await accounts.reset_reaches(tx, services, email=login.email) != account_id:
            raise Conflict("This address is somebody else's.")
        await acting.note(tx, actor_id, "account.reset", f"account:{account_id}", {}, now=now)
        return login.email

    email = await acting.acted(services, actor_id, "account.reset", f"account:{account_id}", do, now)
    await accounts.ask_reset(services, email=email)


def _address(words: str) -> str:
    try:
        return accounts.rules.email_key(accounts.rules.normalise_email(words))
    except Invalid:
        return words
