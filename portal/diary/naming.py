"""Naming the kinds of consultation: what each is like, in which order, and which are offered no more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.diary.changing import changing, diary_to_change
from portal.diary.kinds import Kind
from portal.diary.models import ConsultationKind
from portal.diary.queries import Rules, rules_of
from portal.errors import Refused

MOST_KINDS = 20


class TooManyKinds(Refused):
    """There are as many kinds as one may have."""


class NoHoursAsLong(Refused):
    """A consultation of this length fits into none of the hours; the longest are `longest` minutes."""

    def __init__(self, longest: int) -> None:
        super().__init__(longest)
        self.longest = longest


class GapLongerThanAllHours(NoHoursAsLong):
    """The free time around it is longer than any of the hours."""


def add_kind(db: Session, therapist: Therapist, kind: Kind) -> ConsultationKind:
    """Another kind of consultation, after those that there are. With the first one, the usual first
    consultation of those who name none is offered no more.

    Its id and reference are made here; it needs a manner. Raises TooManyKinds, NoHoursAsLong,
    GapLongerThanAllHours.
    """
    diary_to_change(db, therapist)
    rules = rules_of(db, therapist.id)
    if len(rules.kinds) >= MOST_KINDS:
        raise TooManyKinds
    _judge_kind(rules, kind)
    added = ConsultationKind(therapist_id=therapist.id, position=len(rules.kinds) + 1)
    _describe(added, kind)
    db.add(added)
    db.flush()
    return added


def change_kind(
    db: Session, therapist: Therapist, changed: ConsultationKind, kind: Kind, *, now: datetime
) -> None:
    """From now on this kind is like that; consultations that were asked for stay as they are.

    Raises NoHoursAsLong, GapLongerThanAllHours.
    """
    with changing(db, therapist, now=now):
        # What it is judged by are the hours that it will have: its own, if it has any already.
        _judge_kind(rules_of(db, therapist.id), kind, kind_id=changed.id)
        _describe(changed, kind)


def retire_kind(db: Session, therapist: Therapist, kind: ConsultationKind) -> None:
    """It is offered no more; consultations of it go on."""
    diary_to_change(db, therapist)
    kind.retired = True


def bring_back_kind(db: Session, therapist: Therapist, kind: ConsultationKind) -> None:
    """It is offered again."""
    diary_to_change(db, therapist)
    kind.retired = False


def move_kind_up(db: Session, therapist: Therapist, kind: ConsultationKind) -> None:
    """It changes places with the kind before it; nothing happens to the first one."""
    diary_to_change(db, therapist)
    ordered = list(
        db.scalars(
            select(ConsultationKind)
            .where(ConsultationKind.therapist_id == therapist.id)
            .order_by(ConsultationKind.position, ConsultationKind.id)
            .execution_options(populate_existing=True)
        )
    )
    place = ordered.index(kind)
    ordered.insert(max(place - 1, 0), ordered.pop(place))
    for position, each in enumerate(ordered, start=1):
        each.position = position


def _judge_kind(rules: Rules, kind: Kind, *, kind_id: int | None = None) -> None:
    """Only against hours that there are: some write down their kinds first."""
    hours = rules.hours.get(kind_id if kind.own_hours else None, [])
    longest = max((end - first for _, first, end, _ in hours), default=None)
    if longest is None:
        return
    if kind.length > longest:
        raise NoHoursAsLong(longest)
    if kind.gap > longest:
        raise GapLongerThanAllHours(longest)


def _describe(row: ConsultationKind, kind: Kind) -> None:
    assert kind.manner is not None
    row.name, row.is_first, row.manner = kind.name, kind.is_first, kind.manner
    row.length, row.gap_before, row.gap_after = kind.length, kind.gap_before, kind.gap_after
    row.notice, row.horizon, row.changes_until = kind.notice, kind.horizon, kind.changes_until
    row.place, row.own_hours = kind.place, kind.own_hours
