"""Whether anything is amiss on a therapist's desk beside their people: asked in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, literal, select
from sqlalchemy.orm import Session, joinedload

from portal.accounts.models import Therapist
from portal.calendars.models import CalendarSource
from portal.calendars.queries import Source, source_shown
from portal.diary.models import WorkingHours

_THERAPIST = bindparam("therapist_id", type_=Therapist.id.type)
# A row even where every calendar answers: whether there are hours is to be known then too.
_ALWAYS = select(literal(1).label("one")).subquery()
_ASKED = (
    select(exists().where(WorkingHours.therapist_id == _THERAPIST).label("hours"), CalendarSource)
    .select_from(_ALWAYS)
    .outerjoin(
        CalendarSource,
        and_(CalendarSource.therapist_id == _THERAPIST, CalendarSource.failed_at.is_not(None)),
    )
    .order_by(CalendarSource.id)
    .options(joinedload(CalendarSource.data_key))
)


class Trouble(NamedTuple):
    """What is worth a closer look."""

    has_hours: bool
    # Calendars elsewhere that do not answer.
    failing: Sequence[Source]


def trouble_of(db: Session, therapist: Therapist, *, now: datetime) -> Trouble:
    """In one query."""
    found = db.execute(_ASKED, {"therapist_id": therapist.id}).all()
    failing = [source_shown(db, source, now=now) for _, source in found if source is not None]
    return Trouble(bool(found[0].hours), failing)
