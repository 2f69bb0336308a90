"""Taking receipts: checked, sealed with a ticket, and stored together with whatever else comes in the same moment.

A process writes while it gathers: all that arrives during one write is the next one, and in a crowd it gathers for a
moment before it writes. So alone a receipt is a transaction of its own at once, and in a crowd dozens of them share one.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from datetime import datetime

import msgspec
import structlog

from parvis.base.errors import Invalid, InvalidFields
from parvis.domain import accounts
from parvis.domain.admission import late, rules, tickets, toll
from parvis.domain.admission.queries import NewReceipt
from parvis.domain.admission.types import Application, Ticket
from parvis.domain.admission.write import Outcome, write
from parvis.infra.postgres import OUTAGES, Database
from parvis.infra.secrets import Secrets
from parvis.infra.services import Services

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 400  # receipts in one transaction
WRITERS = 2  # transactions at a time
GATHERED_S = (
    0.025  # the least between the beginnings of two transactions, or a fast disk makes each carry hardly anything
)


async def receive(services: Services, *, wanted: Application, now: datetime) -> Ticket:
    """The receipt is stored, with its handle reserved; nobody learns whether the address is known (case A2).

    The same request under the same idempotency key gives the same ticket. While the database is gone the receipt is kept
    on the local disk; should its handle be taken by then, its owner chooses another.
    Raises: InvalidFields with everything that cannot be used; Invalid for `proof` where a sign-up costs one.
    """
    new = prepared(services, wanted, now)
    await toll.collect(services, wanted, now=now)
    stored = await _desk_of(services).store(services, new)
    toll.note(services, wanted)
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

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._writing: set[asyncio.Task[None]] = set()
        self._late = _Late()
        self._began = 0.0  # when the last transaction did

    async def store(self, services: Services, new: NewReceipt) -> int:
        """The id of the receipt that is stored for it. Raises: InvalidFields, and whatever the database says."""
        waiting = _Waiting(new, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._writing) < WRITERS:
            task = asyncio.ensure_future(self._write(services))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        outcome = await waiting.done
        if isinstance(outcome, Invalid):
            raise InvalidFields([outcome])
        return outcome

    async def _write(self, services: Services) -> None:
        while self._waiting:
            if (early_s := self._began + GATHERED_S - time.monotonic()) > 0:
                await asyncio.sleep(early_s)
                continue
            self._began = time.monotonic()
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                outcomes = await self._stored(services, [one.new for one in batch])
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

    async def _stored(self, services: Services, new: list[NewReceipt]) -> dict[int, Outcome]:
        """Written to the database, after what an outage has kept back; to the local disk while it is gone."""
        if not self._late.is_on():
            try:
                await late.replay(services)
                async with services.db.transaction() as tx:
                    return await write(tx, new)
            except OUTAGES as error:
                log.warning("admission.spooling", receipts=len(new), error=repr(error))
        return await self._late.keep(services, new)


class _Late:
    """What this process keeps on the disk during an outage; for a second it does not ask the database again."""

    def __init__(self) -> None:
        self._until = 0.0
        self._requests: dict[bytes, NewReceipt] = {}
        self._handles: set[str | None] = set()

    def is_on(self) -> bool:
        return time.monotonic() < self._until

    async def keep(self, services: Services, new: list[NewReceipt]) -> dict[int, Outcome]:
        """The same outcomes as a write has, as far as this process can know."""
        if not late.spool_of(services).has_records():
            self._requests.clear()
            self._handles.clear()
        outcomes: dict[int, Outcome] = {}
        fresh: list[NewReceipt] = []
        for one in new:
            known = None if one.request_key is None else self._requests.get(one.request_key)
            if known is not None:
                outcomes[one.id] = known.id if known.request_hash == one.request_hash else rules.other_body()
            elif one.handle in self._handles:
                outcomes[one.id] = rules.taken()
            else:
                outcomes[one.id] = one.id
                self._handles.add(one.handle)
                if one.request_key is not None:
                    self._requests[one.request_key] = one
                fresh.append(one)
        await late.keep(services, fresh)
        self._until = time.monotonic() + 1
        return outcomes


_desks: weakref.WeakKeyDictionary[Database, Desk] = weakref.WeakKeyDictionary()


def _desk_of(services: Services) -> Desk:
    desk = _desks.get(services.db)
    if desk is None:
        desk = _desks[services.db] = Desk()
    return desk
