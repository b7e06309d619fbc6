"""Sealing and unsealing a person's words with their own data key."""

from __future__ import annotations

import os
from datetime import datetime

from sqlalchemy.orm import Session

from portal.database import new_reference
from portal.vault.keyring import Keyring
from portal.vault.models import DataKey

_KEY_BYTES = 32


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
    return _opened(db, data_key).open(sealed, of=of).decode()


def _opened(db: Session, data_key: DataKey) -> Keyring:
    """Opened once for a session's life: a page of a hundred answers unwraps one key."""
    opened: dict[str, Keyring] = db.info.setdefault("opened_keys", {})
    if data_key.reference not in opened:
        plain = _master(db).open(data_key.sealed_key, of=_row(data_key.reference))
        opened[data_key.reference] = Keyring([plain])
    return opened[data_key.reference]


def _master(db: Session) -> Keyring:
    keyring: Keyring = db.info["keyring"]
    return keyring


def _row(reference: str) -> str:
    return f"data_key.sealed_key:{reference}"
