"""Invitations: codes that let somebody wait in a small lane beside the line. Who invited whom is for staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from parvis.base.errors import Invalid, TooMany
from parvis.base.ids import AccountId, IdSource
from parvis.domain.accounts import keys
from parvis.domain.admission import invitation_queries, queries
from parvis.domain.admission.types import Brought
from parvis.infra.postgres import Connection

LIFETIME = timedelta(days=7)
MOST_A_WEEK = 5
MOST_USES = 20


async def invite(
    tx: Connection, ids: IdSource, inviter: AccountId, *, uses: int = 1, staff: bool = False, now: datetime
) -> str:
    """The code of an invitation, good for so many sign-ups within seven days; only its hash is stored (case A6).

    Raises: Invalid for a number of uses that cannot be; TooMany past five invitations a week, from which staff is free.
    """
    if not 1 <= uses <= (MOST_USES if staff else 1):
        raise Invalid("uses", "An invitation cannot be used that often", "invalid")
    if not staff and await queries.invitations_made_since(tx, inviter, now - LIFETIME) >= MOST_A_WEEK:
        raise TooMany(int(LIFETIME.total_seconds()), "You have invited enough people this week")
    code = keys.new_key()
    await queries.new_invitation(tx, ids.next(), keys.digest(code), inviter, uses, now, now + LIFETIME)
    return code


async def invited_by(db: Connection, inviters: Sequence[AccountId]) -> dict[AccountId, list[AccountId]]:
    """For each, whom their invitations have brought in: one level of the tree. For staff only."""
    found: dict[AccountId, list[AccountId]] = {one: [] for one in inviters}
    for row in await queries.invited_by(db, inviters):
        found[row["inviter_id"]].append(row["account_id"])
    return found


async def brought_in(db: Connection, *, most: int) -> list[Brought]:
    """Who has brought in whom, the newest first. For staff only."""
    return [
        Brought(AccountId(row["inviter_id"]), AccountId(row["account_id"]), row["entered_at"])
        for row in await invitation_queries.brought_in(db, most)
    ]


async def invited_the(db: Connection, account_id: AccountId) -> AccountId | None:
    """Who invited them, if anybody did. For staff only."""
    return await queries.inviter_of(db, account_id)
