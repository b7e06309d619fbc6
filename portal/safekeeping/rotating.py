"""Sealing anew: data keys under a new master key, and words under new data keys, while the portal runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.database import transaction
from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.safekeeping.sealed import SEALED
from portal.vault.keyring import CannotBeOpened, Keyring
from portal.vault.models import DataKey
from portal.vault.words import STILL_IN_USE, drop_old_key, renew, seal_under_newest, sealed_anew

_AT_ONCE = 100
# A sweep comes once an hour.
_DROPPED_AT_ONCE = 2_000


def how_many_keys(db: Session) -> int:
    """Data keys that can still open something."""
    return db.scalar(select(func.count()).where(DataKey.destroyed_at.is_(None))) or 0


def seal_keys_anew(*, at_once: int = _AT_ONCE) -> Iterator[tuple[int, int]]:
    """Seal every data key under the newest master key, some at a time, each time in a transaction of its own.

    Yields how many were looked at, and how many of those cannot be opened and stay as they were. Begun again
    after an interruption, it goes on where it was.
    """
    after = 0
    while True:
        with transaction() as db:
            some = _some_keys(db, after, most=at_once)
            locked = sum(not _seal_anew(db, key) for key in some)
        if not some:
            break
        after = some[-1].id
        yield len(some), locked
    with transaction() as db:
        note(db, What.KEYS_SEALED_ANEW, by=Hand.OPERATOR)


def seal_words_anew(*, now: datetime) -> Iterator[tuple[int, int]]:
    """Give every data key a successor, and seal what was sealed with the old one with that, as above.

    The old key stays beside it until nobody can be writing with it any more: see `drop_idle_keys`.
    """
    after = 0
    while True:
        with transaction() as db:
            key = next(iter(_some_keys(db, after, most=1)), None)
            if key is None:
                break
            try:
                renew(db, key, now=now)
                _seal_words_of(db, key)
                locked = 0
            except CannotBeOpened:
                locked = 1
        after = key.id
        yield 1, locked
    with transaction() as db:
        note(db, What.WORDS_SEALED_ANEW, by=Hand.OPERATOR)


def drop_idle_keys(db: Session, *, now: datetime) -> None:
    """Forget the older of two keys once nobody can be sealing with it any more; then nothing is.

    One that cannot be opened now waits until it can.
    """
    idle = db.scalars(
        select(DataKey)
        .where(DataKey.renewed_at <= now - STILL_IN_USE)
        .order_by(DataKey.id)
        .limit(_DROPPED_AT_ONCE)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for key in idle:
        with contextlib.suppress(CannotBeOpened):
            _seal_words_of(db, key)
            drop_old_key(db, key)


def _some_keys(db: Session, after: int, *, most: int) -> list[DataKey]:
    return list(
        db.scalars(
            select(DataKey)
            .where(DataKey.id > after, DataKey.destroyed_at.is_(None))
            .order_by(DataKey.id)
            .limit(most)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def _seal_anew(db: Session, key: DataKey) -> bool:
    """False if it cannot be opened: its master key is not here."""
    keyring: Keyring = db.info["keyring"]
    if not keyring.is_newest(key.sealed_key):
        try:
            seal_under_newest(db, key)
        except CannotBeOpened:
            return False
    return True


def _seal_words_of(db: Session, key: DataKey) -> None:
    """Who changes the same words meanwhile is not overwritten: their row is no longer what was read."""
    # The new key is there before anything is sealed with it.
    db.flush()
    for column in SEALED:
        for row, place, sealed in list(column.sealed_with(db, key.id)):
            anew = sealed_anew(db, key, sealed, of=place)
            if anew is not None:
                db.execute(column.replacing(row, sealed, anew).execution_options(synchronize_session=False))
