"""What the owner of a ticket may change, and what time does to it."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Conflict, Forbidden, Invalid, InvalidFields, NotFound
from parvis.domain import accounts
from parvis.domain.admission import choice_queries, log, push_queries, queries, rules
from parvis.domain.admission import log_queries as log_rows
from parvis.domain.admission.sequence import number
from parvis.domain.admission.types import Kind, Leaf, State, Ticket
from parvis.infra import secrets
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services

BATCH = 1000
_LIVE = (State.RECEIVED, State.ADMITTED, State.EXPIRED)


async def withdraw(services: Services, ticket: Ticket, *, now: datetime) -> None:
    """The receipt is over: handle and address are forgotten, and it counts in nobody's place. Doing it twice is no error.

    Raises: NotFound; Conflict when it has entered.
    """
    async with services.db.transaction() as tx:
        tree = await log_rows.tree_locked(tx)
        assert tree is not None
        row = await queries.receipt_locked(tx, ticket.receipt_id)
        while row is not None and row["number"] is None:  # so that every entry's number has been received before
            await number(tx, services.secrets, tree, now=now)
            row = await queries.receipt_locked(tx, ticket.receipt_id)
        if row is None:
            raise NotFound
        if row["state"] == State.ENTERED:
            raise Conflict("This ticket has been used")
        if row["state"] not in _LIVE:
            return
        await log_rows.ended(tx, [row["id"]], State.WITHDRAWN, now)
        await choice_queries.choices_dropped(tx, [row["id"]])
        await push_queries.forgotten(tx, [row["id"]])
        if row["handle"] is not None:
            await accounts.release_handles(tx, {row["id"]: row["handle"]})
        if row["state"] == State.RECEIVED and row["lane"] < 3:
            tree.waiting -= 1
        await log.serve_up_to(tx, tree)
        await log.append(tx, tree, [Leaf(Kind.WITHDRAWN, row["number"], rules.rounded(now))])


async def correct(
    tx: Connection, ticket: Ticket, *, email: str | None = None, handle: str | None = None, now: datetime
) -> None:
    """The receipt has this address, or this handle; its place stays.

    Raises: InvalidFields; NotFound; Conflict when it is over or has entered.
    """
    row = await queries.receipt_locked(tx, ticket.receipt_id)
    if row is None:
        raise NotFound
    if row["state"] not in _LIVE:
        raise Conflict
    try:
        if email is not None:
            address = accounts.rules.normalise_email(email)
            hashed = await secrets.keyed_hash(tx, "email", rules.mailbox(address))
            await queries.email_corrected(tx, ticket.receipt_id, address, hashed)
        if handle is not None:
            await _rename(tx, row, accounts.rules.check_handle(handle))
    except Invalid as problem:
        raise InvalidFields([problem]) from None


async def _rename(tx: Connection, row: Row, handle: str) -> None:
    if handle == row["handle"]:
        return
    if not await accounts.reserve_handles(tx, {row["id"]: handle}):
        raise rules.taken()
    if row["handle"] is not None:
        await accounts.release_handles(tx, {row["id"]: row["handle"]})
    await queries.handle_chosen(tx, row["id"], handle)


async def come_back(tx: Connection, ticket: Ticket, *, now: datetime) -> None:
    """The lapsed receipt waits again, in the lane for those who return. One that has not lapsed stays as it is.

    Raises: NotFound; Forbidden once its address and handle have been forgotten.
    """
    row = await queries.receipt_locked(tx, ticket.receipt_id)
    if row is None:
        raise NotFound
    if row["state"] != State.EXPIRED:
        return
    if row["email"] is None:
        raise Forbidden("This ticket ran out long ago")
    await queries.returned(tx, ticket.receipt_id)


async def lapse(tx: Connection, *, now: datetime) -> int:
    """Admissions that nobody used within seven days have lapsed, at most a batch; how many."""
    tree = await log_rows.tree_locked(tx)
    assert tree is not None
    numbers = await log_rows.lapsed(tx, now, BATCH)
    if numbers:
        at = rules.rounded(now)
        await log.append(tx, tree, [Leaf(Kind.EXPIRED, one, at) for one in numbers])
    return len(numbers)


async def forget(tx: Connection, *, now: datetime) -> int:
    """Old idempotency keys and spent proofs of work are gone, and so is what long lapsed receipts knew of a person; how
    many of those, at most a batch."""
    await queries.old_keys_forgotten(tx, now - rules.KEYS_KEPT)
    await queries.old_proofs_forgotten(tx, now)
    rows = await queries.expired_forgotten(tx, now - rules.KEPT_AFTER_LAPSE, BATCH)
    if rows:
        await accounts.release_handles(tx, {row["id"]: row["handle"] for row in rows})
        await choice_queries.choices_dropped(tx, [row["id"] for row in rows])
        await push_queries.forgotten(tx, [row["id"] for row in rows])
    return len(rows)
