"""Going outside safely: what is resolved, what is dialled, what is followed, and how much is taken (cases F1 to F4)."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from parvis.base.settings import Settings
from parvis.infra import destinations, outbound
from parvis.infra.destinations import Refused
from parvis.infra.outbound import Errand, Outbound, Unreachable
from tests.rig.strangers import Asked, answering, stranger

OPEN = Settings(allow_private_addresses=True)
CLOSED = Settings()
POST = Errand()
LOOK = Errand(schemes=frozenset({"http", "https"}), redirects=3, body_bytes=100_000)


class Directory:
    """A resolver that says what a test wants and remembers how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
async def out() -> AsyncIterator[Outbound]:
    """A way out of a closed test network, where every name is this machine."""
    made = Outbound(OPEN, resolve=Directory(["127.0.0.1"]))
    yield made
    await made.close()


def at(port: int, path: str = "/", host: str = "push.example") -> str:
    return f"http://{host}:{port}{path}"


async def test_a_request_arrives_as_it_was_meant(out: Outbound) -> None:
    async with stranger(answering(201, b"ignored", X_Kind="a")) as there:
        answer = await out.send("POST", at(there.port, "/a?b"), errand=POST, headers={"TTL": "5"}, body=b"words")
    assert (answer.status, answer.headers["x-kind"], answer.body) == (201, "a", b"")
    (asked,) = there.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/a?b", b"words")
    assert asked.headers["host"] == f"push.example:{there.port}"
    assert asked.headers["ttl"] == "5"


async def test_a_connection_is_used_again(out: Outbound) -> None:
    async with stranger(answering(200, b"something short")) as there:
        for _ in range(3):
            await out.send("POST", at(there.port), errand=POST)
        assert (len(there.asked), there.connections) == (3, 1)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["8.8.8.8", "10.0.0.1"],
        ["2606:4700::1111", "fe80::1%eth0"],
        [],
    ],
)
async def test_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    out = Outbound(CLOSED, resolve=Directory(addresses))
    with pytest.raises(Refused):
        await out.send("POST", "https://rebind.example/", errand=POST)
    await out.close()


