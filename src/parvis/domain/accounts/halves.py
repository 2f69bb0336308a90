"""Between password and code: a half session, which can do nothing but wait some minutes for the second factor."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.errors import Problem
from parvis.base.ids import AccountId
from parvis.domain.accounts.keys import digest, new_key
from parvis.domain.accounts.queries import factors
from parvis.infra.postgres import Connection

HALF_LIFETIME = timedelta(minutes=10)


class SecondFactorWanted(Problem):
    """The second factor is missing"""

    def __init__(self, half: str) -> None:
        super().__init__()
        self.half = half


async def has_factor(db: Connection, account_id: AccountId) -> bool:
    """Whether the account is asked for a second factor."""
    row = await factors.factor_of(db, account_id)
    return row is not None and row["confirmed_at"] is not None


async def open_half(tx: Connection, account_id: AccountId, *, now: datetime) -> str:
    """The token of a half session, for somebody who has just proved the first factor."""
    token = new_key()
    await factors.new_half_session(tx, digest(token), account_id, now + HALF_LIFETIME)
    return token


async def account_of_half(db: Connection, token: str, *, now: datetime) -> AccountId | None:
    """Who has proved the first factor with this half session."""
    return await factors.half_session(db, digest(token), now)
