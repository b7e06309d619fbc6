"""Who of the therapists leads: one at most, who sees in numbers how work is spread."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.errors import NotFound, Refused
from portal.journal.lines import Hand, What
from portal.journal.noting import note

_COLLEAGUES = select(Therapist).order_by(Therapist.name, Therapist.id)


class NotTheLead(Refused):
    """Only who leads hands it over."""


def colleagues(db: Session) -> Sequence[Therapist]:
    """All therapists of the practice, by name."""
    return db.scalars(_COLLEAGUES).all()


def colleague_called(db: Session, reference: str) -> Therapist:
    """Raises NotFound."""
    found = db.scalar(select(Therapist).where(Therapist.reference == reference))
    if found is None:
        raise NotFound
    return found


def make_lead(db: Session, chosen: Therapist, *, by: Therapist | None = None) -> None:
    """This therapist leads, and nobody else. Without `by` it is the operator's wish. Raises NotTheLead."""
    leading = db.scalar(select(Therapist.id).where(Therapist.is_lead).with_for_update())
    if by is not None and leading != by.id:
        raise NotTheLead
    # One after the other: there is a key that lets only one lead.
    db.execute(update(Therapist).where(Therapist.is_lead).values(is_lead=False))
    db.execute(update(Therapist).where(Therapist.id == chosen.id).values(is_lead=True))
    note(db, What.LEAD_NAMED, by=by or Hand.OPERATOR, subject=chosen.reference)
