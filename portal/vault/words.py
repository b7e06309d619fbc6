"""Sealing and unsealing a person's words with their own data key."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from portal.database import new_reference
from portal.vault.keyring import HEAD_BYTES, CannotBeOpened, Keyring
from portal.vault.models import DataKey

_KEY_BYTES = 32
CANNOT_BE_OPENED = "This cannot be opened at the moment."
# Whoever writes has asked for the key shortly before: so long after a key was renewed nobody seals with the
# old one any more.
STILL_IN_USE = timedelta(hours=1)


def make_data_key(db: Session, *, now: datetime) -> DataKey:
    """A new data key, sealed with the newest master key and added to the session."""
    reference = new_reference()
    sealed = _master(db).seal(os.urandom(_KEY_BYTES), of=_row(reference))
    data_key = DataKey(reference=reference, sealed_key=sealed, made_at=now)
    db.add(data_key)
    return data_key


def seal(db: Session, data_key: DataKey, words: str, *, of: str) -> bytes:
    """Seal words for one column of one row.

    `of` names both, from what the row is called before it is stored, for example
    ``consultation.words:5f0c…``; unsealing asks for the same name.
    """
    return _opened(db, data_key).seal(words.encode(), of=of)


def unseal(db: Session, data_key: DataKey, sealed: bytes, *, of: str) -> str:
    """The words sealed for this column of this row. Raises keyring.CannotBeOpened."""
    return _opened_for(db, data_key, sealed).open(sealed, of=of).decode()


def shown(
    db: Session, data_key: DataKey, sealed: bytes, *, of: str, otherwise: str = CANNOT_BE_OPENED
) -> str:
    """The same for a page that shows more than these words: a calm line in their place if they stay locked.

    Never for what is written again afterwards: the line would take the place of the words.
    """
    try:
        return unseal(db, data_key, sealed, of=of)
    except CannotBeOpened:
        return otherwise


def destroy(db: Session, data_key: DataKey, *, now: datetime) -> None:
    """Nobody opens what was sealed with it from now on."""
    data_key.sealed_key, data_key.destroyed_at, data_key.renewed_at = b"", now, None
    _keys_opened(db).pop(data_key.reference, None)


def is_locked(db: Session) -> bool:
    """Whether some data key is sealed under a master key that is not here."""
    heads = db.scalars(
        select(func.substr(DataKey.sealed_key, 1, HEAD_BYTES))
        .where(DataKey.destroyed_at.is_(None))
        .distinct()
    )
    return any(not _master(db).knows(head) for head in heads)


def seal_under_newest(db: Session, data_key: DataKey) -> None:
    """Seal the data key anew under the newest master key. Raises keyring.CannotBeOpened."""
    row = _row(data_key.reference)
    data_key.sealed_key = _master(db).seal(_master(db).open(data_key.sealed_key, of=row), of=row)


def renew(db: Session, data_key: DataKey, *, now: datetime) -> None:
    """Put a new key before the one there is, which stays for a while; one that has two is left as it is."""
    keys = _plain(db, data_key)
    if len(keys) == 1:
        data_key.sealed_key = _master(db).seal(os.urandom(_KEY_BYTES) + keys[0], of=_row(data_key.reference))
        data_key.renewed_at = now
        _keys_opened(db).pop(data_key.reference, None)


def drop_old_key(db: Session, data_key: DataKey) -> None:
    """Only the newer key stays; whatever is still sealed with the older one is lost."""
    newest = _plain(db, data_key)[0]
    data_key.sealed_key, data_key.renewed_at = _master(db).seal(newest, of=_row(data_key.reference)), None
    _keys_opened(db).pop(data_key.reference, None)


def sealed_anew(db: Session, data_key: DataKey, sealed: bytes, *, of: str) -> bytes | None:
    """The same words under the data key's newest key; None if they are already. Raises CannotBeOpened."""
    keyring = _opened(db, data_key)
    return None if keyring.is_newest(sealed) else keyring.seal(keyring.open(sealed, of=of), of=of)


def _opened(db: Session, data_key: DataKey) -> Keyring:
    """Opened once for a session's life: a page of a hundred answers unwraps one key."""
    opened = _keys_opened(db)
    if data_key.reference not in opened:
        opened[data_key.reference] = Keyring(_plain(db, data_key))
    return opened[data_key.reference]


def _opened_for(db: Session, data_key: DataKey, sealed: bytes) -> Keyring:
    """The key may have been renewed since it was read, and the words sealed anew with what came after."""
    keyring = _opened(db, data_key)
    if keyring.knows(sealed[:HEAD_BYTES]) or not inspect(data_key).persistent:
        return keyring
    db.refresh(data_key, ["sealed_key"])
    _keys_opened(db).pop(data_key.reference, None)
    return _opened(db, data_key)


def _plain(db: Session, data_key: DataKey) -> list[bytes]:
    together = _master(db).open(data_key.sealed_key, of=_row(data_key.reference))
    return [together[place : place + _KEY_BYTES] for place in range(0, len(together), _KEY_BYTES)]


def _keys_opened(db: Session) -> dict[str, Keyring]:
    opened: dict[str, Keyring] = db.info.setdefault("opened_keys", {})
    return opened


def _master(db: Session) -> Keyring:
    keyring: Keyring = db.info["keyring"]
    return keyring


def _row(reference: str) -> str:
    return f"data_key.sealed_key:{reference}"
