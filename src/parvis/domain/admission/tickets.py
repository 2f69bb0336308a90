"""Tickets: the receipt's id and an HMAC over it. There is no algorithm, key or time in one to play tricks with (case J3)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from parvis.base.errors import NotFound
from parvis.domain.admission.types import Ticket
from parvis.infra.secrets import Secrets

_ID_BYTES = 8
_SEAL_BYTES = 24
_CHARACTERS = 43  # of 32 bytes in base64url without padding


def ticket_of(secrets: Secrets, receipt_id: int) -> Ticket:
    """The ticket of a receipt; always the same."""
    raw = receipt_id.to_bytes(_ID_BYTES, "big")
    return Ticket(receipt_id, base64.urlsafe_b64encode(raw + _seal(secrets, raw)).rstrip(b"=").decode())


def read(secrets: Secrets, text: str) -> Ticket:
    """The ticket whose text that is. Raises: NotFound for one that this server did not write."""
    if len(text) != _CHARACTERS:
        raise NotFound
    try:
        raw = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise NotFound from None
    number, seal = raw[:_ID_BYTES], raw[_ID_BYTES:]
    if not hmac.compare_digest(seal, _seal(secrets, number)):
        raise NotFound
    return ticket_of(secrets, int.from_bytes(number, "big"))


def commitment(text: str) -> bytes:
    """What the public log says of a ticket: nobody finds the ticket from it, and its holder finds it in the log."""
    return hashlib.sha256(b"parvis ticket\n" + text.encode()).digest()


def _seal(secrets: Secrets, raw: bytes) -> bytes:
    return hmac.digest(secrets["ticket"], b"ticket" + raw, "sha256")[:_SEAL_BYTES]
