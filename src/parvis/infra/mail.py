"""Outgoing mail: by SMTP where a service is set, otherwise as files in PARVIS_HOME/mail, which the owner can read.

Nothing that a stranger typed becomes a header or an SMTP command: addresses and subjects with control characters are
refused before a message is made (case F7).
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import os
import re
import secrets
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import aiosmtplib
import msgspec
import structlog

from parvis.base.clock import utc_now
from parvis.base.errors import Invalid, Unavailable
from parvis.base.settings import BadSetting, Settings
from parvis.infra import tracing
from parvis.infra.pace import Pace

log = structlog.get_logger(__name__)

KEPT_LETTERS = 1000
TROUBLE = "Mail cannot be sent right now"
_TIMEOUT_S = 30
_SIGN_IN = frozenset({530, 534, 535, 538})
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,255}")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")


class LetterRefused(Unavailable):
    """The mail service takes letters, but not this one: what filters find in a letter today they may not tomorrow"""


class SentLetter(msgspec.Struct, frozen=True):
    """A letter in the folder, as the owner's page shows it."""

    to: str
    subject: str
    sent_at: datetime
    text: str


class Mailer:
    """Sends one letter at a time, each with a connection of its own."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.home / "mail"
        self._service = _service(settings.smtp_url) if settings.smtp_url else None
        self._host = _mail_host(settings)
        self._sender = _sender(settings, self._host)
        self.sent = self.deferred = self.refused = 0  # so far
        self.pace = Pace()

    def obey(self, settings: Settings) -> None:
        """Letters come from the place as it is called from now on."""
        self._sender = _sender(settings, self._host)

    @property
    def by_smtp(self) -> bool:
        """Whether letters leave this machine."""
        return self._service is not None

    async def send(
        self, to: str, subject: str, text: str, *, html: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """The letter is with the mail service, or in the folder.

        Raises: Invalid for an address or subject that no letter can have, and for an address that the service refuses
        for good; Unavailable when it may work later, LetterRefused among it.
        """
        message = self._message(to, subject, text, html, headers or {})
        try:
            if self._service is None:
                await asyncio.to_thread(_file, self._folder, message)
            else:
                with self.pace.timed(), tracing.span("hand over a letter"):
                    await self._service.deliver(message, self._sender.addr_spec, to)
        except Unavailable:
            self.deferred += 1
            raise
        except Invalid:
            self.refused += 1
            raise
        self.sent += 1
        log.info("mail.sent", message_id=message["Message-ID"], by_smtp=self.by_smtp)

    async def outbox(self, limit: int = 50) -> list[SentLetter]:
        """The newest letters in the folder, newest first."""
        return await asyncio.to_thread(_outbox, self._folder, limit)

    def _message(self, to: str, subject: str, text: str, html: str | None, headers: Mapping[str, str]) -> EmailMessage:
        check_address(to)
        _refuse_controls("subject", subject)
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = self._sender
        message["To"] = _address(to)
        message["Subject"] = subject
        message["Date"] = format_datetime(utc_now())
        message["Message-ID"] = make_msgid(domain=self._host)
        message["Auto-Submitted"] = "auto-generated"  # vacation programs must not answer (RFC 3834)
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or name in message:
                raise Invalid("headers", f"{name!r} cannot be a header of its own")
            _refuse_controls("headers", value)
            message[name] = value
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        return message


def check_address(address: str) -> None:
    """It is one bare address, such as `alice@mail.example`.

    Raises: Invalid.
    """
    _refuse_controls("email", address)
    if not _ADDRESS.fullmatch(address):
        raise Invalid("email", "This is no e-mail address")


def header_of(text: str) -> str:
    """The text as a header may hold it: what would be refused is blank."""
    return _CONTROLS.sub(" ", text)


def _refuse_controls(field: str, value: str) -> None:
    if _CONTROLS.search(value):
        raise Invalid(field, "Line breaks and control characters are not allowed here")


def _address(text: str, display_name: str = "") -> Address:
    name, _, domain = text.rpartition("@")
    return Address(display_name, name, domain)


def _mail_host(settings: Settings) -> str:
    host = urlsplit(settings.public_origin).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return host
    return "localhost"


def _sender(settings: Settings, host: str) -> Address:
    name, address = parseaddr(settings.mail_from or f"no-reply@{host}")
    try:
        _refuse_controls("mail_from", settings.mail_from)
        check_address(address)
    except Invalid:
        raise BadSetting(f"PARVIS_MAIL_FROM must be an address, not {settings.mail_from!r}.") from None
    return _address(address, header_of(name or settings.name))


# ── by SMTP ──────────────────────────────────────────────────────────────────────────────────────────────────────


class _Service(msgspec.Struct, frozen=True):
    """A mail service. `smtp://` uses STARTTLS and insists on it, except on this machine or with `?starttls=off`."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls_from_the_start: bool
    starttls: bool

    async def deliver(self, message: EmailMessage, sender: str, to: str) -> None:
        context = ssl.create_default_context() if self.tls_from_the_start or self.starttls else None
        try:
            await aiosmtplib.send(
                message,
                sender=sender,
                recipients=[to],
                hostname=self.host,
                port=self.port,
                username=self.user,
                password=self.password,
                use_tls=self.tls_from_the_start,
                start_tls=self.starttls,
                tls_context=context,
                timeout=_TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as refusal:
            _raise_refusal(refusal.recipients[0].code, refusal)
        except aiosmtplib.SMTPResponseException as refusal:
            log.warning("mail.refused", code=refusal.code, answer=refusal.message)
            kind = LetterRefused if _is_for_the_letter(refusal) else Unavailable
            raise kind(TROUBLE, retry_after_s=60) from refusal
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as trouble:
            log.warning("mail.unreachable", error=repr(trouble))
            raise Unavailable(TROUBLE, retry_after_s=60) from trouble


def _is_for_the_letter(refusal: aiosmtplib.SMTPResponseException) -> bool:
    """Whether another letter may be taken: the answer was to this one's text, and not that somebody must sign in."""
    return isinstance(refusal, aiosmtplib.SMTPDataError) and 500 <= refusal.code < 600 and refusal.code not in _SIGN_IN


def _raise_refusal(code: int, refusal: Exception) -> None:
    log.warning("mail.refused", code=code, for_good=500 <= code < 600)  # what they answer names the address
    if 500 <= code < 600:
        raise Invalid("email", "This address cannot receive mail", "unreachable") from refusal
    raise Unavailable(TROUBLE, retry_after_s=60) from refusal


def _service(url: str) -> _Service:
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise BadSetting("PARVIS_SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host.")
    tls = parts.scheme == "smtps"
    return _Service(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls_from_the_start=tls,
        starttls=not tls and _wants_starttls(parts),
    )


def _wants_starttls(parts: SplitResult) -> bool:
    wish = parse_qs(parts.query).get("starttls", [""])[0]
    if wish not in ("", "on", "off"):
        raise BadSetting("PARVIS_SMTP_URL: starttls must be on or off.")
    return wish == "on" or (wish == "" and parts.hostname not in ("localhost", "127.0.0.1", "::1"))


# ── as files ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _file(folder: Path, message: EmailMessage) -> None:
    """The letter lies in the folder under a name that sorts by time; only the newest are kept."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{time.time_ns() // 1000:017d}-{secrets.token_hex(4)}.eml"
    part = folder / f".{name}.part"
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)  # letters hold secret links
        with os.fdopen(handle, "wb") as file:
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, folder / name)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    for old in _newest(folder)[KEPT_LETTERS:]:
        old.unlink(missing_ok=True)


def _newest(folder: Path) -> list[Path]:
    return sorted((path for path in folder.glob("*.eml") if not path.name.startswith(".")), reverse=True)


def _outbox(folder: Path, limit: int) -> list[SentLetter]:
    letters: list[SentLetter] = []
    for path in _newest(folder)[:limit]:
        with contextlib.suppress(FileNotFoundError):  # removed in this moment, to make room
            letters.append(_letter(path))
    return letters


def _letter(path: Path) -> SentLetter:
    message: Any = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    micros = int(path.name.partition("-")[0])
    return SentLetter(
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        sent_at=datetime.fromtimestamp(micros / 1_000_000, UTC),
        text=body.get_content().replace("\r\n", "\n") if body is not None else "",
    )
