"""That something has changed about where a client stands: noted now, written down at the end."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from portal.accounts.models import Stage

_MOVED, _COME = "moved_clients", "clients_come_to"


class Come(NamedTuple):
    """Where a client stands since when, known without looking at anything else of theirs."""

    stage: Stage
    at: datetime


def has_moved(db: Session, client_id: int) -> None:
    """For changes that go past the session's bookkeeping; it sees all others by itself."""
    moved: set[int] = db.info.setdefault(_MOVED, set())
    moved.add(client_id)


def has_come_to(db: Session, client_id: int, stage: Stage, *, at: datetime) -> None:
    """The same where nothing else can be so after it, and to derive it would only cost."""
    come: dict[int, Come] = db.info.setdefault(_COME, {})
    come[client_id] = Come(stage, at)


def take_moved(db: Session) -> set[int]:
    """The clients that were noted, once."""
    moved: set[int] = db.info.pop(_MOVED, set())
    return moved


def take_come(db: Session) -> dict[int, Come]:
    """Those of whom it is known where they stand, once."""
    come: dict[int, Come] = db.info.pop(_COME, {})
    return come
