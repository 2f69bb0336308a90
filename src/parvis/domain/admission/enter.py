"""Whoever was admitted becomes an account."""

from __future__ import annotations

from datetime import datetime

from parvis.base.errors import Conflict, Forbidden, Invalid, InvalidFields, NotFound
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain.accounts.types import NewAccount
from parvis.domain.admission import choices, push_queries, queries, rules, tickets
from parvis.domain.admission.types import State, Ticket
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services


async def enter(
    services: Services,
    ticket: Ticket,
    *,
    password: str | None,
    passkey: accounts.NewPasskey | None = None,
    now: datetime,
) -> AccountId:
    """The ticket's owner has an account, unconfirmed until the letter is answered. A ticket enters once.

    Without a password or a passkey a password is chosen later (`choose_password`).
    Raises: InvalidFields for the password; Forbidden while the ticket waits; Conflict when it has entered; NotFound
    for one that is over.
    """
    password_hash = None if password is None else await hashed(services, password)
    async with services.db.transaction() as tx:
        row = await queries.receipt_locked(tx, ticket.receipt_id)
        if row is None:
            raise NotFound
        return await enter_with(services, tx, row, password_hash=password_hash, passkey=passkey, now=now)


async def hashed(services: Services, password: str) -> str:
    """The password as it is stored. Raises: InvalidFields."""
    try:
        accounts.rules.check_password(password)
    except Invalid as problem:
        raise InvalidFields([problem]) from None
    return await services.hasher.hash(accounts.rules.encodable_password(password))


async def enter_with(
    services: Services,
    tx: Connection,
    row: Row,
    *,
    password_hash: str | None,
    passkey: accounts.NewPasskey | None = None,
    now: datetime,
) -> AccountId:
    """The receipt, which is locked, is an account now."""
    state = State(row["state"])
    if state is State.ENTERED:
        raise Conflict("This ticket has been used")
    if state in (State.RECEIVED, State.EXPIRED):
        raise Forbidden("It is not your turn yet")
    if state is not State.ADMITTED:
        raise NotFound
    if row["handle"] is None:
        raise InvalidFields([rules.taken()])
    await accounts.release_handles(
        tx, {row["id"]: row["handle"]}
    )  # and taken again by the account, before anybody sees
    new = NewAccount(handle=row["handle"], email=row["email"], password_hash=password_hash, locale=row["locale"])
    try:
        account_id = await accounts.open_account(services, tx, new=new, now=now)
    except Invalid as problem:
        raise InvalidFields([problem]) from None
    if passkey is not None:
        await accounts.add_passkey(tx, services.ids, account_id, passkey, name="", now=now)
    await accounts.bind_tokens(tx, row["id"], account_id)
    await queries.entered(tx, row["id"], account_id, now)
    if row["admitted_at"] < now:  # who comes in at once had no time to choose
        await choices.want_following(tx, row["id"])
        await push_queries.forgotten(tx, [row["id"]])
    return account_id


async def choose_password(services: Services, ticket: Ticket, *, password: str, now: datetime) -> AccountId:
    """The account that entered without a password (an app had it made) has this one, the first and only time.

    Raises: InvalidFields for the password; NotFound before entry; Conflict when there is a password or a passkey.
    """
    password_hash = await hashed(services, password)
    async with services.db.transaction() as tx:
        row = await queries.receipt_locked(tx, ticket.receipt_id)
        if row is None or row["account_id"] is None:
            raise NotFound
        if await accounts.can_sign_in(tx, row["account_id"]):
            raise Conflict("This account has a password or a passkey")
        await accounts.set_first_password(tx, row["account_id"], password_hash, now=now)
        return row["account_id"]


async def enter_by_token(services: Services, token: str, *, now: datetime) -> tuple[Ticket, bool] | None:
    """The ticket behind an app's token that is not yet an account's, and whether it is now. None for any other token."""
    async with services.db.transaction() as tx:
        receipt_id = await accounts.receipt_of_token(tx, token)
        if receipt_id is None:
            return None
        ticket = tickets.ticket_of(services.secrets, receipt_id)
        row = await queries.receipt_locked(tx, receipt_id)
        if row is None or row["state"] in (State.WITHDRAWN, State.REFUSED):
            return None
        if row["state"] == State.ADMITTED and row["handle"] is not None:
            await enter_with(services, tx, row, password_hash=None, now=now)
        return ticket, row["state"] in (State.ADMITTED, State.ENTERED) and row["handle"] is not None
