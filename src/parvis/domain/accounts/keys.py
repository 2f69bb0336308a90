"""Random keys that people and programs carry: sessions, links, codes, tokens. Only their SHA-256 is stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def new_key() -> str:
    """256 random bits, fit for a header, a cookie and a link."""
    return secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    """What is stored of a key. No salt is needed: nobody can guess 256 random bits."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def equals(one: bytes, other: bytes) -> bool:
    """Whether two digests are the same, in time that tells nothing."""
    return hmac.compare_digest(one, other)


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii", "replace")).digest()).rstrip(b"=").decode()
