"""The second step of signing in."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Unauthenticated
from parvis.domain.accounts import halves
from parvis.domain.accounts.factors import code_fits, wrong_code
from parvis.domain.accounts.keys import digest
from parvis.domain.accounts.queries import factors
from parvis.domain.accounts.sessions import open_session
from parvis.domain.accounts.types import SessionTicket
from parvis.infra.services import Services


async def finish_sign_in(
    services: Services, half: str, *, code: str, address: str = "", user_agent: str = "", now: datetime
) -> SessionTicket:
    """A new session of whoever began to sign in with that half session; it is used up, and so is the code.

    Raises: Invalid (`wrong_code`), Unauthenticated when the half session is over.
    """
    async with services.db.connection() as db:
        account_id = await halves.account_of_half(db, half, now=now)
    if account_id is None:
        raise Unauthenticated
    if not await code_fits(services, account_id, code, now=now):
        raise wrong_code()
    async with services.db.transaction() as tx:
        if not await factors.half_session_ended(tx, digest(half)):
            raise Unauthenticated
        return await open_session(tx, services.ids, account_id, address=address, user_agent=user_agent, now=now)
