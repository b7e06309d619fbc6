"""A device that keeps passkeys, as a browser would speak with it: it can also be made to lie."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

ORIGIN, HOST = "https://portal.test", "portal.test"
_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40


class Device:
    """One passkey. `count` is what it says of how often it was used."""

    def __init__(self, *, count: int = 0) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id, self.count, self.handle = secrets.token_bytes(32), count, b""

    def makes(self, wish: str, **lies: Any) -> str:
        """What the device answers when it is asked to make a passkey."""
        asked = json.loads(wish)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        key = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        kept = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        said = self._said(_HAS_KEY, **lies) + kept
        answer = {
            "clientDataJSON": _url(self._client_data("webauthn.create", asked["challenge"], **lies)),
            "attestationObject": _url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})),
            "transports": ["internal"],
        }
        return self._sent(answer)

    def shows(self, wish: str, **lies: Any) -> str:
        """What the device answers when it is asked to show the passkey; it counts on, as devices do."""
        if self.count:
            self.count += 1
        client_data = self._client_data("webauthn.get", json.loads(wish)["challenge"], **lies)
        said = self._said(0, **lies)
        signed = self._key.sign(said + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {
            "clientDataJSON": _url(client_data),
            "authenticatorData": _url(said),
            "signature": _url(signed),
            "userHandle": _url(lies.get("handle", self.handle)),
        }
        return self._sent(answer)

    def _said(self, flags: int, *, verified: bool = True, host: str = HOST, **_: Any) -> bytes:
        flags |= _PRESENT | (_VERIFIED if verified else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    @staticmethod
    def _client_data(kind: str, challenge: str, *, origin: str = ORIGIN, **_: Any) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()

    def _sent(self, answer: dict[str, Any]) -> str:
        name = _url(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": answer})


def _url(data: bytes) -> str:
    return bytes_to_base64url(data)
