"""Finding what a therapist's diary says: everything that offering a time needs, in two queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, Date, Integer, Select, String, bindparam, cast, null, select, union_all
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.diary.kinds import FIRST_CONSULTATION, Kind, Stamina, Weeks
from portal.diary.models import ConsultationKind, DaysDiffer, Diary, WorkingHours
from portal.errors import NotFound
from portal.statements import rows

# In `info` of a session that changes a diary, where what it reads is new and may never come to be.
CHANGED_HERE = "changes_a_diary"

# (ISO weekday, first minute, end minute, weeks: 0 every, 1 odd, 2 even), of the wall clock.
Hours = tuple[int, int, int, int]
# (first day, last day, stretches as (first minute, end minute)).
Differ = tuple[date, date, Sequence[tuple[int, int]]]

_WEEKS = {Weeks.EVERY: 0, Weeks.ODD: 1, Weeks.EVEN: 2}
_KIND_COLUMNS = (
    ConsultationKind.id,
    ConsultationKind.reference,
    ConsultationKind.name,
    ConsultationKind.is_first,
    ConsultationKind.manner,
    ConsultationKind.length,
    ConsultationKind.gap_before,
    ConsultationKind.gap_after,
    ConsultationKind.notice,
    ConsultationKind.horizon,
    ConsultationKind.changes_until,
    ConsultationKind.place,
    ConsultationKind.own_hours,
    ConsultationKind.retired,
)
_KIND_NAMES = tuple(column.key for column in _KIND_COLUMNS)
_DIARY_COLUMNS = (
    Diary.holiday_country,
    Diary.holiday_region,
    Diary.holidays_worked,
    Diary.most_a_day,
    Diary.most_a_week,
    Diary.most_first_a_day,
    Diary.most_in_a_row,
    Diary.rest,
    Diary.most_open_requests,
    Diary.answers_first,
)
_RULES: Select[*tuple[Any, ...]] = (
    select(Therapist.time_zone, *_DIARY_COLUMNS, *_KIND_COLUMNS)
    .outerjoin(Diary, Diary.therapist_id == Therapist.id)
    .outerjoin(ConsultationKind, ConsultationKind.therapist_id == Therapist.id)
    .where(Therapist.id == bindparam("therapist_id"))
    .order_by(ConsultationKind.position, ConsultationKind.id)
)
# Whoever is about to take or free a therapist's time holds the therapist's row: one after the other. SQLite
# has one writer, and leaves FOR UPDATE out.
_RULES_LOCKED = _RULES.with_for_update(of=Therapist)
_OPENINGS = union_all(
    select(
        WorkingHours.kind_id,
        WorkingHours.weekday,
        WorkingHours.starts_minute,
        WorkingHours.ends_minute,
        WorkingHours.weeks,
        cast(null(), Integer).label("written"),
        cast(null(), Date).label("first_day"),
        cast(null(), Date).label("last_day"),
        cast(null(), JSON).label("stretches"),
    ).where(WorkingHours.therapist_id == bindparam("therapist_id")),
    select(
        cast(null(), Integer),
        cast(null(), Integer),
        cast(null(), Integer),
        cast(null(), Integer),
        cast(null(), String),
        DaysDiffer.id,
        DaysDiffer.first_day,
        DaysDiffer.last_day,
        DaysDiffer.stretches,
    ).where(DaysDiffer.therapist_id == bindparam("therapist_id")),
)


# By database and therapist: what this process has read, and the state of the diary in which it was read.
_kept: WeakKeyDictionary[Any, dict[int, tuple[int, Rules]]] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All that a diary says about times, as plain values."""

    time_zone: str
    # As they are stored, in the therapist's order; retired ones too.
    kinds: Sequence[Kind]
    # By the kind whose own they are; None for the ordinary ones.
    hours: dict[int | None, list[Hours]]
    # Those written down later come later.
    differ: Sequence[Differ]
    holiday_country: str | None = None
    holiday_region: str | None = None
    holidays_worked: Sequence[str] = ()
    stamina: Stamina = field(default_factory=Stamina)
    most_open_requests: int = 1
    answers_first: bool = False

    def hours_for(self, kind: Kind) -> Sequence[Hours]:
        return self.hours.get(kind.id if kind.own_hours else None, [])

    @property
    def on_offer(self) -> Sequence[Kind]:
        """The kinds that can be asked for: those not retired, or the usual first consultation."""
        return [kind for kind in self.kinds if not kind.retired] or [FIRST_CONSULTATION]

    def usual(self, *, has_met: bool) -> Kind:
        """What somebody is most likely to ask for: a follow-up once the two have met."""
        fits = (kind for kind in self.on_offer if kind.is_first is not has_met)
        return next(fits, self.on_offer[0])

    def kind_called(self, reference: str) -> Kind:
        """One that can be asked for. Raises NotFound."""
        for kind in self.on_offer:
            if kind.reference == reference:
                return kind
        raise NotFound

    def kind_with_id(self, kind_id: int | None) -> Kind:
        """The kind of a consultation that exists, retired or not."""
        return next((kind for kind in self.kinds if kind.id == kind_id), FIRST_CONSULTATION)


