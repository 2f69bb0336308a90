"""One-time tokens: links that work once, for one purpose, for an hour or a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from parvis.base.errors import Invalid
from parvis.base.ids import AccountId
from parvis.domain.accounts.keys import digest, new_key
from parvis.domain.accounts.queries import one_time as one_time_queries
from parvis.infra.postgres import Connection, Row


class Purpose(StrEnum):
    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    BECOME_OWNER = "become_owner"


LIFETIME = {
    Purpose.CONFIRM_EMAIL: timedelta(hours=1),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.BECOME_OWNER: timedelta(hours=24),
}
MOST_AN_HOUR = 5


async def issue(
    tx: Connection, purpose: Purpose, *, account_id: AccountId | None = None, email: str | None = None, now: datetime
) -> str:
    """The token; only its digest is stored."""
    key = new_key()
    await one_time_queries.new_one_time_token(tx, digest(key), purpose, account_id, email, now, now + LIFETIME[purpose])
    return key


async def is_usable(db: Connection, purpose: Purpose, token: str, *, now: datetime) -> bool:
    """Whether the link would work; looking does not use it up."""
    return await one_time_queries.one_time_token(db, digest(token), purpose, now) is not None


async def use(tx: Connection, purpose: Purpose, token: str, *, now: datetime) -> Row:
    """The token is used up; of two callers at the same time exactly one gets here (case A6). Its account and address.

    Raises: Invalid, the same for every reason.
    """
    row = await one_time_queries.one_time_token_used(tx, digest(token), purpose, now)
    if row is None:
        raise expired()
    return row


def expired() -> Invalid:
    """The one answer to every link that does not work."""
    return Invalid("token", "This link is no longer valid", "expired")
