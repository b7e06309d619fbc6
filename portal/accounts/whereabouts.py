"""That something has changed about where a client stands: noted now, written down at the end."""

from __future__ import annotations

from sqlalchemy.orm import Session


def has_moved(db: Session, client_id: int) -> None:
    """For changes that go past the session's bookkeeping; it sees all others by itself."""
    moved: set[int] = db.info.setdefault("moved_clients", set())
    moved.add(client_id)


def take_moved(db: Session) -> set[int]:
    """The clients that were noted, once."""
    moved: set[int] = db.info.pop("moved_clients", set())
    return moved
