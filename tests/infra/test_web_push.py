"""Encryption and signature of web push, against the examples of the standards."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from parvis.infra import vapid, web_push
from parvis.infra.secrets import Secrets
from parvis.infra.web_push import BadKeys, aes128gcm, aesgcm, from_base64, receiver, to_base64

SECRETS = Secrets({"vapid": hashlib.sha256(b"a key of tests").digest()})
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_base64(text)), ec.SECP256R1())


def test_the_example_of_rfc_8291() -> None:
    to = receiver(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    own, salt = private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), from_base64("DGv6ra1nlYgDCS1FRnbzlw")
    assert to_base64(aes128gcm(b"When I grow up, I want to be a watermelon", to, own=own, salt=salt)) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
        "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_example_of_the_draft() -> None:
    to = receiver(
        "BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU",
        "R29vIGdvbyBnJyBqb29iIQ",
    )
    own, salt = private_key("nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY"), from_base64("lngarbyKfMoi9Z75xYXmkg")
    assert (
        to_base64(aesgcm(b"I am the walrus", to, own=own, salt=salt)) == "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"
    )


def test_a_push_service_can_tell_who_sends() -> None:
    token = web_push.signature(SECRETS, audience="https://push.example", contact="mailto:a@b.example", now=NOW)
    head, claims, signature = token.split(".")
    assert json.loads(from_base64(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(from_base64(claims)) == {
        "aud": "https://push.example",
        "exp": int(NOW.timestamp()) + 12 * 3600,
        "sub": "mailto:a@b.example",
    }
    raw = from_base64(signature)
    published = from_base64(vapid.public_key(SECRETS))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), published)
    signed = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signed, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("standard", [True, False])
def test_the_longest_message_fits(standard: bool) -> None:
    to = receiver(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4=",
        "BTBZMqHH6r4Tts7J/aSIgg==",
    )
    text = b"x" * web_push.LONGEST_TEXT_BYTES
    made = web_push.message(text, to, standard=standard, secrets=SECRETS, audience="a", contact="b", now=NOW)
    assert len(made.body) <= 4096
    again = web_push.message(text, to, standard=standard, secrets=SECRETS, audience="a", contact="b", now=NOW)
    assert made.body[-50:] != again.body[-50:]  # salt and key are never used twice


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        ("é", "BTBZMqHH6r4Tts7J_aSIgg"),
        ("BCVx", "BTBZMqHH6r4Tts7J_aSIgg"),
        ("B" + "A" * 86, "BTBZMqHH6r4Tts7J_aSIgg"),  # not on the curve
        ("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "short"),
        ("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", "!!!"),
    ],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(BadKeys):
        receiver(p256dh, auth)
