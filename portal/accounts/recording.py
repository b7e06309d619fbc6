"""Each deed at the doors gets its line in the journal."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.accounts.queries import Person
from portal.journal.lines import Hand, What
from portal.journal.noting import note


def record(db: Session, what: What, person: Person) -> None:
    """The person did it, with their own account."""
    note(db, what, by=person, about=_about(person))


def record_of(db: Session, what: What, person: Person | None, *, by: Hand) -> None:
    """It was done to the person's account, by nobody who is signed in; None where nobody's is known."""
    subject = person.reference if isinstance(person, Therapist) else None
    note(db, what, by=by, about=_about(person), subject=subject)


def _about(person: Person | None) -> str | None:
    """Whom of the clients the line concerns."""
    return person.reference if isinstance(person, Client) else None
