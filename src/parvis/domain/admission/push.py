"""One message to the browser of whoever waited: it is your turn. Then the browser is forgotten.

The message is sent before it is noted, so a job that dies in between sends it again: push service and browser put
the second in the place of the first, by its topic and its tag.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import structlog

from parvis.base.errors import Unavailable
from parvis.domain import notifications
from parvis.domain.admission import choices, push_queries, rules, tickets
from parvis.domain.admission.types import State, Ticket
from parvis.infra import web_push
from parvis.infra.catalogues import catalogue_of, known_locale, later
from parvis.infra.destinations import Refused
from parvis.infra.postgres import Connection, Row
from parvis.infra.services import Services

log = structlog.get_logger(__name__)

PUSH_JOB = "admission.push_call"
MOST_FAILURES = 9  # with growing pauses: about ten minutes


async def want_push(
    tx: Connection, ticket: Ticket, *, endpoint: str, p256dh: str, auth: str, services: Services, now: datetime
) -> None:
    """That browser, and no other, has a message when it is time. Raises: NotFound; Conflict; Invalid."""
    to = notifications.receiver(endpoint, p256dh, auth, settings=services.settings)
    await choices.still_live(tx, ticket)
    await push_queries.stored(tx, ticket.receipt_id, endpoint=endpoint, point=to.point, auth=to.auth, now=now)


async def want_no_push(tx: Connection, ticket: Ticket) -> None:
    """No browser has a message; doing it twice is no error."""
    await push_queries.forgotten(tx, [ticket.receipt_id])


async def wants_push(db: Connection, ticket: Ticket) -> bool:
    """Whether a browser is called when it is time."""
    return bool(await push_queries.wanted(db, [ticket.receipt_id]))


async def push_call(services: Services, receipt_id: int, *, failures: int, now: datetime) -> None:
    """The browser has the message, if it is (still) its owner's turn; either way it is forgotten.

    Raises: Unavailable when another try may succeed; after `MOST_FAILURES` it is given up in silence.
    """
    async with services.db.connection() as db:
        row = await push_queries.to_call(db, receipt_id)
    if row is None or row["state"] == State.RECEIVED:
        return  # asked for again by whoever came back: it is not their turn yet
    if row["state"] == State.ADMITTED:
        try:
            await _send(services, receipt_id, row, now)
        except Unavailable:
            if failures < MOST_FAILURES:
                raise
            log.info("admission.push_given_up", receipt=receipt_id)
    async with services.db.transaction() as tx:
        await push_queries.forgotten(tx, [receipt_id], endpoint=row["endpoint"])


async def _send(services: Services, receipt_id: int, row: Row, now: datetime) -> None:
    words = catalogue_of(known_locale(row["locale"]))
    ticket = tickets.ticket_of(services.secrets, receipt_id)
    said = {
        "title": words.text(later("It is your turn")),
        "body": words.text(later("Your place is kept for a week. Come in.")),
        "path": rules.path_of(ticket),
        "tag": "your-turn",
    }
    topic = web_push.to_base64(services.secrets.keyed_hash("push", f"turn {receipt_id}")[:24])
    to = web_push.Receiver(row["point"], row["auth"])
    try:
        refusal = await notifications.call(
            services,
            row["endpoint"],
            to,
            msgspec.json.encode(said),
            headers={"Topic": topic, "Urgency": "high"},
            now=now,
        )
    except Refused:
        refusal = 0
    if refusal is not None:
        log.info("admission.push_refused", receipt=receipt_id, status=refusal)
