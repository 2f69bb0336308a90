"""Letters about accounts: confirm your address, choose a new password.

Whoever asks only leaves a job, the same for every address (case A2), at most one waiting for each (case A3). The worker
then looks the address up, makes the link and sends the letter, so that no usable link is ever stored.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import resources
from string import Template

import msgspec

from parvis.base.ids import AccountId
from parvis.domain.accounts import one_time, rules
from parvis.domain.accounts.keys import digest
from parvis.domain.accounts.one_time import Purpose
from parvis.domain.accounts.queries import logins, people
from parvis.domain.accounts.queries import one_time as one_time_queries
from parvis.domain.accounts.types import Login
from parvis.infra import jobs
from parvis.infra.postgres import Connection
from parvis.infra.services import Services

CONFIRMATION_JOB = "accounts.send_confirmation"
RESET_JOB = "accounts.send_reset"


class Letter(msgspec.Struct, frozen=True):
    """Plain text and its subject."""

    subject: str
    text: str


async def want_confirmation(tx: Connection, account_id: AccountId) -> None:
    """The worker will write to the account's address."""
    await jobs.enqueue(tx, CONFIRMATION_JOB, {"account_id": account_id}, dedupe_key=str(account_id))


async def want_reset(tx: Connection, email_hash: bytes) -> None:
    """The worker will write to the address with that hash, if somebody here has it."""
    await jobs.enqueue(tx, RESET_JOB, {"email_hash": email_hash.hex()}, dedupe_key=email_hash.hex())


async def send_confirmation(services: Services, account_id: AccountId, *, now: datetime) -> None:
    """The account's address has a letter: with a link, or with a word of explanation if it is another account's."""
    async with services.db.transaction() as tx:
        login = await logins.login_of(tx, account_id)
        if login is None or login.confirmed_at is not None:
            return
        owner_id = await logins.email_owner(tx, services.secrets.keyed_hash("email", rules.email_key(login.email)))
        owner = None if owner_id is None else await logins.login_of(tx, owner_id)
        if owner is None:
            prepared = await _prepare(services, tx, "confirm_email", login, Purpose.CONFIRM_EMAIL, now)
        else:
            prepared = await _prepare(services, tx, "already_here", owner, Purpose.RESET_PASSWORD, now)
    await _deliver(services, prepared)


async def send_reset(services: Services, email_hash: bytes, *, now: datetime) -> None:
    """Whoever has that address has a letter with a link to choose a new password; nobody else notices anything."""
    async with services.db.transaction() as tx:
        known = await logins.credentials(tx, email_hash, "")
        login = await logins.login_of(tx, known["account_id"]) if known is not None and known["state"] < 3 else None
        if login is None:
            return
        prepared = await _prepare(services, tx, "reset_password", login, Purpose.RESET_PASSWORD, now)
    await _deliver(services, prepared)


class _Prepared(msgspec.Struct, frozen=True):
    to: str
    letter: Letter
    token: str


_PATHS = {Purpose.CONFIRM_EMAIL: "/confirm", Purpose.RESET_PASSWORD: "/reset-password"}


async def _prepare(
    services: Services, tx: Connection, name: str, login: Login, purpose: Purpose, now: datetime
) -> _Prepared | None:
    """The letter, with a link that works; None when five such letters went out within the hour (case A3)."""
    made = await one_time_queries.one_time_tokens_since(tx, login.account_id, purpose, now - timedelta(hours=1))
    if made >= one_time.MOST_AN_HOUR:
        return None
    token = await one_time.issue(tx, purpose, account_id=login.account_id, email=login.email, now=now)
    person = (await people.accounts_by_id(tx, [login.account_id]))[login.account_id]
    path = f"{_PATHS[purpose]}?token={token}"
    return _Prepared(login.email, letter(name, login.locale, services, handle=person.handle, path=path), token)


async def _deliver(services: Services, prepared: _Prepared | None) -> None:
    """The letter is with the mail service; or its link is gone again, so that trying later is not counted twice."""
    if prepared is None:
        return
    try:
        await services.mail.send(prepared.to, prepared.letter.subject, prepared.letter.text)
    except BaseException:
        async with services.db.transaction() as tx:
            await one_time_queries.one_time_token_deleted(tx, digest(prepared.token))
        raise


def letter(name: str, locale: str, services: Services, *, handle: str, path: str, **more: str) -> Letter:
    """The letter of that name in that language, `more` standing where it is named.

    Its links start with the public address of the settings, never with anything a request said (case A5)."""
    folder = resources.files("parvis") / "templates" / "email"
    file = folder / f"{name}.{locale}.txt"
    if not file.is_file():
        file = folder / f"{name}.en.txt"
    settings = services.settings
    filled = Template(file.read_text("utf-8")).substitute(
        place=settings.name, origin=settings.public_origin, handle=handle, link=settings.public_origin + path, **more
    )
    subject, _, text = filled.partition("\n")
    return Letter(subject.removeprefix("Subject: "), text.lstrip("\n"))
