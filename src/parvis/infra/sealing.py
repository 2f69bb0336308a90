"""Words that must be read again but not by whoever gets hold of a table: encrypted with a key of this server."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from parvis.infra.secrets import Secrets

_NONCE_BYTES = 12


class BrokenSeal(ValueError):
    """The words were not sealed by this server for this purpose"""


def seal(secrets: Secrets, words: str, *, about: str) -> bytes:
    """The words, readable again only for the same `about` (what they are and whose)."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(secrets["seal"]).encrypt(nonce, words.encode(), about.encode())


def unseal(secrets: Secrets, sealed: bytes, *, about: str) -> str:
    """The words again. Raises: BrokenSeal."""
    try:
        return AESGCM(secrets["seal"]).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode()).decode()
    except (InvalidTag, ValueError):
        raise BrokenSeal from None
