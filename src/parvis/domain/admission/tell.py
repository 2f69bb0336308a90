"""Letters to those whose turn it is. Their ticket's address is in it, made when it is sent and stored nowhere.

Who is admitted leaves a job in the same transaction. It looks at the receipt as it is by then, and a letter that went
out is noted, so that a job which runs twice writes once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from parvis.domain import accounts
from parvis.domain.accounts.letters import letter
from parvis.domain.admission import push, push_queries, queries, rules, tickets
from parvis.domain.admission.types import Admitted, State
from parvis.infra import jobs
from parvis.infra.jobs import NewJob
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services

CALL_JOB = "admission.send_call"


async def want_calls(tx: Connection, admitted: Sequence[Admitted]) -> None:
    """Whoever was admitted will have a letter, and a message on their browser, as they wish."""
    ids = await push_queries.wanted(tx, [one.receipt_id for one in admitted])
    new = [NewJob(push.PUSH_JOB, {"receipt_id": one}, dedupe_key=str(one)) for one in ids]
    new += [NewJob(CALL_JOB, {"receipt_id": one.receipt_id}, dedupe_key=str(one.receipt_id)) for one in admitted]
    await jobs.enqueue_many(tx, new)


async def send_call(services: Services, receipt_id: int, *, now: datetime) -> None:
    """The receipt's owner has a letter that it is their turn; if an app has entered for them, that a password is wanted."""
    async with services.db.connection() as db:
        row = await queries.receipt(db, receipt_id)
        found = None if row is None else await _address(db, row)
    if found is None:
        return
    name, to, locale, handle = found
    path = rules.path_of(tickets.ticket_of(services.secrets, receipt_id))
    written = letter(name, locale, services, handle=handle, path=path)
    await services.mail.send(to, written.subject, written.text)
    async with services.db.transaction() as tx:
        await queries.told(tx, receipt_id, now)


async def _address(db: Connection, row: Row) -> tuple[str, str, str, str] | None:
    """Letter, address, language and handle; None when nothing is to be said (any more)."""
    if not row["letter"] or (row["told_at"] is not None and row["told_at"] >= row["admitted_at"]):
        return None
    if row["state"] == State.ADMITTED:
        return "your_turn", row["email"], row["locale"], row["handle"] or ""
    if row["state"] != State.ENTERED or row["app_id"] is None or row["account_id"] is None:
        return None
    if await accounts.can_sign_in(db, row["account_id"]):
        return None
    login = await accounts.login_of(db, row["account_id"])
    person = await accounts.by_id(db, row["account_id"])
    return "first_password", login.email, login.locale, person.handle
