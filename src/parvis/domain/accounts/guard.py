"""Guessing passwords is slowed where it is tried: for an account, for a network, and everywhere once many guess at a time.

Whoever signed in before keeps a cookie that says so, and is counted apart: however much strangers guess at an account, its
owner is not locked out of the browser they know (case A1). An account that does not exist is guarded like one that does
(case A2). Counted in each process for itself, as all limits are.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets as random

import msgspec
import structlog

from parvis.base.ids import AccountId
from parvis.infra.rate_limits import Limit
from parvis.infra.requests import network_of
from parvis.infra.services import Services

log = structlog.get_logger(__name__)

OF_ACCOUNT = Limit("wrong-account", 10, 3600)
OF_DEVICE = Limit("wrong-device", 10, 3600)
OF_NETWORK = Limit("wrong-network", 20, 3600)
EVERYWHERE = Limit("wrong-everywhere", 300, 300)  # beyond it somebody tries out a list
OF_NETWORK_MEANWHILE = Limit("wrong-meanwhile", 2, 300)

_ID_BYTES, _NONCE_BYTES, _SEAL_BYTES = 8, 8, 16


class Attempt(msgspec.Struct, frozen=True):
    """Who tries to sign in as whom. `whom`: the account, or what was typed where there is none."""

    whom: str
    network: str
    device: str = ""


def attempt(services: Services, *, account_id: AccountId | None, login: str, address: str, device: str) -> Attempt:
    """The attempt. The device counts if it once signed in to that very account."""
    known = account_id is not None and _fits(services, account_id, device)
    whom = str(account_id) if account_id is not None else services.secrets.keyed_hash("email", login).hex()
    return Attempt(whom, network_of(address), device if known else "")


def check(services: Services, one: Attempt) -> None:
    """The attempt may be made. Raises: TooMany, before any password is looked at."""
    limits = services.limits
    if one.device:
        limits.check(OF_DEVICE, one.device)
        return
    limits.check(OF_ACCOUNT, one.whom)
    limits.check(OF_NETWORK, one.network)
    if limits.is_spent(EVERYWHERE, ""):
        limits.check(OF_NETWORK_MEANWHILE, one.network)


def failed(services: Services, one: Attempt) -> None:
    """The password was wrong. With too many of these at a time, from whomever, the log says `auth.stuffing`."""
    limits = services.limits
    if one.device:
        limits.count(OF_DEVICE, one.device)
        return
    for limit, who in ((OF_ACCOUNT, one.whom), (OF_NETWORK, one.network), (OF_NETWORK_MEANWHILE, one.network)):
        limits.count(limit, who)
    if limits.count(EVERYWHERE, "") == EVERYWHERE.most:
        log.warning("auth.stuffing", failures=EVERYWHERE.most, within_s=EVERYWHERE.window_s)


def known_device(services: Services, account_id: AccountId) -> str:
    """What a browser keeps that has signed in to the account: it opens nothing."""
    raw = account_id.to_bytes(_ID_BYTES, "big") + random.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(raw + _seal(services, raw)).decode()


def _fits(services: Services, account_id: AccountId, device: str) -> bool:
    try:
        raw = base64.b64decode(device, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    told, seal = raw[: _ID_BYTES + _NONCE_BYTES], raw[_ID_BYTES + _NONCE_BYTES :]
    return told[:_ID_BYTES] == account_id.to_bytes(_ID_BYTES, "big") and hmac.compare_digest(
        seal, _seal(services, told)
    )


def _seal(services: Services, raw: bytes) -> bytes:
    return services.secrets.keyed_hash("form", "device " + raw.hex())[:_SEAL_BYTES]
