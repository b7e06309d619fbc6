"""Wishing for an earlier time, and noting what opens meanwhile: one way, whatever it is that opens it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from portal.jobs.queue import Due, enqueue_all
from portal.statements import carry_out, insert_all, rows
from portal.waiting.models import EarlierWish, OpenedTime
from portal.waiting.queries import anybody_waits

# About a therapist, by their id: something of their time has opened, so look who waits for something earlier.
LOOK = "offer-freed-time"
# Whoever gives a time back, or changes hours, has so long to think better of it before others hear of it.
LOOKED_AT_AFTER = timedelta(minutes=10)

_INSERT = insert(OpenedTime)
_DUE = (OpenedTime.therapist_id == bindparam("of_therapist"), OpenedTime.opened_at <= bindparam("opened_by"))
_FIND = select(OpenedTime.starts_at, OpenedTime.ends_at, OpenedTime.kinds).where(*_DUE)
_DELETE = delete(OpenedTime).where(*_DUE)


class Opened(NamedTuple):
    """A stretch that can be asked for now and could not before; `kinds` as in OpenedTime."""

    starts_at: datetime
    ends_at: datetime
    kinds: Sequence[int | None] | None = None


def note_opened(db: Session, therapist_id: int, opened: Iterable[Opened], *, now: datetime) -> None:
    """Have somebody look, a little later, whether one who waits would be glad of this.

    Nothing is noted where nobody waits. What is closed again, or taken, until it is looked at is offered to
    nobody: what is so then decides.
    """
    noted = [
        {"therapist_id": therapist_id, "opened_at": now, **each._asdict()}
        for each in opened
        if each.ends_at > now
    ]
    if noted and anybody_waits(db, therapist_id):
        insert_all(db, _INSERT, noted)
        enqueue_all(db, [Due(LOOK, str(therapist_id), now + LOOKED_AT_AFTER)])


def take_opened(db: Session, therapist_id: int, *, now: datetime) -> Sequence[Opened]:
    """All that has opened and can be looked at by now, once: whoever looks after this finds nothing of it.

    Whoever calls it holds the therapist's row.
    """
    asked = {"of_therapist": therapist_id, "opened_by": now - LOOKED_AT_AFTER}
    opened = [Opened(*row) for row in rows(db, _FIND, asked)]
    if opened:
        carry_out(db, _DELETE, asked)
    return opened


def wish(db: Session, *, client_id: int, therapist_id: int, now: datetime) -> None:
    """Remember that the client would be glad of an earlier time; whoever wishes twice keeps their place."""
    if db.get(EarlierWish, client_id) is None:
        db.add(EarlierWish(client_id=client_id, therapist_id=therapist_id, wished_at=now))


def forget_wish(db: Session, *, client_id: int) -> None:
    """The client wants to hear no more of earlier times; nothing happens if they never did."""
    found = db.get(EarlierWish, client_id)
    if found is not None:
        db.delete(found)
