"""Sealing and opening with AES-256-GCM under keys that are named by the sealed bytes themselves. Pure."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
# Which key sealed it can be read from so many bytes.
HEAD_BYTES = len(_VERSION) + _KEY_ID_BYTES
_HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES + _NONCE_BYTES


class CannotBeOpened(Exception):
    """The key is lost or another one, or the sealed bytes were altered or belong to another row."""


class Keyring:
    """Some keys of 32 bytes, newest first: the first one seals, all of them open.

    Where the master keys lie with a key service, whatever seals and opens bytes under a name, derives
    keyrings and knows what is sealed under its newest key can stand in for this: nobody asks for more.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._newest = key_id(keys[0])

    def seal(self, plain: bytes, *, of: str) -> bytes:
        """Seal these bytes for the row and column that `of` names; no other will open them.

        The shape: version (1 byte), key id (4), nonce (12, random), ciphertext with its tag (16).
        """
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain, of.encode())
        return _VERSION + self._newest + nonce + sealed

    def open(self, sealed: bytes, *, of: str) -> bytes:
        """The bytes that were sealed for `of`. Raises CannotBeOpened."""
        cipher = self._ciphers.get(sealed[len(_VERSION) : HEAD_BYTES])
        nonce = sealed[_HEADER_BYTES - _NONCE_BYTES : _HEADER_BYTES]
        if sealed[: len(_VERSION)] != _VERSION or cipher is None:
            raise CannotBeOpened("sealed under a key that is not here")
        try:
            return cipher.decrypt(nonce, sealed[_HEADER_BYTES:], of.encode())
        except (InvalidTag, ValueError) as problem:
            raise CannotBeOpened("altered, or sealed for another row") from problem

    def derived(self, purpose: str) -> Keyring:
        """Keys for another purpose that follow from these (RFC 5869), and tell nothing of them."""
        made = (HKDF(SHA256(), 32, None, f"foyer {purpose}".encode()) for _ in self._keys)
        return Keyring([each.derive(key) for each, key in zip(made, self._keys, strict=True)])

    def knows(self, head: bytes) -> bool:
        """Whether one of these keys sealed what begins with these HEAD_BYTES."""
        return head[: len(_VERSION)] == _VERSION and head[len(_VERSION) :] in self._ciphers

    def is_newest(self, sealed: bytes) -> bool:
        """Whether it was sealed under the first of these keys."""
        return sealed[len(_VERSION) : HEAD_BYTES] == self._newest


def key_id(key: bytes) -> bytes:
    """Four bytes that name a key and tell nothing of it."""
    return hashlib.sha256(b"foyer key id" + key).digest()[:_KEY_ID_BYTES]
