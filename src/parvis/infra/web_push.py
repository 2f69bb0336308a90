"""Messages to browsers and apps by way of their push service, which can neither read nor forge them.

Two encodings: `aes128gcm` is the standard (RFC 8291 over RFC 8188), `aesgcm` its last draft, which older apps and their
relays still speak (draft-ietf-webpush-encryption-04). Both are signed with this server's key (RFC 8292, and its draft).
"""

from __future__ import annotations

import base64
import binascii
import os
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parvis.infra import vapid
from parvis.infra.secrets import Secrets

LONGEST_TEXT_BYTES = 3900  # with header, padding and tag below the 4,096 bytes that every push service takes
KEPT_S = 172_800  # how long a push service keeps a message for somebody who is offline
_SIGNATURE_HOLDS = timedelta(hours=12)
_RECORD_BYTES = 4096
_POINT_BYTES = 65
_AUTH_BYTES = 16


class Receiver(msgspec.Struct, frozen=True):
    """The keys of a browser or an app: its point on P-256, uncompressed, and a secret of 16 bytes."""

    point: bytes
    auth: bytes


class Message(msgspec.Struct, frozen=True):
    """A request to a push service, but for its address."""

    headers: dict[str, str]
    body: bytes


class BadKeys(ValueError):
    """The keys of a subscription cannot be used"""


def receiver(p256dh: str, auth: str) -> Receiver:
    """The keys as they come with a subscription. Raises: BadKeys."""
    point, secret = from_base64(p256dh), from_base64(auth)
    if len(point) != _POINT_BYTES or len(secret) != _AUTH_BYTES:
        raise BadKeys
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise BadKeys from None
    return Receiver(point, secret)


def message(
    text: bytes, to: Receiver, *, standard: bool, secrets: Secrets, audience: str, contact: str, now: datetime
) -> Message:
    """The text, encrypted for that receiver and signed for the push service at `audience` (an origin)."""
    assert len(text) <= LONGEST_TEXT_BYTES
    token, key = signature(secrets, audience=audience, contact=contact, now=now), vapid.public_key(secrets)
    own, salt = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
    headers = {"TTL": str(KEPT_S), "Urgency": "normal", "Content-Type": "application/octet-stream"}
    if standard:
        headers |= {"Content-Encoding": "aes128gcm", "Authorization": f"vapid t={token},k={key}"}
        return Message(headers, aes128gcm(text, to, own=own, salt=salt))
    headers |= {
        "Content-Encoding": "aesgcm",
        "Encryption": f"salt={to_base64(salt)}",
        "Crypto-Key": f"dh={to_base64(_point(own))};p256ecdsa={key}",
        "Authorization": f"WebPush {token}",
    }
    return Message(headers, aesgcm(text, to, own=own, salt=salt))


def aes128gcm(text: bytes, to: Receiver, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """One record with its header, which carries salt and sender's point."""
    point = _point(own)
    secret = _hkdf(to.auth, _shared(own, to), b"WebPush: info\x00" + to.point + point, 32)
    key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12)
    header = salt + _RECORD_BYTES.to_bytes(4) + bytes((len(point),)) + point
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def aesgcm(text: bytes, to: Receiver, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """One record; salt and sender's point travel in headers."""
    point = _point(own)
    secret = _hkdf(to.auth, _shared(own, to), b"Content-Encoding: auth\x00", 32)
    context = b"P-256\x00" + b"".join(len(one).to_bytes(2) + one for one in (to.point, point))
    key = _hkdf(salt, secret, b"Content-Encoding: aesgcm\x00" + context, 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\x00" + context, 12)
    return AESGCM(key).encrypt(nonce, b"\x00\x00" + text, None)  # two bytes: no padding follows


def signature(secrets: Secrets, *, audience: str, contact: str, now: datetime) -> str:
    """A token (ES256) that says who sends to `audience`, and whom to write to when something is wrong."""
    claims = {"aud": audience, "exp": int((now + _SIGNATURE_HOLDS).timestamp()), "sub": contact}
    head = to_base64(b'{"typ":"JWT","alg":"ES256"}')
    signed = f"{head}.{to_base64(msgspec.json.encode(claims))}"
    r, s = decode_dss_signature(vapid.private_key(secrets["vapid"]).sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{to_base64(r.to_bytes(32) + s.to_bytes(32))}"


def to_base64(data: bytes) -> str:
    """In the alphabet of addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64(text: str) -> bytes:
    """In either alphabet, with or without padding: browsers and apps differ. Raises: BadKeys."""
    bare = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadKeys from None


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _shared(own: ec.EllipticCurvePrivateKey, to: Receiver) -> bytes:
    return own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.point))


def _hkdf(salt: bytes, secret: bytes, info: bytes, size_bytes: int) -> bytes:
    return HKDF(hashes.SHA256(), size_bytes, salt, info).derive(secret)
