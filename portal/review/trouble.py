"""Whether anything is amiss on a therapist's desk: asked in one query, since mostly nothing is."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.calendars.models import CalendarSource
from portal.diary.models import WorkingHours
from portal.mail.queries import undelivered

_ASKED = select(
    undelivered().order_by(None).exists().label("mails"),
    exists()
    .where(
        CalendarSource.therapist_id == bindparam("therapist_id"),
        CalendarSource.failed_at.is_not(None),
    )
    .label("calendars"),
    exists().where(WorkingHours.therapist_id == bindparam("therapist_id")).label("hours"),
)


class Trouble(NamedTuple):
    """What is worth a closer look; a mail may be somebody else's."""

    mails: bool
    calendars: bool
    has_hours: bool


def trouble_of(db: Session, therapist: Therapist) -> Trouble:
    """In one query."""
    row = db.execute(_ASKED, {"therapist_id": therapist.id}).one()
    return Trouble(bool(row.mails), bool(row.calendars), bool(row.hours))
