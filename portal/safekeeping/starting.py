"""What is said and written down when the portal starts: that it did, and whether its keys fit."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.journal.lines import Hand, What
from portal.journal.noting import note
from portal.vault.words import is_locked

_LOCKED = (
    "Warning: some of what is kept is sealed under a master key that is not among PORTAL_MASTER_KEYS."
    " It stays locked, and everything else is shown, until that key is back."
)


def note_start(db: Session) -> str | None:
    """That the portal starts, and with it the use of its keys, is written down. What there is to warn of."""
    note(db, What.STARTED, by=Hand.PORTAL)
    return _LOCKED if is_locked(db) else None
