"""What the pictures are made of: a year at most, and two thousand of everything, however much there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, literal_column, select
from sqlalchemy.orm import Session

from portal.accounts.models import Client, Therapist
from portal.diary.clocks import minute_of
from portal.diary.hours import hours_between
from portal.diary.kinds import FIRST_CONSULTATION
from portal.diary.queries import rules_of
from portal.figures.drawing import Asked
from portal.intake.models import Intake
from portal.scheduling.lifecycle import Party, Status
from portal.scheduling.models import Consultation, ConsultationEvent
from portal.scheduling.offers import taken_between
from portal.statements import rows

MOST = 2000
LOOKED_BACK = timedelta(days=365)
STEPS = ("Came", "Sent their answers", "Asked for a time", "Had a time confirmed", "Met")

_NEWEST = (
    select(Client.id)
    .where(
        Client.therapist_id == bindparam("therapist_id"),
        Client.proved_at.is_not(None),
        Client.joined_at > bindparam("since"),
    )
    .order_by(Client.id.desc())
    .limit(MOST)
    .subquery("newest")
)


def _how_many(*conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """How many of the newest have a row for which these hold."""
    has = select(literal_column("1")).where(*conditions).exists()
    return func.coalesce(func.sum(case((has, 1), else_=0)), 0)


_THEIRS = Consultation.client_id == _NEWEST.c.id
_WAY = select(
    func.count(),
    _how_many(Intake.client_id == _NEWEST.c.id, Intake.sent_at.is_not(None)),
    _how_many(_THEIRS),
    _how_many(_THEIRS, Consultation.settled_at.is_not(None)),
    _how_many(_THEIRS, Consultation.status == Status.MET),
).select_from(_NEWEST)
_ASKED = (
    select(
        Consultation.asked_at,
        select(func.min(ConsultationEvent.happened_at))
        .where(
            ConsultationEvent.consultation_id == Consultation.id,
            ConsultationEvent.party == Party.THERAPIST,
        )
        .correlate(Consultation)
        .scalar_subquery(),
    )
    .where(
        Consultation.therapist_id == bindparam("therapist_id"),
        Consultation.begun_by == Party.CLIENT,
        # What is taken back before anybody could answer says nothing about answering.
        Consultation.status.not_in([Status.KEPT, Status.REQUESTED, Status.CANCELLED]),
        Consultation.starts_at > bindparam("since"),
        Consultation.starts_at < bindparam("until"),
    )
    .order_by(Consultation.starts_at.desc())
    .limit(MOST)
)


def way_of_many(db: Session, therapist: Therapist, *, now: datetime) -> Mapping[str, int]:
    """How many of those who came within a year reached each step, in one query."""
    asked = {"therapist_id": therapist.id, "since": now - LOOKED_BACK}
    return dict(zip(STEPS, rows(db, _WAY, asked)[0], strict=True))


def requests_to(db: Session, therapist: Therapist, *, now: datetime) -> Sequence[Asked]:
    """When each was asked and answered, for times of a year back and those to come, in one query."""
    asked = {"therapist_id": therapist.id, "since": now - LOOKED_BACK, "until": now + LOOKED_BACK}
    return [
        Asked(asked_at=asked_at, answered_at=answered_at) for asked_at, answered_at in rows(db, _ASKED, asked)
    ]


def weeks_to_come(
    db: Session, therapist: Therapist, weeks: Sequence[tuple[datetime, datetime]]
) -> Sequence[tuple[timedelta, timedelta]]:
    """For each of these weeks, in order, how much of the working hours is held and how much is free."""
    since, until = minute_of(weeks[0][0]), minute_of(weeks[-1][1])
    rules = rules_of(db, therapist.id)
    kinds = {kind.id if kind.own_hours else None: kind for kind in rules.on_offer}
    kinds.setdefault(None, FIRST_CONSULTATION)
    open_minutes = {
        minute
        for kind in kinds.values()
        for begins, ends in hours_between(rules, kind, since, until)
        for minute in range(begins, ends)
    }
    held_minutes = {
        minute
        for taken in taken_between(db, therapist.id, since, until)
        for minute in range(taken.busy.starts, taken.busy.ends)
    }
    return [_split(open_minutes, held_minutes, *map(minute_of, week)) for week in weeks]


def _split(hours: set[int], held: set[int], since: int, until: int) -> tuple[timedelta, timedelta]:
    here = {minute for minute in hours if since <= minute < until}
    return timedelta(minutes=len(here & held)), timedelta(minutes=len(here - held))
