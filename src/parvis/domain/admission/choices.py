"""What those who wait choose for later: whom they will follow, and whether they want a letter."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Conflict, Forbidden, Invalid, NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts, relationships
from parvis.domain.accounts.types import State as AccountState
from parvis.domain.admission import choice_queries, queries
from parvis.domain.admission.types import State, Ticket
from parvis.infra import jobs
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

FOLLOW_JOB = "admission.follow_chosen"
MOST_CHOSEN = 100
_LIVE = (State.RECEIVED, State.ADMITTED, State.EXPIRED)


async def choose(tx: Connection, ticket: Ticket, target_id: AccountId, *, now: datetime) -> None:
    """Once the ticket's owner is in, they will follow that account. Choosing twice is no error.

    Raises: NotFound for a ticket or an account that is not there; Conflict when the ticket waits no more; Invalid past
    the most that can be chosen.
    """
    await still_live(tx, ticket)
    target = await accounts.by_id(tx, target_id)
    if target.state >= AccountState.SUSPENDED:
        raise NotFound
    if len(await choice_queries.chosen_ids(tx, ticket.receipt_id)) >= MOST_CHOSEN:
        raise Invalid("name", f"At most {MOST_CHOSEN} can be chosen", "too_many")
    await choice_queries.new_choice(tx, ticket.receipt_id, target_id, now)


async def unchoose(tx: Connection, ticket: Ticket, target_id: AccountId) -> None:
    """They will not follow it after all. Raises: NotFound; Conflict."""
    await still_live(tx, ticket)
    await choice_queries.choice_dropped(tx, ticket.receipt_id, target_id)


async def chosen(db: Connection, ticket: Ticket) -> list[AccountId]:
    """Whom the ticket's owner will follow, the first chosen first."""
    return await choice_queries.chosen_ids(db, ticket.receipt_id)


async def want_letter(tx: Connection, ticket: Ticket, *, wanted: bool) -> None:
    """A letter will say when it is time, or not. Raises: NotFound; Conflict."""
    await still_live(tx, ticket)
    await queries.letter_wanted(tx, ticket.receipt_id, wanted)


async def still_live(tx: Connection, ticket: Ticket) -> None:
    """The ticket's owner may still choose. Raises: NotFound; Conflict."""
    row = await queries.receipt_locked(tx, ticket.receipt_id)
    if row is None:
        raise NotFound
    if row["state"] not in _LIVE:
        raise Conflict


async def want_following(tx: Connection, receipt_id: int) -> None:
    """The account that has just come of the receipt will follow whom its owner chose."""
    if await choice_queries.chosen_ids(tx, receipt_id):
        await jobs.enqueue(tx, FOLLOW_JOB, {"receipt_id": receipt_id}, dedupe_key=str(receipt_id))


async def follow_chosen(services: Services, receipt_id: int, *, now: datetime) -> None:
    """The account follows everybody who was chosen and can be followed; the choice is forgotten. Twice is no error."""
    async with services.db.connection() as db:
        row = await queries.receipt(db, receipt_id)
        targets = await choice_queries.chosen_ids(db, receipt_id)
    if row is None or row["account_id"] is None:
        return
    for target in targets:
        try:
            async with services.db.transaction() as tx:
                await relationships.follow(tx, services.ids, row["account_id"], target, now=now)
                await choice_queries.choice_dropped(tx, receipt_id, target)
        except (NotFound, Forbidden, Invalid):
            async with services.db.transaction() as tx:
                await choice_queries.choice_dropped(tx, receipt_id, target)
