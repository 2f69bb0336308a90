"""Taking receipts: checked, sealed with a ticket, and stored together with whatever else comes in the same moment.

A process writes while it gathers: all that arrives during one write is the next one. So alone a receipt is a
transaction of its own, and in a crowd a hundred of them share one.
"""

from __future__ import annotations

import asyncio
import weakref
from datetime import datetime

import msgspec

from parvis.base.errors import Invalid, InvalidFields
from parvis.domain import accounts
from parvis.domain.admission import rules, tickets
from parvis.domain.admission.queries import NewReceipt
from parvis.domain.admission.types import Application, Ticket
from parvis.domain.admission.write import Outcome, write
from parvis.infra.postgres import Database
from parvis.infra.secrets import Secrets
from parvis.infra.services import Services

MOST_AT_ONCE = 400  # receipts in one transaction
WRITERS = 2  # transactions at a time


async def receive(services: Services, *, wanted: Application, now: datetime) -> Ticket:
    """The receipt is stored, with its handle reserved; nobody learns whether the address is known (case A2).

    The same request under the same idempotency key gives the same ticket.
    Raises: InvalidFields with everything that cannot be used.
    """
    new = prepared(services, wanted, now)
    stored = await _desk_of(services).store(new)
    return tickets.ticket_of(services.secrets, stored)


def prepared(services: Services, wanted: Application, now: datetime) -> NewReceipt:
    """The receipt as it will be stored, under an id of its own. Raises: InvalidFields."""
    asked = rules.checked(wanted)
    key = body = None
    if asked.idempotency_key is not None:
        key, body = _request(services.secrets, asked)
    return NewReceipt(
        id=services.ids.next(),
        handle=asked.handle,
        email=asked.email,
        email_hash=mailbox_hash(services.secrets, asked.email),
        locale=asked.locale,
        request_key=key,
        request_hash=body,
        invitation_hash=None if asked.invitation is None else accounts.digest(asked.invitation),
        invitation_id=None,
        app_id=asked.app_id,
        received_at=now,
    )


def mailbox_hash(secrets: Secrets, email: str) -> bytes:
    return secrets.keyed_hash("email", rules.mailbox(email))


def _request(secrets: Secrets, asked: Application) -> tuple[bytes, bytes]:
    scope = "\0".join(("request", asked.principal, asked.route, asked.idempotency_key or ""))
    body = "\0".join((asked.handle, asked.email, asked.locale, asked.invitation or ""))
    return secrets.keyed_hash("ticket", scope), secrets.keyed_hash("ticket", body)


class _Waiting(msgspec.Struct):
    new: NewReceipt
    done: asyncio.Future[Outcome]


class Desk:
    """Where the receipts of one process are written."""

    def __init__(self, db: Database) -> None:
        self._db = weakref.ref(db)
        self._waiting: list[_Waiting] = []
        self._writing: set[asyncio.Task[None]] = set()

    async def store(self, new: NewReceipt) -> int:
        """The id of the receipt that is stored for it. Raises: InvalidFields, and whatever the database says."""
        waiting = _Waiting(new, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._writing) < WRITERS:
            task = asyncio.ensure_future(self._write())
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        outcome = await waiting.done
        if isinstance(outcome, Invalid):
            raise InvalidFields([outcome])
        return outcome

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                outcomes = await self._stored([one.new for one in batch])
            except BaseException as error:
                for one in batch:
                    if not one.done.done():
                        one.done.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                for one in batch:
                    if not one.done.done():
                        one.done.set_result(outcomes[one.new.id])

    async def _stored(self, new: list[NewReceipt]) -> dict[int, Outcome]:
        db = self._db()
        assert db is not None
        async with db.transaction() as tx:
            return await write(tx, new)


_desks: weakref.WeakKeyDictionary[Database, Desk] = weakref.WeakKeyDictionary()


def _desk_of(services: Services) -> Desk:
    desk = _desks.get(services.db)
    if desk is None:
        desk = _desks[services.db] = Desk(services.db)
    return desk
