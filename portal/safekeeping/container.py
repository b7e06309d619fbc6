"""A backup as one file: a sealed manifest, and behind it the sealed content, piece by piece."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.safekeeping.files import replaced_whole
from portal.vault.keyring import Keyring

_MAGIC = b"foyer backup 1\n"
_MANIFEST = "backup.manifest"
_LENGTH = struct.Struct(">I")
_PIECE_BYTES = 1 << 20
_TAG_BYTES = 16
KEY_BYTES = 32
_MOST_MANIFEST_BYTES = 64 << 20
# So that nothing can be cut off: the last piece is sealed as the last.
_MORE, _LAST = b"more", b"last"

Tell = Callable[[int], None]


class NotABackup(Exception):
    """The file is no backup, or not all of one, or was altered."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds, to be compared with what comes out of it."""

    made_at: str
    # "sqlite" or "postgresql", and the migration that its tables had come to.
    database: str
    revision: str
    # Of each table how many rows it has, and the hash of all of them.
    tables: dict[str, tuple[int, str]]
    # Where the journal stood.
    journal: tuple[int, str]
    # The data keys that it needs, without their sealed bytes: id, reference, when each was made, and the
    # moments of renewal and destruction.
    keys: list[list[Any]]
    # SHA-256 of the content, and its length.
    digest: str
    size: int


def write(path: Path, manifest: Manifest, content: BinaryIO, keyring: Keyring, tell: Tell) -> None:
    """Write the file whole, or not at all; `tell` hears how many bytes of the content are in it."""
    file_key = os.urandom(KEY_BYTES)
    said = asdict(manifest) | {"file_key": base64.b64encode(file_key).decode()}
    sealed = keyring.seal(json.dumps(said).encode(), of=_MANIFEST)
    with replaced_whole(path) as file:
        file.write(_MAGIC + _LENGTH.pack(len(sealed)) + sealed)
        for piece in seal_pieces(iter(lambda: content.read(_PIECE_BYTES), b""), file_key):
            file.write(piece)
            tell(len(piece))


def seal_pieces(parts: Iterable[bytes], file_key: bytes) -> Iterator[bytes]:
    """Seal a content of any length under a key that seals nothing else, piece by piece and in their order."""
    cipher, number, held = AESGCM(file_key), 0, b""
    for part in parts:
        held += part
        while len(held) > _PIECE_BYTES:
            yield _sealed_piece(cipher, number, held[:_PIECE_BYTES], _MORE)
            held, number = held[_PIECE_BYTES:], number + 1
    yield _sealed_piece(cipher, number, held, _LAST)


def open_pieces(file: BinaryIO, file_key: bytes) -> Iterator[bytes]:
    """The content again, each piece once it was found as it was sealed. Raises NotABackup."""
    cipher, number, place = AESGCM(file_key), 0, _MORE
    while place is _MORE:
        sealed = _next(file, _PIECE_BYTES + _TAG_BYTES)
        place = _MORE if file.peek(1) else _LAST  # type: ignore[attr-defined]
        try:
            yield cipher.decrypt(_nonce(number), sealed, place)
        except InvalidTag as problem:
            raise NotABackup("a piece of it was altered, or is missing") from problem
        number += 1


def manifest_of(path: Path, keyring: Keyring) -> Manifest:
    """Raises NotABackup, and CannotBeOpened for one that another key sealed."""
    with path.open("rb") as file:
        return _manifest(file, keyring)[0]


def extract(path: Path, keyring: Keyring, into: BinaryIO, tell: Tell) -> Manifest:
    """Write the content, once every piece of it was found as it was sealed, and compare its hash.

    Raises NotABackup, whatever is wrong with it, and CannotBeOpened for one that another key sealed.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        manifest, file_key = _manifest(file, keyring)
        for piece in open_pieces(file, file_key):
            digest.update(piece)
            into.write(piece)
            tell(len(piece))
    if digest.hexdigest() != manifest.digest:
        raise NotABackup("its content is not what the manifest says")
    return manifest


def _manifest(file: BinaryIO, keyring: Keyring) -> tuple[Manifest, bytes]:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise NotABackup("it does not begin like a backup")
    said: dict[str, Any] = json.loads(keyring.open(_next(file, _MOST_MANIFEST_BYTES), of=_MANIFEST))
    file_key = base64.b64decode(said.pop("file_key"))
    said["tables"] = {name: tuple(each) for name, each in said["tables"].items()}
    said["journal"] = tuple(said["journal"])
    return Manifest(**said), file_key


def _sealed_piece(cipher: AESGCM, number: int, piece: bytes, place: bytes) -> bytes:
    sealed = cipher.encrypt(_nonce(number), piece, place)
    return _LENGTH.pack(len(sealed)) + sealed


def _nonce(number: int) -> bytes:
    """Each content has a key of its own, so a counter never comes twice under one key."""
    return number.to_bytes(12, "big")


def _next(file: BinaryIO, most: int) -> bytes:
    head = file.read(_LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else most + 1
    found = file.read(length) if length <= most else b""
    if len(found) != length:
        raise NotABackup("it is cut off")
    return found
