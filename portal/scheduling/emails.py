"""The messages that scheduling sends. None says what an appointment is about, or who has asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.queries import Person, zone_of
from portal.diary.clocks import last_change
from portal.mail import outbox
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.models import Consultation

_File = tuple[str, str]


def tell_of_request(
    db: Session, consultation: Consultation, *, calendar: _File | None, now: datetime
) -> None:
    """The times that are held are loaded with it."""
    last = max(window.starts_at for window in consultation.windows)
    _tell(db, consultation.client, "consultation-held", consultation, now, calendar, last=last)
    _tell(db, consultation.therapist, "consultation-requested", consultation, now, last=last)


def remind_to_answer(db: Session, consultation: Consultation, *, now: datetime) -> None:
    """The times that are held are loaded with it."""
    last = max(window.starts_at for window in consultation.windows)
    _tell(db, consultation.therapist, "consultation-to-answer", consultation, now, last=last)


def remind_of_consultation(db: Session, consultation: Consultation, *, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-to-come", consultation, now)


def tell_of_earlier_time(db: Session, consultation: Consultation, *, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-earlier", consultation, now)


def tell_of_acceptance(db: Session, consultation: Consultation, *, calendar: _File, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-settled", consultation, now, calendar)
    _tell(db, consultation.therapist, "consultation-accepted", consultation, now)


def tell_of_none_taken(
    db: Session, consultation: Consultation, *, calendar: _File | None = None, now: datetime
) -> None:
    """Who says so knows it, but their calendar may not. What the portal offered, nobody else waits for."""
    if calendar:
        _tell(db, consultation.client, "consultation-none-taken", consultation, now, calendar)
    if consultation.begun_by is not Party.PORTAL:
        _tell(db, consultation.therapist, "consultation-none-fits", consultation, now)


def tell_of_note(db: Session, consultation: Consultation, *, now: datetime) -> None:
    _tell(db, consultation.therapist, "consultation-note", consultation, now)


def tell_of_undoing(
    db: Session, consultation: Consultation, *, by: Party, calendar: _File | None, now: datetime
) -> None:
    """Who takes it back knows it, but their calendar does not."""
    last = max(window.starts_at for window in consultation.windows)
    _tell(db, consultation.client, "consultation-as-before", consultation, now, calendar, last=last, by=by)
    if by is Party.CLIENT:
        _tell(db, consultation.therapist, "consultation-wanted-again", consultation, now, last=last)


def tell_of_confirmation(db: Session, consultation: Consultation, *, calendar: _File, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-confirmed", consultation, now, calendar)


def tell_of_placing(db: Session, consultation: Consultation, *, calendar: _File, now: datetime) -> None:
    _tell(db, consultation.client, "consultation-placed", consultation, now, calendar)


def tell_of_proposal(
    db: Session, consultation: Consultation, *, calendar: _File | None, now: datetime
) -> None:
    """The times that are offered are loaded with it."""
    last = max(window.starts_at for window in consultation.windows)
    _tell(db, consultation.client, "consultation-proposed", consultation, now, calendar, last=last)


def tell_of_offer_withdrawn(
    db: Session, consultation: Consultation, *, calendar: _File | None, now: datetime
) -> None:
    _tell(db, consultation.client, "consultation-offer-withdrawn", consultation, now, calendar)


def tell_of_decline(
    db: Session, consultation: Consultation, *, calendar: _File | None = None, now: datetime
) -> None:
    _tell(db, consultation.client, "consultation-declined", consultation, now, calendar)


def tell_of_cancellation(
    db: Session,
    consultation: Consultation,
    *,
    by: Party,
    was: Status,
    calendar: _File | None,
    now: datetime,
) -> None:
    """Who cancels their own time knows it, but their calendar may not. `was` is how it stood until then."""
    if calendar:
        _tell(db, consultation.client, "consultation-cancelled", consultation, now, calendar, by=by, was=was)
    if by is Party.CLIENT:
        _tell(db, consultation.therapist, "consultation-withdrawn", consultation, now)


def tell_of_expiry(
    db: Session,
    consultation: Consultation,
    *,
    was: Status,
    nearest: Sequence[datetime],
    calendar: _File | None,
    now: datetime,
) -> None:
    """`was` is how it stood until then: what the portal offered by itself, the therapist never waited for."""
    offered = was is Status.PROPOSED
    last = max([consultation.starts_at, *nearest])
    message = "consultation-offer-over" if offered else "consultation-expired"
    _tell(db, consultation.client, message, consultation, now, calendar, last=last, nearest=nearest)
    if not offered:
        _tell(db, consultation.therapist, "consultation-unanswered", consultation, now)
    elif consultation.begun_by is not Party.PORTAL:
        _tell(db, consultation.therapist, "consultation-offer-unanswered", consultation, now)


def tell_of_lapse(
    db: Session, consultation: Consultation, *, nearest: Sequence[datetime], now: datetime
) -> None:
    last = max([consultation.starts_at, *nearest])
    _tell(
        db, consultation.client, "consultation-kept-no-longer", consultation, now, last=last, nearest=nearest
    )


def _tell(
    db: Session,
    person: Person,
    message: str,
    consultation: Consultation,
    now: datetime,
    calendar: _File | None = None,
    last: datetime | None = None,
    **more: object,
) -> None:
    """Everything a message may tell: some times, the therapist, the reader's zone and its changes.

    `last` is the last of the times, if it names several.
    """
    zone = zone_of(person)
    earlier = consultation.replaces
    outbox.post(
        db,
        message,
        to=person.email,
        now=now,
        calendar=calendar,
        with_file=calendar is not None,
        consultation=consultation,
        earlier=earlier if earlier is not None and earlier.holds_its_time else None,
        replaced=earlier if earlier is not None and earlier.status is Status.REPLACED else None,
        zone=zone,
        clocks_change_at=last_change(str(zone), now, last or consultation.starts_at),
        **more,
    )
