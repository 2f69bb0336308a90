"""The key pair that signs web push (RFC 8292), made from this server's `vapid` secret, so that it never changes."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from parvis.infra.secrets import Secrets

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256


def public_key(secrets: Secrets) -> str:
    """The public key as apps and browsers expect it: an uncompressed point in base64url without padding."""
    return _public_key(secrets["vapid"])


@cache
def _public_key(secret: bytes) -> str:
    point = private_key(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The private key of that secret."""
    return ec.derive_private_key(int.from_bytes(secret) % (_ORDER - 1) + 1, ec.SECP256R1())
