"""The messages that scheduling sends. None says what an appointment is about, or who has asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.queries import Person
from portal.mail import outbox
from portal.practice.facts import current_practice
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.models import Consultation
from portal.scheduling.slots import clock_changes, minute_of, moment_of
from portal.web.formatting import zone_called

_File = tuple[str, str]


def tell_of_request(db: Session, consultation: Consultation, *, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-held", consultation, now)
    _tell(db, consultation.therapist, "consultation-requested", consultation, now)


def tell_of_confirmation(db: Session, consultation: Consultation, *, calendar: _File, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-confirmed", consultation, now, calendar)


def tell_of_decline(db: Session, consultation: Consultation, *, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-declined", consultation, now)


def tell_of_cancellation(
    db: Session, consultation: Consultation, *, by: Party, calendar: _File, now: datetime
) -> None:
    """Who cancels their own time knows it, but their calendar does not."""
    _tell(db, consultation.client, "consultation-cancelled", consultation, now, calendar, by=by)
    if by is Party.CLIENT:
        _tell(db, consultation.therapist, "consultation-withdrawn", consultation, now)


def tell_of_withdrawal(db: Session, consultation: Consultation, *, now: datetime) -> None:
    _tell(db, consultation.therapist, "consultation-withdrawn", consultation, now)


def tell_of_expiry(
    db: Session, consultation: Consultation, *, nearest: Sequence[datetime], now: datetime
) -> None:
    _tell(db, consultation.client, "consultation-expired", consultation, now, nearest=nearest)
    _tell(db, consultation.therapist, "consultation-unanswered", consultation, now)


def _tell(
    db: Session,
    person: Person,
    message: str,
    consultation: Consultation,
    now: datetime,
    calendar: _File | None = None,
    **more: object,
) -> None:
    """Everything a message may tell: two times at most, the therapist, the reader's zone and its changes."""
    zone = zone_called(person.time_zone, current_practice().zone)
    changes = clock_changes(str(zone), minute_of(now), minute_of(consultation.starts_at))
    earlier = consultation.replaces
    outbox.post(
        db,
        message,
        to=person.email,
        now=now,
        calendar=calendar,
        consultation=consultation,
        earlier=earlier if earlier is not None and earlier.holds_its_time else None,
        replaced=earlier if earlier is not None and earlier.status is Status.REPLACED else None,
        zone=zone,
        clocks_change_at=moment_of(changes[-1]) if changes else None,
        **more,
    )
