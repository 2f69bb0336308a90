"""Sign-up as one step when there is room, and as a receipt when there is not."""

from __future__ import annotations

from datetime import datetime

import msgspec

from parvis.base.errors import Invalid, InvalidFields
from parvis.base.ids import AccountId
from parvis.domain import accounts
from parvis.domain.admission import gate, queries, tickets, toll
from parvis.domain.admission import log_queries as log_rows
from parvis.domain.admission.admit import admit_one
from parvis.domain.admission.enter import enter_with
from parvis.domain.admission.queries import NewReceipt
from parvis.domain.admission.receive import paid, prepared, receive
from parvis.domain.admission.sequence import number
from parvis.domain.admission.types import Application, Kind, State, Ticket
from parvis.domain.admission.write import write
from parvis.infra.postgres import OUTAGES
from parvis.infra.services import Services


class SignedUp(msgspec.Struct, frozen=True):
    """What came of it: an account at once, or a ticket for it."""

    ticket: Ticket
    account_id: AccountId | None = None


async def sign_up(
    services: Services,
    *,
    wanted: Application,
    password: str | None,
    passkey: accounts.NewPasskey | None = None,
    now: datetime,
) -> SignedUp:
    """Received, and if there is room admitted and entered in the same transaction. A password or passkey is kept only
    if so.


    Raises: InvalidFields with everything that cannot be used; Invalid for `proof` where a sign-up costs one.
    """
    accounts.check_sign_up(handle=wanted.handle, email=wanted.email, password=password)
    if await _has_room(services):
        new = prepared(services, wanted, now)
        await paid(services, wanted, new, now=now)
        password_hash = None
        if password is not None:
            password_hash = await services.hasher.hash(accounts.rules.encodable_password(password))
        done = await _at_once(services, new, password=password, password_hash=password_hash, passkey=passkey, now=now)
        if done is not None:
            toll.note(services, wanted)
            return done
        wanted = msgspec.structs.replace(wanted, network="")  # it is paid for
    return SignedUp(await receive(services, wanted=wanted, now=now))


async def _has_room(services: Services) -> bool:
    try:
        async with services.db.connection() as db:
            return await gate.has_room(db)
    except OUTAGES:
        return False  # a receipt can be taken all the same


async def _at_once(
    services: Services,
    new: NewReceipt,
    *,
    password: str | None,
    password_hash: str | None,
    passkey: accounts.NewPasskey | None,
    now: datetime,
) -> SignedUp | None:
    """None when somebody began to wait meanwhile, whom it would pass."""
    async with services.db.transaction() as tx:
        tree = await log_rows.tree_locked(tx)
        assert tree is not None
        if not await gate.has_room(tx):
            return None
        stored = (await write(tx, [new]))[new.id]
        if isinstance(stored, Invalid):
            raise InvalidFields([stored])
        ticket = tickets.ticket_of(services.secrets, stored)
        if stored == new.id:
            await number(tx, services.secrets, tree, now=now)
            await admit_one(tx, stored, now=now, kind=Kind.ADMITTED)
            await gate.one_came(tx)
        row = await queries.receipt_locked(tx, stored)
        assert row is not None
        if row["state"] == State.ADMITTED:
            entered = await enter_with(services, tx, row, password_hash=password_hash, passkey=passkey, now=now)
            return SignedUp(ticket, entered)
    return SignedUp(ticket, await _entered_before(services, row["account_id"], password))


async def _entered_before(services: Services, account_id: AccountId | None, password: str | None) -> AccountId | None:
    """The account that the same request made before, if whoever repeats it knows the password."""
    if account_id is None or password is None or not await accounts.has_this_password(services, account_id, password):
        return None
    return account_id
