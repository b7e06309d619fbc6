"""What the therapist is told by mail: that a calendar is silent, and neither which nor what for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.queries import zone_of
from portal.calendars.models import CalendarSource
from portal.mail.outbox import post


def tell_of_silence(db: Session, source: CalendarSource, *, now: datetime) -> None:
    """The source's therapist has to be loaded."""
    therapist = source.therapist
    post(
        db,
        "calendar-silent",
        to=therapist.email,
        now=now,
        therapist=therapist,
        source=source,
        zone=zone_of(therapist),
    )
