"""Decisions about receipts that need no I/O: what may be asked, which mailbox an address is, how lanes share the rate."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.base.errors import Invalid, InvalidFields
from parvis.domain import accounts
from parvis.domain.admission.types import Application, Ticket

LAPSES_AFTER = timedelta(days=7)  # an admission that nobody uses
KEPT_AFTER_LAPSE = timedelta(days=90)  # handle and address of a lapsed one, so that its owner can still come
KEYS_KEPT = timedelta(days=7)  # an idempotency key that comes again later is a new one
ROUNDED_TO_S = 600  # times in the public log

INVITED_SHARE = 0.10  # of the rate; what invitations may take before the line
RETURNING_SHARE = 0.05

MOST_KEY_CHARACTERS = 200

_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def checked(wanted: Application) -> Application:
    """The same with the handle, address and language as they are stored.

    Raises: InvalidFields with every problem at once.
    """
    problems: list[Invalid] = []
    handle = email = ""
    try:
        handle = accounts.rules.check_handle(wanted.handle)
    except Invalid as problem:
        problems.append(problem)
    try:
        email = accounts.rules.normalise_email(wanted.email)
    except Invalid as problem:
        problems.append(problem)
    if wanted.idempotency_key is not None and len(wanted.idempotency_key) > MOST_KEY_CHARACTERS:
        problems.append(Invalid("idempotency_key", "Idempotency-Key is too long", "too_long"))
    if problems:
        raise InvalidFields(problems)
    return Application(
        handle=handle,
        email=email,
        locale=accounts.rules.check_locale(wanted.locale),
        principal=wanted.principal,
        route=wanted.route,
        idempotency_key=wanted.idempotency_key or None,
        invitation=wanted.invitation or None,
        app_id=wanted.app_id,
    )


def mailbox(email: str) -> str:
    """The mailbox behind an address: without capitals, without what follows a +, without dots where they mean nothing."""
    local, _, domain = email.casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", "") or local, _DOTLESS[domain]
    return f"{local}@{domain}"


def path_of(ticket: Ticket) -> str:
    """Where on this server the owner of a ticket looks at it."""
    return f"/ticket/{ticket.text}"


def rounded(moment: datetime) -> datetime:
    """The moment as the public log tells it."""
    return datetime.fromtimestamp(moment.timestamp() // ROUNDED_TO_S * ROUNDED_TO_S, moment.tzinfo)


def saved_up(credit: float, most: int, share: float) -> float:
    """What a lane may take of these admissions, with what it has not taken lately; never more than one turn's share."""
    return min(credit + most * share, max(1.0, most * share))


def taken() -> Invalid:
    return Invalid("username", "Username has already been taken", "taken")


def other_body() -> Invalid:
    return Invalid("idempotency_key", "This Idempotency-Key was used for something else", "invalid")


def bad_invitation() -> Invalid:
    """The one answer to every invitation that does not work (case A6)."""
    return Invalid("invitation", "This invitation is no longer valid", "expired")