@pytest.mark.parametrize("host", ["localhost", "localhost.", "2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
async def test_names_of_this_machine_are_refused_however_they_are_written(host: str) -> None:
    out = Outbound(CLOSED)
    with pytest.raises((Refused, Unreachable)):
        await out.send("POST", f"https://{host}/", errand=POST)
    await out.close()


async def test_f2_the_name_is_asked_for_once_and_what_was_checked_is_dialled() -> None:
    directory = Directory(["127.0.0.1"], ["127.0.0.9"])
    out = Outbound(OPEN, resolve=directory)
    async with stranger(answering()) as there:
        await out.send("POST", at(there.port, host="no-such-host.invalid"), errand=POST)
        assert there.connections == 1
    assert directory.asked == ["no-such-host.invalid"]
    await out.close()


async def test_the_second_kind_of_address_is_tried_when_the_first_is_deaf() -> None:
    out = Outbound(OPEN, resolve=Directory(["::1", "127.0.0.1"]))
    async with stranger(answering()) as there:
        assert (await out.send("POST", at(there.port), errand=POST)).status == 200
    await out.close()


async def test_redirects_are_followed_only_where_they_are_meant_to_be(out: Outbound) -> None:
    async with (
        stranger(answering(200, b"the end", Content_Type="text/html")) as end,
        stranger(answering(302, Location=at(end.port, "/end", "other.example"))) as start,
    ):
        answer = await out.send("POST", at(start.port), errand=POST)
        assert (answer.status, len(end.asked)) == (302, 0)
        answer = await out.send("GET", at(start.port), errand=LOOK)
        assert (answer.status, answer.body, answer.whole) == (200, b"the end", True)
        assert answer.url == at(end.port, "/end", "other.example")


async def test_a_circle_of_redirects_ends(out: Outbound) -> None:
    async with stranger(answering(302, Location="/again")) as there:
        with pytest.raises(Refused):
            await out.send("GET", at(there.port), errand=LOOK)
        assert len(there.asked) == 4


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://push.example/", "ftp://push.example/", "http://[::1"]
)
async def test_a_redirect_to_another_kind_of_address_is_refused(out: Outbound, location: str) -> None:
    async with stranger(answering(302, Location=location)) as there:
        with pytest.raises(Refused):
            await out.send("GET", at(there.port), errand=LOOK)


async def test_f3_a_redirect_inside_is_refused_after_it_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first hop plays a public host: the loopback counts as public for this test, another address does not.
    monkeypatch.setattr(outbound, "is_public", lambda address: address == "127.0.0.1")
    directory = Directory(["127.0.0.1"], ["10.0.0.1"])
    out = Outbound(CLOSED, resolve=directory)
    async with stranger(answering(302, Location="http://inside.example/")) as there:
        monkeypatch.setattr(destinations, "PORTS", {80, there.port})
        with pytest.raises(Refused):
            await out.send("GET", at(there.port), errand=LOOK)
    assert directory.asked == ["push.example", "inside.example"]
    await out.close()


async def test_the_certificate_must_be_that_of_the_host(tmp_path: Path) -> None:
    server, client = certificates(tmp_path, "push.example")
    out = Outbound(OPEN, resolve=Directory(["127.0.0.1"]), tls=client)
    async with stranger(answering(), tls=server) as there:
        assert (await out.send("POST", f"https://push.example:{there.port}/", errand=POST)).status == 200
        with pytest.raises(Unreachable):
            await out.send("POST", f"https://other.example:{there.port}/", errand=POST)
    await out.close()


async def test_too_much_is_cut_off(out: Outbound) -> None:
    async with stranger(answering(200, b"x" * 300_000)) as there:
        answer = await out.send("GET", at(there.port), errand=LOOK)
        assert (len(answer.body), answer.whole) == (100_000, False)


async def test_f4_a_gzip_bomb_does_not_go_off(out: Outbound) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    async with stranger(answering(200, bomb, Content_Encoding="gzip")) as there:
        answer = await out.send("GET", at(there.port), errand=LOOK)
        assert (len(answer.body), answer.whole) == (100_000, False)
    async with stranger(answering(200, gzip.compress(b"small"), Content_Encoding="gzip")) as there:
        assert (await out.send("GET", at(there.port), errand=LOOK)).body == b"small"
    for encoding, body in (("br", b"x"), ("gzip", b"not gzip")):
        async with stranger(answering(200, body, Content_Encoding=encoding)) as there:
            with pytest.raises(Unreachable):
                await out.send("GET", at(there.port, host=f"{encoding}.example"), errand=LOOK)


async def _drip(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _endless_headers(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


async def _endless_hints(_: Asked, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nX-More: " + b"y" * 1000 + b"\r\n\r\n")
        await writer.drain()


async def _endless_chunks(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"z" * 4096 + b"\r\n")
        await writer.drain()


async def _large_headers(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Large: " + b"y" * 40_000 + b"\r\nContent-Length: 0\r\n\r\n")


async def _nonsense(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")


async def _hang_up(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
    writer.close()


async def _silence(_: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


@pytest.mark.parametrize(
    "say",
    [_drip, _endless_headers, _endless_hints, _large_headers, _nonsense, _hang_up, _silence],
    ids=lambda f: f.__name__,
)
async def test_f4_a_bad_listener_costs_only_so_much(
    out: Outbound, say: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "TOTAL_S", 1.0)
    async with stranger(say) as there:  # type: ignore[arg-type]
        started = asyncio.get_running_loop().time()
        with pytest.raises(Unreachable):
            await out.send("GET", at(there.port), errand=LOOK)
        assert asyncio.get_running_loop().time() - started < 3


async def test_endless_chunks_are_cut_off_or_left_unread(out: Outbound) -> None:
    async with stranger(_endless_chunks) as there:
        answer = await out.send("GET", at(there.port), errand=LOOK)
        assert (len(answer.body), answer.whole) == (100_000, False)
        assert (await out.send("POST", at(there.port), errand=POST)).body == b""


async def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while(
    out: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "FIRST_REST_S", 0.2)
    async with stranger(_nonsense) as there:
        for _ in range(6):
            with pytest.raises(Unreachable):
                await out.send("POST", at(there.port), errand=POST)
        assert there.connections == outbound.REST_AFTER
        async with stranger(answering()) as other:
            assert (await out.send("POST", at(other.port, host="other.example"), errand=POST)).status == 200
        await asyncio.sleep(0.25)
        with pytest.raises(Unreachable):
            await out.send("POST", at(there.port), errand=POST)
        assert there.connections == outbound.REST_AFTER + 1


async def test_few_visits_to_one_host_at_a_time(out: Outbound) -> None:
    inside = most = 0

    async def say(_: Asked, writer: asyncio.StreamWriter) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.02)
        inside -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with stranger(say) as there:
        await asyncio.gather(*(out.send("POST", at(there.port), errand=POST) for _ in range(8)))
    assert most == POST.at_once_per_host


async def test_f7_a_line_break_in_a_header_goes_nowhere(out: Outbound) -> None:
    async with stranger(answering()) as there:
        with pytest.raises(Unreachable):
            await out.send("POST", at(there.port), errand=POST, headers={"X-Kind": "a\r\nHost: evil.example"})
        assert there.asked == []


def certificates(folder: Path, host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS of a server with that name, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, key_file = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem, key_file)
    return server, ssl.create_default_context(cafile=str(pem))
