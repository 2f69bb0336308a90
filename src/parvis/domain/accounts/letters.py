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
from parvis.domain.accounts.one_time import Purpose
from parvis.domain.accounts.queries import logins, people
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
        owner = await _confirmed_owner(services, tx, login)
        letter = await (
            _confirmation(services, tx, login, now) if owner is None else _already_here(services, tx, owner, now)
        )
    if letter is not None:
        await services.mail.send(login.email, letter.subject, letter.text)


async def _confirmed_owner(services: Services, db: Connection, login: Login) -> Login | None:
    owner_id = await logins.email_owner(db, services.secrets.keyed_hash("email", rules.email_key(login.email)))
    return None if owner_id is None else await logins.login_of(db, owner_id)


async def _confirmation(services: Services, tx: Connection, login: Login, now: datetime) -> Letter | None:
    if not await _may_write(tx, login, Purpose.CONFIRM_EMAIL, now):
        return None
    token = await one_time.issue(tx, Purpose.CONFIRM_EMAIL, account_id=login.account_id, email=login.email, now=now)
    handle = (await people.accounts_by_id(tx, [login.account_id]))[login.account_id].handle
    return letter("confirm_email", login.locale, services, handle=handle, path=f"/confirm?token={token}")


async def _already_here(services: Services, tx: Connection, owner: Login, now: datetime) -> Letter | None:
    if not await _may_write(tx, owner, Purpose.RESET_PASSWORD, now):
        return None
    handle = (await people.accounts_by_id(tx, [owner.account_id]))[owner.account_id].handle
    # The link is also what counts these letters, so that nobody can flood an inbox by signing up with its address.
    token = await one_time.issue(tx, Purpose.RESET_PASSWORD, account_id=owner.account_id, email=owner.email, now=now)
    return letter("already_here", owner.locale, services, handle=handle, path=f"/reset-password?token={token}")


async def send_reset(services: Services, email_hash: bytes, *, now: datetime) -> None:
    """Whoever has that address has a letter with a link to choose a new password; nobody else notices anything."""
    async with services.db.transaction() as tx:
        known = await logins.credentials(tx, email_hash, "")
        login = await logins.login_of(tx, known["account_id"]) if known is not None and known["state"] < 3 else None
        if login is None or not await _may_write(tx, login, Purpose.RESET_PASSWORD, now):
            return
        token = await one_time.issue(
            tx, Purpose.RESET_PASSWORD, account_id=login.account_id, email=login.email, now=now
        )
        handle = (await people.accounts_by_id(tx, [login.account_id]))[login.account_id].handle
    written = letter("reset_password", login.locale, services, handle=handle, path=f"/reset-password?token={token}")
    await services.mail.send(login.email, written.subject, written.text)


async def _may_write(db: Connection, login: Login, purpose: Purpose, now: datetime) -> bool:
    made = await logins.one_time_tokens_since(db, login.account_id, purpose, now - timedelta(hours=1))
    return made < one_time.MOST_AN_HOUR


def letter(name: str, locale: str, services: Services, *, handle: str, path: str) -> Letter:
    """The letter of that name in that language. Its links start with the public address of the settings, never with
    anything a request said (case A5)."""
    folder = resources.files("parvis") / "templates" / "email"
    file = folder / f"{name}.{locale}.txt"
    if not file.is_file():
        file = folder / f"{name}.en.txt"
    settings = services.settings
    filled = Template(file.read_text("utf-8")).substitute(
        place=settings.name, origin=settings.public_origin, handle=handle, link=settings.public_origin + path
    )
    subject, _, text = filled.partition("\n")
    return Letter(subject.removeprefix("Subject: "), text.lstrip("\n"))