def rules_of(db: Session, therapist_id: int, *, to_change: bool = False) -> Rules:
    """What this therapist's diary says. `to_change` keeps everybody else from taking or freeing their time.

    Two queries, whatever the diary holds. Raises NotFound.
    """
    asked = {"therapist_id": therapist_id}
    found = rows(db, _RULES_LOCKED if to_change else _RULES, asked)
    if not found:
        raise NotFound
    time_zone, *rest = found[0]
    country, region, worked, *limits = rest[: len(_DIARY_COLUMNS)]
    *most, most_requests, answers_first = limits
    hours, differ = _openings(db, asked)
    return Rules(
        time_zone=time_zone,
        kinds=[_kind(row[1 + len(_DIARY_COLUMNS) :]) for row in found if row.id is not None],
        hours=hours,
        differ=differ,
        holiday_country=country,
        holiday_region=region,
        holidays_worked=worked or (),
        stamina=_stamina(most),
        # Without a diary row, every one of its columns is None.
        most_open_requests=most_requests or 1,
        answers_first=bool(answers_first),
    )


def kept_rules_of(db: Session, therapist: Therapist) -> Rules:
    """The same, without any query where this process has read them since they were last changed.

    For those who look for times or ask for one; whoever changes a diary reads it as it stands there. They are
    those of the state in which the therapist was read: whoever decides by them looks behind the lock whether
    it still is (`Offer.diary_state`). Raises NotFound.
    """
    if CHANGED_HERE in db.info:
        return rules_of(db, therapist.id)
    kept = _kept.setdefault(db.get_bind().engine, {})
    known = kept.get(therapist.id)
    if known is not None and known[0] == therapist.diary_state:
        return known[1]
    rules = rules_of(db, therapist.id)
    # Before anything is said of a diary, nothing tells one state of it from another.
    if therapist.diary_state:
        kept[therapist.id] = therapist.diary_state, rules
    return rules


def hours_of(db: Session, therapist: Therapist) -> Sequence[WorkingHours]:
    """The therapist's week, Monday first."""
    return db.scalars(
        select(WorkingHours)
        .where(WorkingHours.therapist_id == therapist.id)
        .order_by(WorkingHours.weekday, WorkingHours.starts_minute)
    ).all()


def version_of(db: Session, therapist: Therapist) -> int:
    """How often something of the diary was said; 0 before the first time."""
    return db.scalar(select(Diary.version).where(Diary.therapist_id == therapist.id)) or 0


def days_ahead(db: Session, therapist: Therapist, *, since: date) -> Sequence[DaysDiffer]:
    """The days that differ and are not over yet, soonest first."""
    return db.scalars(
        select(DaysDiffer)
        .where(DaysDiffer.therapist_id == therapist.id, DaysDiffer.last_day >= since)
        .order_by(DaysDiffer.first_day, DaysDiffer.id)
    ).all()


def days_called(db: Session, therapist: Therapist, reference: str) -> DaysDiffer:
    """Days of this therapist that differ. Raises NotFound, for another's too."""
    found = db.scalar(
        select(DaysDiffer).where(DaysDiffer.reference == reference, DaysDiffer.therapist_id == therapist.id)
    )
    if found is None:
        raise NotFound
    return found


def kind_called(db: Session, therapist: Therapist, reference: str) -> ConsultationKind:
    """One of this therapist's kinds, retired or not. Raises NotFound, for another's too."""
    found = db.scalar(
        select(ConsultationKind).where(
            ConsultationKind.reference == reference, ConsultationKind.therapist_id == therapist.id
        )
    )
    if found is None:
        raise NotFound
    return found


def only_therapist(db: Session) -> Therapist | None:
    """The one therapist of the practice; None if there are several, or none."""
    found = db.scalars(select(Therapist).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _stamina(most: Sequence[int | None]) -> Stamina:
    a_day, a_week, first_a_day, in_a_row, rest = most
    return Stamina(
        most_a_day=a_day,
        most_a_week=a_week,
        most_first_a_day=first_a_day,
        most_in_a_row=in_a_row,
        rest=rest or Stamina.rest,
    )


def _kind(values: Sequence[Any]) -> Kind:
    return Kind(**dict(zip(_KIND_NAMES, values, strict=True)))


def _openings(db: Session, asked: dict[str, int]) -> tuple[dict[int | None, list[Hours]], list[Differ]]:
    hours: dict[int | None, list[Hours]] = {}
    differ: list[tuple[int, Differ]] = []
    for kind_id, weekday, starts, ends, weeks, written, first, last, stretches in rows(db, _OPENINGS, asked):
        if written is None:
            hours.setdefault(kind_id, []).append((weekday, starts, ends, _WEEKS[weeks]))
        else:
            differ.append((written, (first, last, [(begins, until) for begins, until in stretches])))
    return hours, [each for _, each in sorted(differ)]


def kinds_with_ids(db: Session, ids: Collection[int]) -> Mapping[int, ConsultationKind]:
    """These kinds, offered or not; without any, nothing is asked."""
    if not ids:
        return {}
    return {
        kind.id: kind for kind in db.scalars(select(ConsultationKind).where(ConsultationKind.id.in_(ids)))
    }
