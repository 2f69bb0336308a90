"""Passkeys: a device signs instead of somebody typing a password (WebAuthn, by the library `webauthn`).

A device asks its owner for a finger or a number before it signs, so a passkey is two factors by itself and no code is
asked for after it. It is bound to this place's name, so it can be given away to no other. What a browser sends is
`PublicKeyCredential.toJSON()`; what it is given are options as JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec

from parvis.base.errors import Conflict, Invalid, NotFound
from parvis.base.ids import AccountId, IdSource
from parvis.base.settings import Settings
from parvis.domain.accounts import challenges
from parvis.domain.accounts.challenges import wrong_passkey
from parvis.domain.accounts.queries import factors
from parvis.domain.accounts.queries import passkeys as queries
from parvis.domain.accounts.sessions import end_all, open_session, renew_session, sign_out
from parvis.domain.accounts.types import SessionTicket, State
from parvis.infra import web_push
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

MOST = 20
LONGEST_ANSWER = 20_000  # characters
_MAKING, _USING = "making", "using"


class NewPasskey(msgspec.Struct, frozen=True):
    """A passkey that a device has just made for this place, and not yet anybody's."""

    credential_id: bytes
    public_key: bytes
    counter: int
    challenge: bytes


class Passkey(msgspec.Struct, frozen=True):
    """What the settings say of one."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


def are_possible(settings: Settings) -> bool:
    """Whether browsers make passkeys for this place: it needs a name, and a connection that nobody listens in on."""
    name = _name(settings)
    try:
        ip_address(name)
    except ValueError:
        return settings.secure or name == "localhost" or name.endswith(".localhost")
    return False


def creation(services: Services, *, handle: str = "", known: Sequence[bytes] = (), now: datetime) -> str:
    """The options by which a browser makes a passkey, as JSON; empty where none can be made. `known`: the account's own."""
    settings = services.settings
    if not are_possible(settings):
        return ""
    options = {
        "rp": {"id": _name(settings), "name": settings.name},
        "user": {"id": web_push.to_base64(os.urandom(32)), "name": handle, "displayName": handle},
        "challenge": web_push.to_base64(challenges.challenge(services.secrets, _MAKING, now)),
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in (-8, -7, -257)],
        "timeout": 300_000,
        "attestation": "none",
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "excludeCredentials": [{"type": "public-key", "id": web_push.to_base64(one)} for one in known],
    }
    return msgspec.json.encode(options).decode()


def request(services: Services, *, now: datetime) -> str:
    """The options by which a browser signs with a passkey that it has for this place, as JSON; empty where it cannot."""
    if not are_possible(services.settings):
        return ""
    options = {
        "challenge": web_push.to_base64(challenges.challenge(services.secrets, _USING, now)),
        "rpId": _name(services.settings),
        "timeout": 300_000,
        "userVerification": "required",
    }
    return msgspec.json.encode(options).decode()


def made(services: Services, answer: str, *, now: datetime) -> NewPasskey:
    """The passkey that a device made. Raises: Invalid (`passkey`)."""
    from webauthn import verify_registration_response  # here, because few processes ever need it

    credential, challenge = _read(answer)
    challenges.check(services.secrets, _MAKING, challenge, now)
    try:
        found = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_name(services.settings),
            expected_origin=services.settings.public_origin,
            require_user_verification=True,
        )
    except Exception as problem:  # the library has many, and its parsers raise others for what nobody honest sends
        raise wrong_passkey() from problem
    return NewPasskey(found.credential_id, found.credential_public_key, found.sign_count, challenge)


async def add_passkey(
    tx: Connection, ids: IdSource, account_id: AccountId, new: NewPasskey, *, name: str, now: datetime
) -> None:
    """The account can be entered by that passkey. Raises: Invalid for one that was brought before."""
    await challenges.spend(tx, new.challenge)
    if len(await queries.passkeys_of(tx, account_id)) >= MOST:
        raise Invalid("passkey", f"There can be {MOST} passkeys", "too_many")
    stored = await queries.new_passkey(
        tx,
        account_id,
        ids.next(),
        credential_id=new.credential_id,
        public_key=new.public_key,
        counter=new.counter,
        name=name[:100],
        now=now,
    )
    if not stored:
        raise wrong_passkey()


