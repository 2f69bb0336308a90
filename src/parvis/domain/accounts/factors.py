"""The second factor: six digits of an authenticator app (RFC 6238), or a recovery code; each works once.

Wrong ones are counted for the account, whichever way they come, because whoever guesses here knows the password.
"""

from __future__ import annotations

import secrets as random
from datetime import datetime, timedelta

import msgspec
import pyotp
from pyotp.totp import TOTP

from parvis.base.errors import Conflict, Invalid, NotFound
from parvis.base.ids import AccountId
from parvis.domain.accounts.queries import factors
from parvis.domain.accounts.sessions import end_all
from parvis.infra.postgres import Connection
from parvis.infra.sealing import seal, unseal
from parvis.infra.secrets import Secrets
from parvis.infra.services import Services

STEP_S = 30
RECOVERY_CODES = 10
MOST_FAILURES = 10
FAILURE_WINDOW = timedelta(hours=1)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
_LENGTH = 12


class Factor(msgspec.Struct, frozen=True):
    """What the settings say of somebody's second factor."""

    active_since: datetime | None
    codes_left: int


class Beginning(msgspec.Struct, frozen=True):
    """A key to be put into an authenticator app, as text and as a link that opens one."""

    key: str
    link: str


async def factor(db: Connection, account_id: AccountId) -> Factor:
    """Whether there is one, and how many recovery codes are left."""
    row = await factors.factor_of(db, account_id)
    if row is None or row["confirmed_at"] is None:
        return Factor(None, 0)
    return Factor(row["confirmed_at"], await factors.recovery_codes_left(db, account_id))


async def begin_factor(
    services: Services, tx: Connection, account_id: AccountId, *, handle: str, now: datetime
) -> Beginning:
    """A fresh key; nothing is asked for before a code has fitted. Raises: Conflict when there is a second factor."""
    key = pyotp.random_base32()
    if not await factors.factor_begun(tx, account_id, seal(services.secrets, key, about=_about(account_id)), now):
        raise Conflict("There is a second factor already")
    return _beginning(services, key, handle)


async def begun_factor(services: Services, db: Connection, account_id: AccountId, *, handle: str) -> Beginning | None:
    """The key that waits for its first code, if one does."""
    row = await factors.factor_of(db, account_id)
    if row is None or row["confirmed_at"] is not None:
        return None
    return _beginning(services, unseal(services.secrets, row["sealed"], about=_about(account_id)), handle)


def _beginning(services: Services, key: str, handle: str) -> Beginning:
    settings = services.settings
    name = f"{handle}@{settings.domain}"
    return Beginning(key, TOTP(key).provisioning_uri(name=name, issuer_name=settings.name))


def _about(account_id: AccountId) -> str:
    return f"second factor of {account_id}"


async def confirm_factor(
    services: Services, account_id: AccountId, *, code: str, keep_session_id: int | None, now: datetime
) -> list[str]:
    """The second factor is asked for from now on, everything else is signed out (case A8). Recovery codes, shown once.

    Raises: Invalid (`code`, `wrong`), NotFound when none was begun.
    """
    async with services.db.transaction() as tx:
        row = await factors.factor_tried(tx, account_id, now, FAILURE_WINDOW, MOST_FAILURES)
        waits = row is not None and row["confirmed_at"] is None
        if row and waits and await _digits_fit(services.secrets, tx, account_id, row["sealed"], code, now):
            if not await factors.factor_confirmed(tx, account_id, now):
                raise NotFound
            await end_all(tx, account_id, but=keep_session_id)
            return await _fresh_codes(services.secrets, tx, account_id)
        await factors.factor_failed(tx, account_id, now, FAILURE_WINDOW)
    raise wrong_code()


async def renew_codes(services: Services, tx: Connection, account_id: AccountId) -> list[str]:
    """New recovery codes, shown once; the old ones work no more. Raises: NotFound without a second factor."""
    row = await factors.factor_of(tx, account_id)
    if row is None or row["confirmed_at"] is None:
        raise NotFound
    return await _fresh_codes(services.secrets, tx, account_id)


async def remove_factor(tx: Connection, account_id: AccountId, *, keep_session_id: int | None) -> None:
    """The password is enough again; everything else is signed out (case A8). Doing it twice changes nothing more."""
    if await factors.factor_deleted(tx, account_id):
        await end_all(tx, account_id, but=keep_session_id)


async def code_fits(services: Services, account_id: AccountId, code: str, *, now: datetime) -> bool:
    """Whether it is a code of the account's second factor; it is used up, and a wrong one is counted.

    The count is stored although the caller may refuse, so this has a transaction of its own.
    """
    async with services.db.transaction() as tx:
        row = await factors.factor_tried(tx, account_id, now, FAILURE_WINDOW, MOST_FAILURES)
        if row is None or row["confirmed_at"] is None:
            return False
        if await _digits_fit(services.secrets, tx, account_id, row["sealed"], code, now):
            return True
        if await factors.recovery_code_used(tx, account_id, _hash_of(services.secrets, account_id, code)):
            return True
        await factors.factor_failed(tx, account_id, now, FAILURE_WINDOW)
        return False


async def _digits_fit(
    secrets: Secrets, tx: Connection, account_id: AccountId, sealed: bytes, code: str, now: datetime
) -> bool:
    """Whether these are the digits of now, or of the half minute before or after it, and were not used yet."""
    digits = "".join(code.split())
    totp = TOTP(unseal(secrets, sealed, about=_about(account_id)))
    present = int(now.timestamp()) // STEP_S
    for step in (present, present - 1, present + 1):
        if random.compare_digest(totp.generate_otp(step).encode(), digits.encode("utf-8", "replace")):
            return await factors.step_used(tx, account_id, step)
    return False


async def _fresh_codes(secrets: Secrets, tx: Connection, account_id: AccountId) -> list[str]:
    codes = ["".join(random.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)]
    await factors.recovery_codes_replaced(tx, account_id, [_hash_of(secrets, account_id, code) for code in codes])
    return ["-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)) for code in codes]


def _hash_of(secrets: Secrets, account_id: AccountId, code: str) -> bytes:
    """What is stored of a recovery code, however it is written."""
    plain = "".join(c for c in code.casefold() if c.isalnum())[:64]
    return secrets.keyed_hash("recovery", f"{account_id} {plain}")


def wrong_code() -> Invalid:
    """The one answer to every code that does not work."""
    return Invalid("code", "This code is not right", "wrong_code")
