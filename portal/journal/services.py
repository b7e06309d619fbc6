"""What can be done about the journal itself: accepting an end whose seal does not hold."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.errors import Refused
from portal.journal.lines import Hand, Stand, What
from portal.journal.models import ONLY_ROW, JournalHead
from portal.journal.noting import note, seal_standing
from portal.journal.queries import head_of


class NothingToAccept(Refused):
    """The seal of the journal's end holds."""


def accept_journal(db: Session) -> Stand:
    """The journal goes on from its end as it is; a line says so. Raises NothingToAccept."""
    head = head_of(db)
    if head.sealed == head.stand:
        raise NothingToAccept
    db.get_one(JournalHead, ONLY_ROW).seal = seal_standing(db, head.stand)
    note(db, What.JOURNAL_ACCEPTED, by=Hand.OPERATOR)
    return head.stand