async def passkeys_of(db: Connection, account_id: AccountId) -> list[Passkey]:
    """The account's passkeys, the oldest first."""
    rows = await queries.passkeys_of(db, account_id)
    return [Passkey(row["id"], row["name"], row["created_at"], row["last_used_at"]) for row in rows]


async def credentials(db: Connection, account_id: AccountId) -> list[bytes]:
    """What devices call them, so that none makes a second."""
    return [row["credential_id"] for row in await queries.passkeys_of(db, account_id)]


async def remove_passkey(
    tx: Connection, account_id: AccountId, passkey_id: int, *, keep_session_id: int | None
) -> None:
    """It opens nothing any more; everything else is signed out (case A8).

    Raises: NotFound; Conflict when nothing else is left to sign in with.
    """
    if not await queries.passkey_deleted(tx, account_id, passkey_id):
        raise NotFound
    if not await queries.can_sign_in(tx, account_id):
        raise Conflict("Choose a password first: this passkey is the only way in")
    await end_all(tx, account_id, but=keep_session_id)


async def can_sign_in(db: Connection, account_id: AccountId) -> bool:
    """Whether there is a password or a passkey."""
    return await queries.can_sign_in(db, account_id)


async def sign_in_by_passkey(
    services: Services,
    answer: str,
    *,
    address: str = "",
    user_agent: str = "",
    replaces: str | None = None,
    now: datetime,
) -> SessionTicket:
    """A new session of whoever has that passkey. Raises: Invalid (`passkey`)."""
    async with services.db.transaction() as tx:
        account_id = await _signed(services, tx, answer, now)
        if replaces:
            await sign_out(tx, replaces)
        return await open_session(tx, services.ids, account_id, address=address, user_agent=user_agent, now=now)


async def prove_by_passkey(
    services: Services, account_id: AccountId, token: str, answer: str, *, now: datetime
) -> SessionTicket:
    """The session is fresh, under a new key (case A7). Raises: Invalid (`passkey`), also for somebody else's."""
    async with services.db.transaction() as tx:
        signer = await _signed(services, tx, answer, now)
        if signer != account_id:
            raise wrong_passkey()
        ticket = await renew_session(tx, services.ids, token, now=now)
        await factors.session_proved(tx, ticket.session_id, now)
        return ticket


async def _signed(services: Services, tx: Connection, answer: str, now: datetime) -> AccountId:
    """Whose passkey signed; the challenge is spent."""
    from webauthn import verify_authentication_response

    credential, challenge = _read(answer)
    challenges.check(services.secrets, _USING, challenge, now)
    row = await queries.passkey_by_credential(tx, _bytes(credential.get("rawId")))
    if row is None or row["state"] >= State.DELETED:
        raise wrong_passkey()
    try:
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_name(services.settings),
            expected_origin=services.settings.public_origin,
            credential_public_key=row["public_key"],
            credential_current_sign_count=row["counter"],
            require_user_verification=True,
        )
    except Exception as problem:  # as in `made`
        raise wrong_passkey() from problem
    await challenges.spend(tx, challenge)
    if not await queries.passkey_used(tx, row["account_id"], row["id"], found.new_sign_count, now):
        raise wrong_passkey()  # two devices count: one of them is a copy
    return AccountId(row["account_id"])


def _read(answer: str) -> tuple[dict[str, Any], bytes]:
    """What the browser sent, and the challenge that it says it signed. Raises: Invalid."""
    try:
        if len(answer) > LONGEST_ANSWER:
            raise wrong_passkey()
        credential = json.loads(answer)
        said = json.loads(_bytes(credential["response"]["clientDataJSON"]))
        return credential, _bytes(said["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise wrong_passkey() from None


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise wrong_passkey()
    try:
        return web_push.from_base64(text)
    except web_push.BadKeys:
        raise wrong_passkey() from None


def _name(settings: Settings) -> str:
    """The host without its port: what passkeys are bound to."""
    return urlsplit(settings.public_origin).hostname or ""
