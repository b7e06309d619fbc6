"""Sealing and opening with AES-256-GCM under keys that are named by the sealed bytes themselves. Pure."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES + _NONCE_BYTES


class CannotBeOpened(Exception):
    """The key is lost or another one, or the sealed bytes were altered or belong to another row."""


class Keyring:
    """Some keys of 32 bytes, newest first: the first one seals, all of them open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
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
        cipher = self._ciphers.get(sealed[len(_VERSION) : len(_VERSION) + _KEY_ID_BYTES])
        nonce = sealed[_HEADER_BYTES - _NONCE_BYTES : _HEADER_BYTES]
        if sealed[: len(_VERSION)] != _VERSION or cipher is None:
            raise CannotBeOpened("sealed under a key that is not here")
        try:
            return cipher.decrypt(nonce, sealed[_HEADER_BYTES:], of.encode())
        except (InvalidTag, ValueError) as problem:
            raise CannotBeOpened("altered, or sealed for another row") from problem


def key_id(key: bytes) -> bytes:
    """Four bytes that name a key and tell nothing of it."""
    return hashlib.sha256(b"foyer key id" + key).digest()[:_KEY_ID_BYTES]
