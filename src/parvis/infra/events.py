"""Events are jobs of kind `event`, written in the caller's transaction; the worker turns each into one job per consumer."""

from __future__ import annotations

import msgspec

from parvis.base.events import AnyEvent, Event
from parvis.infra.postgres import Connection

_decoder = msgspec.json.Decoder(AnyEvent)


async def record(tx: Connection, *events: Event) -> None:
    """The facts are stored with the caller's transaction and will reach every consumer at least once."""
    if not events:
        return
    await tx.execute(
        """
        INSERT INTO job (kind, priority, payload)
        SELECT 'event', -10, payload::jsonb
          FROM unnest($1::text[]) AS payload
        """,
        [encode(event) for event in events],
    )


def encode(event: Event) -> str:
    """The event as the text of a JSON object, its class under `event`."""
    return msgspec.json.encode(event).decode()


def decode(payload: str | bytes) -> Event:
    """The event back from its JSON."""
    return _decoder.decode(payload)
