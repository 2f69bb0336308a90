"""Challenges for passkeys: made without a write, known again by this server's key, and answered once."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime, timedelta

from parvis.base.errors import Invalid
from parvis.domain.accounts.queries import passkeys as queries
from parvis.infra.postgres import Connection
from parvis.infra.secrets import Secrets

LASTS = timedelta(hours=1)  # a form may stand open for a while
_NONCE_BYTES, _TIME_BYTES, _SEAL_BYTES = 16, 8, 24


def challenge(secrets: Secrets, purpose: str, now: datetime) -> bytes:
    """Something to sign, good for an hour and for that purpose."""
    body = os.urandom(_NONCE_BYTES) + int((now + LASTS).timestamp()).to_bytes(_TIME_BYTES)
    return body + _sealed(secrets, purpose, body)


def check(secrets: Secrets, purpose: str, found: bytes, now: datetime) -> None:
    """It is one of ours, for that purpose, and holds still. Raises: Invalid."""
    body, seal = found[:-_SEAL_BYTES], found[-_SEAL_BYTES:]
    fits = len(body) == _NONCE_BYTES + _TIME_BYTES and hmac.compare_digest(seal, _sealed(secrets, purpose, body))
    if not fits or _ends(found) < now:
        raise wrong_passkey()


async def spend(tx: Connection, found: bytes) -> None:
    """It was answered, for the first and only time. Raises: Invalid."""
    if not await queries.challenge_spent(tx, hashlib.sha256(found).digest(), _ends(found)):
        raise wrong_passkey()


def wrong_passkey() -> Invalid:
    """The one answer to every passkey that does not work."""
    return Invalid("passkey", "This passkey does not work here", "wrong_passkey")


def _sealed(secrets: Secrets, purpose: str, body: bytes) -> bytes:
    return secrets.keyed_hash("passkey", f"{purpose} {body.hex()}")[:_SEAL_BYTES]


def _ends(found: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(found[_NONCE_BYTES : _NONCE_BYTES + _TIME_BYTES]), UTC)
