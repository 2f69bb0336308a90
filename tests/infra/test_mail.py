"""Outgoing mail: files without a service, SMTP with one, and no way to smuggle a line into it."""

from __future__ import annotations

import asyncio
import datetime
import email
import email.policy
import os
import ssl
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs

from parvis.base.errors import Invalid, Unavailable
from parvis.base.settings import BadSetting, Settings
from parvis.infra import mail
from parvis.infra.mail import LetterRefused, Mailer


class Catcher:
    """Keeps what arrives; refuses addresses as told, and letters in which a word stands."""

    def __init__(self, refusals: dict[str, str] | None = None, unwanted: dict[bytes, str] | None = None) -> None:
        self.refusals, self.unwanted = refusals or {}, unwanted or {}
        self.letters: list[Envelope] = []
        self.encrypted: list[bool] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        for word, answer in self.unwanted.items():
            if word in bytes(envelope.content or b""):
                return answer
        self.letters.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    @property
    def messages(self) -> list[Any]:
        return [email.message_from_bytes(letter.content, policy=email.policy.default) for letter in self.letters]


@asynccontextmanager
async def listening(catcher: Catcher, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(catcher, hostname="catcher", loop=loop, **options), "127.0.0.1", 0, ssl=tls
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's TLS for 127.0.0.1 and localhost that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, key_file = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, key_file)
    return context


def settings(home: Path, **more: Any) -> Settings:
    return Settings(home=home, origin="https://parvis.example:8443", name="Parvis am Dom", **more)


# ── without a service ────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_service_letters_lie_in_the_folder(tmp_path: Path) -> None:
    mailer = Mailer(settings(tmp_path))
    await mailer.send("alice@mail.example", "Grüße", "Hallo Älice,\n\nein Link: https://parvis.example/x\n")
    await mailer.send("bob@mail.example", "Second", "text", html="<p>text</p>")
    bob, alice = await mailer.outbox()
    assert (alice.to, alice.subject) == ("alice@mail.example", "Grüße")
    assert alice.text == "Hallo Älice,\n\nein Link: https://parvis.example/x\n"
    assert (bob.to, bob.text) == ("bob@mail.example", "text\n")
    assert alice.sent_at <= bob.sent_at
    assert [one.to for one in await mailer.outbox(1)] == ["bob@mail.example"]


async def test_a_letter_has_the_headers_of_a_machine(tmp_path: Path) -> None:
    await Mailer(settings(tmp_path)).send("alice@mail.example", "Hi", "x", headers={"List-Unsubscribe": "<https://x>"})
    (path,) = sorted((tmp_path / "mail").iterdir())
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert message["From"] == "Parvis am Dom <no-reply@parvis.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@parvis.example>")
    assert message["Date"].datetime.tzinfo is not None
    assert message["List-Unsubscribe"] == "<https://x>"


async def test_nobody_else_on_the_machine_reads_letters(tmp_path: Path) -> None:
    await Mailer(settings(tmp_path)).send("alice@mail.example", "Hi", "x")
    (letter,) = (tmp_path / "mail").iterdir()
    assert stat.S_IMODE(letter.stat().st_mode) == 0o600
    assert stat.S_IMODE(letter.parent.stat().st_mode) == 0o700


async def test_the_oldest_letters_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "KEPT_LETTERS", 3)
    mailer = Mailer(settings(tmp_path))
    for number in range(5):
        await mailer.send("alice@mail.example", f"Letter {number}", "x")
    assert [letter.subject for letter in await mailer.outbox()] == ["Letter 4", "Letter 3", "Letter 2"]
    assert len(os.listdir(tmp_path / "mail")) == 3


async def test_an_empty_folder_has_no_letters(tmp_path: Path) -> None:
    assert await Mailer(settings(tmp_path)).outbox() == []


# ── smuggling ────────────────────────────────────────────────────────────────────────────────────────────────────

LINES = ["\r\nRCPT TO:<eve@evil.example>", "\nBcc: eve@evil.example", "\rX: y", "\0", "\x0b", "\u2028X", "\x85X"]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("place", ["to", "subject", "header"])
async def test_a_line_break_is_refused_wherever_it_hides(tmp_path: Path, line: str, place: str) -> None:
    async def attempt() -> None:
        await Mailer(settings(tmp_path)).send(
            "alice@mail.example" + (line if place == "to" else ""),
            "Hi" + (line if place == "subject" else ""),
            "x",
            headers={"X-Kind": "a" + (line if place == "header" else "")},
        )

    with pytest.raises(Invalid):
        await attempt()
    assert not (tmp_path / "mail").exists()


@pytest.mark.parametrize(
    "address",
    ["", "alice", "alice@", "@mail.example", "a@b@c", "a b@mail.example", "alice@mail.example, eve@evil.example",
     "Eve <eve@evil.example>", "alice@mail.example>", '"a"@mail.example', "alice@[127.0.0.1]"],
)  # fmt: skip
async def test_only_one_bare_address_is_written_to(tmp_path: Path, address: str) -> None:
    with pytest.raises(Invalid):
        await Mailer(settings(tmp_path)).send(address, "Hi", "x")


