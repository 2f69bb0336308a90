"""Apps on somebody's phone, and the push service that calls them: keys, signatures, messages that are opened again."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parvis.base.clock import utc_now
from parvis.infra.web_push import from_base64, to_base64
from tests.rig.strangers import Asked


@dataclass
class App:
    """An app on somebody's phone: its keys, and what it can read."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen byte key"
    contact: str | None = "mailto:help@parvis.test"  # what the server must say of itself; None: anything

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": to_base64(point(self.key)), "auth": to_base64(self.auth)}

    def read(self, asked: Asked) -> dict[str, Any]:
        """The message, after its signature was checked as a push service does."""
        standard = asked.headers["content-encoding"] == "aes128gcm"
        check_signature(asked, standard=standard, contact=self.contact)
        text = self._read_standard(asked) if standard else self._read_draft(asked)
        return json.loads(text)

    def _read_standard(self, asked: Asked) -> bytes:
        salt, sender = asked.body[:16], asked.body[21 : 21 + asked.body[20]]
        assert int.from_bytes(asked.body[16:20]) == 4096
        info = b"WebPush: info\x00" + point(self.key) + sender
        secret = derive(self.auth, self._shared(sender), info, 32)
        key = derive(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = derive(salt, secret, b"Content-Encoding: nonce\x00", 12)
        text = AESGCM(key).decrypt(nonce, asked.body[21 + asked.body[20] :], None)
        assert text.endswith(b"\x02")
        return text[:-1]

    def _read_draft(self, asked: Asked) -> bytes:
        salt = from_base64(asked.headers["encryption"].removeprefix("salt="))
        sender = from_base64(asked.headers["crypto-key"].partition(";")[0].removeprefix("dh="))
        secret = derive(self.auth, self._shared(sender), b"Content-Encoding: auth\x00", 32)
        context = b"P-256\x00" + b"".join(len(p).to_bytes(2) + p for p in (point(self.key), sender))
        key = derive(salt, secret, b"Content-Encoding: aesgcm\x00" + context, 16)
        nonce = derive(salt, secret, b"Content-Encoding: nonce\x00" + context, 12)
        text = AESGCM(key).decrypt(nonce, asked.body, None)
        return text[2 + int.from_bytes(text[:2]) :]

    def _shared(self, sender: bytes) -> bytes:
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def derive(salt: bytes, secret: bytes, info: bytes, size: int) -> bytes:
    return HKDF(hashes.SHA256(), size, salt, info).derive(secret)


def check_signature(asked: Asked, *, standard: bool, contact: str | None = "mailto:help@parvis.test") -> None:
    scheme, _, rest = asked.headers["authorization"].partition(" ")
    if standard:
        assert scheme == "vapid"
        token, key = (part.partition("=")[2] for part in rest.split(","))
    else:
        assert scheme == "WebPush"
        token, key = rest, asked.headers["crypto-key"].partition("p256ecdsa=")[2]
    signed, _, signature = token.rpartition(".")
    claims = json.loads(from_base64(signed.partition(".")[2]))
    assert claims["aud"] == f"http://{asked.headers['host']}"
    assert contact is None or claims["sub"] == contact
    assert 0 < claims["exp"] - utc_now().timestamp() <= 86_400
    raw = from_base64(signature)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64(key))
    public.verify(
        encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])),
        signed.encode(),
        ec.ECDSA(hashes.SHA256()),
    )


class PushService:
    """A push service that anybody may call. `next` gives what came in."""

    def __init__(self) -> None:
        self._heard: queue.Queue[Asked] = queue.Queue()
        heard = self._heard

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.put(Asked("POST", self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def next(self, patience_s: float = 30) -> Asked:
        return self._heard.get(timeout=patience_s)

    @contextmanager
    def listening(self) -> Iterator[PushService]:
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
