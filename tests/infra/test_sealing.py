"""Sealed words: readable for this server and one purpose only."""

from __future__ import annotations

import pytest

from parvis.infra.sealing import BrokenSeal, seal, unseal
from parvis.infra.secrets import Secrets

OURS = Secrets({"seal": bytes(range(32))})


def test_sealed_words_come_back() -> None:
    sealed = seal(OURS, "a token: é", about="token 1")
    assert unseal(OURS, sealed, about="token 1") == "a token: é"
    assert b"token" not in sealed
    assert seal(OURS, "a token: é", about="token 1") != sealed


def test_a_seal_holds_for_one_purpose_and_one_server() -> None:
    sealed = seal(OURS, "words", about="token 1")
    for secrets, text, about in (
        (OURS, sealed, "token 2"),
        (Secrets({"seal": bytes(32)}), sealed, "token 1"),
        (OURS, sealed[:-1] + bytes((sealed[-1] ^ 1,)), "token 1"),
        (OURS, b"", "token 1"),
        (OURS, b"short", "token 1"),
    ):
        with pytest.raises(BrokenSeal):
            unseal(secrets, text, about=about)
