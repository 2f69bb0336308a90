"""Taking receipts: checked, sealed with a ticket, and stored together with whatever else comes in the same moment.

A process writes while it gathers: all that arrives during one write is the next one, and in a crowd it gathers for a
moment before it writes. So alone a receipt is a transaction of its own at once, and in a crowd dozens of them share one.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections import ChainMap
from datetime import datetime

import msgspec
import structlog

from parvis.base.errors import Invalid, InvalidFields
from parvis.domain import accounts
from parvis.domain.admission import late, queries, rules, tickets, toll
from parvis.domain.admission.queries import NewReceipt
from parvis.domain.admission.types import Application, Ticket
from parvis.domain.admission.write import Outcome, write
from parvis.infra import waits
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
    await paid(services, wanted, new, now=now)
    stored = await _desk_of(services).store(services, new)
    toll.note(services, wanted)
    return tickets.ticket_of(services.secrets, stored)


async def paid(services: Services, wanted: Application, new: NewReceipt, *, now: datetime) -> None:
    """The sign-up is paid for, or costs nothing, or was asked for before under its key: a proof is good only once.

    Raises: Invalid for `proof`.
    """
    try:
        await toll.collect(services, wanted, now=now)
    except Invalid:
        if new.request_key is None or not await _desk_of(services).knows(services, new.request_key):
            raise


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
        self._writing: set[asyncio.Task[None] | None] = set()
        self._late = _Late()
        self._began = 0.0  # when the last transaction did

    async def store(self, services: Services, new: NewReceipt) -> int:
        """The id of the receipt that is stored for it. Raises: InvalidFields, and whatever the database says."""
        waiting = _Waiting(new, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._begin(services)
        with waits.on(waits.SQL):  # many share a commit
            outcome = await waiting.done
        if isinstance(outcome, Invalid):
            raise InvalidFields([outcome])
        return outcome

    async def knows(self, services: Services, request_key: bytes) -> bool:
        """Whether something was received under that key, as far as that can be known now."""
        if self._late.knows(request_key):
            return True
        try:
            async with services.db.connection() as db:
                return bool(await queries.receipts_by_request(db, [request_key]))
        except OUTAGES:
            return False

    def _begin(self, services: Services) -> None:
        if len(self._writing) < WRITERS:
            self._writing.add(asyncio.ensure_future(self._write(services)))

    async def _write(self, services: Services) -> None:
        try:
            await self._write_all(services)
        finally:
            # Here and not when the loop says that the task is done: whoever comes in between would wait for nobody.
            self._writing.discard(asyncio.current_task())
            if self._waiting:
                self._begin(services)

    async def _write_all(self, services: Services) -> None:
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
                await self._late.give_back(services)
                async with services.db.transaction() as tx:
                    return await write(tx, new)
            except OUTAGES as error:
                log.warning("admission.spooling", receipts=len(new), error=repr(error))
        return await self._late.keep(services, new)


class _Late:
    """What this process keeps on the disk during an outage; for a second it does not ask the database again."""

    def __init__(self) -> None:
        self._until = 0.0
        self._failed_until = 0.0
        self._keeping = asyncio.Lock()  # a batch may rely on what the one before has marked, once that is on the disk
        self._requests: dict[bytes, tuple[int, bytes | None]] = {}
        self._handles: set[str | None] = set()

    def is_on(self) -> bool:
        return time.monotonic() < self._until

    def knows(self, request_key: bytes) -> bool:
        return request_key in self._requests

    async def give_back(self, services: Services) -> None:
        """What was kept is stored, or it is known since less than a second that it cannot be: new ones must not suffer.

        Raises: one of `OUTAGES`.
        """
        if time.monotonic() < self._failed_until:
            return
        try:
            await late.replay(services)
        except OUTAGES:
            raise
        except Exception:
            self._failed_until = time.monotonic() + late.LOOK_EVERY_S
            log.exception("admission.replay_failed")

    async def keep(self, services: Services, new: list[NewReceipt]) -> dict[int, Outcome]:
        """The same outcomes as a write has, as far as this process can know. Raises: OSError, and then none is kept."""
        async with self._keeping:
            if not late.spool_of(services.settings).has_records():
                self._requests.clear()
                self._handles.clear()
            outcomes, fresh = self._judged(new)
            await late.keep(services, fresh)
            self._handles.update(one.handle for one in fresh)
            self._requests.update({one.request_key: (one.id, one.request_hash) for one in fresh if one.request_key})
        self._until = time.monotonic() + 1
        return outcomes

    def _judged(self, new: list[NewReceipt]) -> tuple[dict[int, Outcome], list[NewReceipt]]:
        """What each hears once those that are new are on the disk; and which are."""
        outcomes: dict[int, Outcome] = {}
        fresh: list[NewReceipt] = []
        requests: ChainMap[bytes, tuple[int, bytes | None]] = ChainMap({}, self._requests)
        handles: set[str | None] = set()
        for one in new:
            known = None if one.request_key is None else requests.get(one.request_key)
            if known is not None:
                outcomes[one.id] = known[0] if known[1] == one.request_hash else rules.other_body()
            elif one.handle in self._handles or one.handle in handles:
                outcomes[one.id] = rules.taken()
            else:
                outcomes[one.id] = one.id
                handles.add(one.handle)
                if one.request_key is not None:
                    requests[one.request_key] = one.id, one.request_hash
                fresh.append(one)
        return outcomes, fresh


_desks: weakref.WeakKeyDictionary[Database, Desk] = weakref.WeakKeyDictionary()


def _desk_of(services: Services) -> Desk:
    desk = _desks.get(services.db)
    if desk is None:
        desk = _desks[services.db] = Desk()
    return desk
