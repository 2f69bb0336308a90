"""A device that makes passkeys and signs with them, in software: what a phone does when a finger is laid on it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from parvis.infra.web_push import to_base64

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One passkey. `flags`: whether its owner was there, and was recognised. `counts`: whether it counts signatures."""

    origin: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    flags: int = PRESENT | VERIFIED
    counts: bool = False
    counter: int = 0

    def make(self, options: str) -> str:
        """The answer to options by which a passkey is made."""
        asked = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        data = self._data(asked["rp"]["id"], ATTESTED) + attested
        told = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            "webauthn.create", asked, {"attestationObject": to_base64(told), "transports": ["internal"]}
        )

    def sign(self, options: str) -> str:
        """The answer to options by which somebody signs in."""
        asked = json.loads(options)
        self.counter += self.counts
        data = self._data(asked["rpId"])
        said = self._said("webauthn.get", asked)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"authenticatorData": to_base64(data), "signature": to_base64(signature), "userHandle": None}
        return self._answer("webauthn.get", asked, response)

    def _data(self, name: str, more: int = 0) -> bytes:
        return hashlib.sha256(name.encode()).digest() + bytes([self.flags | more]) + self.counter.to_bytes(4)

    def _said(self, kind: str, asked: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def _answer(self, kind: str, asked: dict[str, Any], response: dict[str, Any]) -> str:
        own = to_base64(self.credential_id)
        response = {"clientDataJSON": to_base64(self._said(kind, asked)), **response}
        return json.dumps(
            {"id": own, "rawId": own, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )
