"""Fresh proofs: before something dangerous, a session shows again that its owner sits before it, and not a thief."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.errors import Invalid
from parvis.base.ids import AccountId
from parvis.domain.accounts import factors, halves
from parvis.domain.accounts.password import has_this_password
from parvis.domain.accounts.queries import factors as queries
from parvis.domain.accounts.sessions import renew_session
from parvis.domain.accounts.types import SessionTicket
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

FRESH_FOR = timedelta(minutes=10)


async def is_fresh(db: Connection, session_id: int, *, now: datetime) -> bool:
    """Whether the session's owner proved who they are some minutes ago."""
    proved = await queries.proved_at(db, session_id)
    return proved is not None and now - proved < FRESH_FOR


async def prove(
    services: Services, account_id: AccountId, token: str, *, password: str, code: str, now: datetime
) -> SessionTicket:
    """The session is fresh, under a new key (case A7).

    Raises: Invalid for `current_password` or `code`.
    """
    if not await has_this_password(services, account_id, password):
        raise Invalid("current_password", "This is not your password", "wrong")
    async with services.db.connection() as db:
        wanted = await halves.has_factor(db, account_id)
    if wanted and not await factors.code_fits(services, account_id, code, now=now):
        raise factors.wrong_code()
    async with services.db.transaction() as tx:
        ticket = await renew_session(tx, services.ids, token, now=now)
        await queries.session_proved(tx, ticket.session_id, now)
        return ticket
