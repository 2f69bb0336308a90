"""Forged forms are refused twice: by where the browser says the request comes from, and by a token in the form."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

_NONCE_CHARACTERS = 16


def comes_from_here(headers: Mapping[str, str], hosts: frozenset[str]) -> bool:
    """Whether the browser says that one of our own pages sent this (case I5).

    Sec-Fetch-Site decides where a browser sends it; otherwise Origin, or Referer, must name the host that was asked.
    A request with none of the three is refused: every browser in use sends one of them with a form.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    source = headers.get("origin") or headers.get("referer")
    if source is None:
        return site is not None
    try:
        host = urlsplit(source).netloc.lower()
    except ValueError:
        return False
    return host in hosts and host == headers.get("host", "").lower()


def form_token(key: bytes, binding: str) -> str:
    """A token for one form, different each time (so that compression betrays nothing), valid for this browser only."""
    nonce = secrets.token_urlsafe(12)[:_NONCE_CHARACTERS]
    return nonce + _seal(key, binding, nonce)


def fits(key: bytes, binding: str | None, token: str) -> bool:
    """Whether the token was made for this browser."""
    if not binding or not token.isascii():
        return False
    nonce, seal = token[:_NONCE_CHARACTERS], token[_NONCE_CHARACTERS:]
    return hmac.compare_digest(seal, _seal(key, binding, nonce))


def _seal(key: bytes, binding: str, nonce: str) -> str:
    return hmac.new(key, f"{nonce}.{binding}".encode(), hashlib.sha256).hexdigest()[:32]