@pytest.mark.parametrize("name", ["To", "X:Y", "X Y", "", "Subject", "from"])
async def test_headers_of_the_letter_itself_cannot_be_replaced(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        await Mailer(settings(tmp_path)).send("alice@mail.example", "Hi", "x", headers={name: "eve@evil.example"})


# ── by SMTP ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_letter_goes_by_smtp(tmp_path: Path) -> None:
    catcher = Catcher()
    async with listening(catcher) as port:
        mailer = Mailer(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}", mail_from="Post <post@parvis.example>"))
        await mailer.send("alice@mail.example", "Grüße", "Hallo Ä\n.\nweiter\n", html="<p>Hallo Ä</p>")
    (envelope,), (message,) = catcher.letters, catcher.messages
    assert (envelope.mail_from, envelope.rcpt_tos) == ("post@parvis.example", ["alice@mail.example"])
    assert (message["From"], message["Subject"]) == ("Post <post@parvis.example>", "Grüße")
    assert message.get_body(("plain",)).get_content().splitlines() == ["Hallo Ä", ".", "weiter"]
    assert message.get_body(("html",)).get_content().strip() == "<p>Hallo Ä</p>"
    assert await mailer.outbox() == []


async def test_user_and_password_of_the_url_are_used_over_tls(tmp_path: Path, certificate: ssl.SSLContext) -> None:
    catcher, seen = Catcher(), []

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss word")

    options = {"authenticator": authenticate, "auth_required": True}
    async with listening(catcher, tls_context=certificate, require_starttls=True, **options) as port:
        url = f"smtp://alice:p%40ss%20word@localhost:{port}?starttls=on"
        await Mailer(settings(tmp_path, smtp_url=url)).send("bob@mail.example", "Hi", "x")
    assert seen == [(b"alice", b"p@ss word")]
    assert catcher.encrypted == [True]


async def test_smtps_is_encrypted_from_the_start(tmp_path: Path, certificate: ssl.SSLContext) -> None:
    catcher = Catcher()
    async with listening(catcher, tls=certificate) as port:
        await Mailer(settings(tmp_path, smtp_url=f"smtps://localhost:{port}")).send("bob@mail.example", "Hi", "x")
    assert len(catcher.letters) == 1


async def test_no_letter_leaves_in_the_clear_when_tls_is_wanted(tmp_path: Path) -> None:
    catcher = Catcher()
    async with listening(catcher) as port:
        mailer = Mailer(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}?starttls=on"))
        with pytest.raises(Unavailable):
            await mailer.send("bob@mail.example", "Hi", "x")
    assert catcher.letters == []


async def test_a_service_that_nobody_vouches_for_is_not_trusted(tmp_path: Path, certificate: ssl.SSLContext) -> None:
    catcher = Catcher()
    async with listening(catcher, tls=certificate) as port:  # the certificate is for localhost, not for the number
        mailer = Mailer(settings(tmp_path, smtp_url=f"smtps://127.0.0.1:{port}"))
        with pytest.raises(Unavailable):
            await mailer.send("bob@mail.example", "Hi", "x")
    assert catcher.letters == []


@pytest.mark.parametrize(("answer", "problem"), [("550 No such user", Invalid), ("450 Mailbox busy", Unavailable)])
async def test_a_refused_address_is_told_from_a_busy_one(tmp_path: Path, answer: str, problem: type[Exception]) -> None:
    catcher = Catcher({"bob@mail.example": answer})
    async with listening(catcher) as port:
        with pytest.raises(problem), capture_logs() as logged:
            await Mailer(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}")).send("bob@mail.example", "Hi", "x")
    [line] = [one for one in logged if one["event"] == "mail.refused"]
    assert line["code"] == int(answer[:3])
    assert "bob" not in str(line)


@pytest.mark.parametrize(
    ("answer", "of_the_letter"),
    [("554 5.7.1 Spam message rejected", True), ("451 Try again", False), ("530 Sign in first", False)],
)
async def test_a_refused_letter_is_told_from_a_busy_service(tmp_path: Path, answer: str, of_the_letter: bool) -> None:
    """Either may be taken later."""
    async with listening(Catcher(unwanted={b"disk": answer})) as port:
        mailer = Mailer(settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}"))
        with pytest.raises(Unavailable) as raised:
            await mailer.send("bob@mail.example", "Hi", "The disk is full")
        await mailer.send("bob@mail.example", "Hi", "All is well")
    assert isinstance(raised.value, LetterRefused) is of_the_letter
    assert (mailer.sent, mailer.deferred) == (1, 1)


async def test_a_service_that_is_away_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await Mailer(settings(tmp_path, smtp_url="smtp://127.0.0.1:1")).send("bob@mail.example", "Hi", "x")


@pytest.mark.parametrize(
    "more",
    [
        {"smtp_url": "http://mail.example"},
        {"smtp_url": "smtp://"},
        {"smtp_url": "smtp://mail.example?starttls=maybe"},
        {"mail_from": "nobody"},
        {"mail_from": "a@b.example\r\nBcc: eve@evil.example"},
    ],
)
def test_settings_that_cannot_work_are_named(tmp_path: Path, more: dict[str, str]) -> None:
    with pytest.raises(BadSetting):
        Mailer(settings(tmp_path, **more))
