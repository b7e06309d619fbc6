"""Saying when consultations are taken: the week, days that differ, holidays, and how much is enough.

Each of these holds the therapist's row, as asking for a time does, so that a time is never judged by half of
a change. What is in the diary already stays there, whatever the hours become.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Therapist
from portal.diary.changing import changing, diary_to_change
from portal.diary.importing import Found
from portal.diary.kinds import Stamina, Weeks
from portal.diary.models import ConsultationKind, DaysDiffer, WorkingHours
from portal.diary.opening import holidays_in, unfit_hours
from portal.diary.queries import Rules, rules_of
from portal.diary.week import EVEN, ODD, Hours, Stretch
from portal.errors import Refused

MOST_STRETCHES = 70
MOST_DAYS = 500
# How far ahead days that differ can be written down, and how many of them at once.
FURTHEST = timedelta(days=2 * 366)

_WEEKS = {ODD: Weeks.ODD, EVEN: Weeks.EVEN}


class HoursDoNotFit(Refused):
    """These hours cannot be meant; `refusals` are those of `opening.unfit_hours`."""

    def __init__(self, refusals: Sequence[Refused]) -> None:
        super().__init__(*refusals)
        self.refusals = refusals


class TooManyHours(Refused):
    """More stretches than anybody's week has."""


class TooManyDays(Refused):
    """As many days differ as one may write down."""


class LastBeforeFirst(Refused):
    """The last day lies before the first."""


class DaysAreOver(Refused):
    """The last of them lies in the past."""


class DaysTooFar(Refused):
    """They reach further ahead than anybody plans."""


class NothingInIt(Refused):
    """The calendar says nothing of when consultations are taken."""


def set_hours(
    db: Session,
    therapist: Therapist,
    hours: Sequence[Hours],
    *,
    now: datetime,
    kind: ConsultationKind | None = None,
    seen: int | None = None,
) -> None:
    """These are the hours of the week from now on, or a kind's own, in place of those before.

    They are of the wall clock in the therapist's zone, as `slots.open_starts` takes them. `seen` is the
    diary's version that somebody had before their eyes. Raises TooManyHours, HoursDoNotFit, and Overtaken if
    the diary has been changed since it was seen.
    """
    with changing(db, therapist, now=now, seen=seen):
        _set_week(db, therapist, hours, kind=kind)


def add_days(
    db: Session, therapist: Therapist, *, first: date, last: date, stretches: Sequence[Stretch], now: datetime
) -> DaysDiffer:
    """From the first to the last day, both included, these are the hours; none if the therapist is away.

    They count before the weekday's hours, before holidays, and before what was written down for these days
    earlier. Days are those of the therapist's zone. Raises LastBeforeFirst, DaysAreOver, DaysTooFar,
    TooManyDays, HoursDoNotFit.
    """
    today = _day_of(therapist, now)
    if last < first:
        raise LastBeforeFirst
    if last < today:
        raise DaysAreOver
    if last > today + FURTHEST:
        raise DaysTooFar
    with changing(db, therapist, now=now):
        # Where there are several days, one may run into the next.
        days = (1, 2) if last > first else (1,)
        length, gap = _least_room(rules_of(db, therapist.id))
        _judge([(day, begins, ends, 0) for day in days for begins, ends in stretches], therapist, length, gap)
        return _keep_days(db, therapist, [(first, last, stretches)], today=today)[0]


def remove_days(db: Session, therapist: Therapist, days: DaysDiffer, *, now: datetime) -> None:
    """These days are like their weekdays again."""
    with changing(db, therapist, now=now):
        db.delete(days)


def choose_holidays(
    db: Session, therapist: Therapist, *, country: str | None, region: str | None, now: datetime
) -> None:
    """Whose public holidays close a day; None for nobody's. Codes as `opening.holiday_countries` has them.

    What was said of single holidays is forgotten when the country is another one. Raises CountryUnknown,
    RegionUnknown.
    """
    if country is not None:
        holidays_in(country, region, (1970,))
    with changing(db, therapist, now=now) as diary:
        if diary.holiday_country != country:
            diary.holidays_worked = []
        diary.holiday_country, diary.holiday_region = country, region if country else None


def switch_holidays(
    db: Session, therapist: Therapist, *, shown: Collection[str], closed: Collection[str], now: datetime
) -> None:
    """Of the holidays with the names that were shown, those in `closed` close their day; on the others the
    therapist works all the same. What was not shown stays as it is.
    """
    with changing(db, therapist, now=now) as diary:
        diary.holidays_worked = sorted({*diary.holidays_worked} - {*shown} | ({*shown} - {*closed}))


def set_limits(
    db: Session, therapist: Therapist, stamina: Stamina, *, most_open_requests: int, answers_first: bool
) -> None:
    """How many consultations are enough, how many requests a client may have open, and whether the
    questionnaire comes first. What is asked for or settled already stays, be it more than that.
    """
    diary = diary_to_change(db, therapist)
    diary.most_a_day, diary.most_a_week = stamina.most_a_day, stamina.most_a_week
    diary.most_first_a_day, diary.most_in_a_row = stamina.most_first_a_day, stamina.most_in_a_row
    diary.rest = stamina.rest
    diary.most_open_requests, diary.answers_first = most_open_requests, answers_first


def take_over(db: Session, therapist: Therapist, found: Found, *, now: datetime) -> None:
    """What a calendar says becomes the diary: its week in place of the week before, if it has one, and its
    days beside the days that differ. The same calendar taken over twice is the same as once.

    Raises NothingInIt, TooManyHours, TooManyDays, HoursDoNotFit.
    """
    if not found.hours and not found.days:
        raise NothingInIt
    with changing(db, therapist, now=now):
        if found.hours:
            _set_week(db, therapist, found.hours)
        for first, last, _ in found.days:
            db.execute(
                delete(DaysDiffer).where(
                    DaysDiffer.therapist_id == therapist.id,
                    DaysDiffer.first_day == first,
                    DaysDiffer.last_day == last,
                )
            )
        _keep_days(db, therapist, found.days, today=_day_of(therapist, now))


def _set_week(
    db: Session, therapist: Therapist, hours: Sequence[Hours], *, kind: ConsultationKind | None = None
) -> None:
    if len(hours) > MOST_STRETCHES:
        raise TooManyHours
    if kind is None:
        length, gap = _least_room(rules_of(db, therapist.id))
    else:
        length, gap, kind.own_hours = kind.length, max(kind.gap_before, kind.gap_after), True
    _judge(hours, therapist, length, gap)
    _replace_hours(db, therapist, hours, kind_id=kind.id if kind else None)


def _day_of(therapist: Therapist, now: datetime) -> date:
    return now.astimezone(ZoneInfo(therapist.time_zone)).date()


def _least_room(rules: Rules) -> tuple[int, int]:
    """What the shortest kind that is asked for in the ordinary hours needs: its length, and its gap."""
    ordinary = ((kind.length, kind.gap) for kind in rules.on_offer if not kind.own_hours)
    return min(ordinary, default=(0, 0))


def _judge(hours: Sequence[Hours], therapist: Therapist, length: int, gap: int) -> None:
    refusals = unfit_hours(hours, zone=therapist.time_zone, length=length, gap=gap)
    if refusals:
        raise HoursDoNotFit(refusals)


def _replace_hours(db: Session, therapist: Therapist, hours: Iterable[Hours], *, kind_id: int | None) -> None:
    db.execute(
        delete(WorkingHours).where(
            WorkingHours.therapist_id == therapist.id, WorkingHours.kind_id.is_not_distinct_from(kind_id)
        )
    )
    for weekday, first, end, weeks in hours:
        db.add(
            WorkingHours(
                therapist_id=therapist.id,
                kind_id=kind_id,
                weekday=weekday,
                starts_minute=first,
                ends_minute=end,
                weeks=_WEEKS.get(weeks, Weeks.EVERY),
            )
        )


def _keep_days(
    db: Session, therapist: Therapist, days: Sequence[tuple[date, date, Sequence[Stretch]]], *, today: date
) -> list[DaysDiffer]:
    """Write them down in their order, and forget those that were over long ago."""
    db.execute(
        delete(DaysDiffer).where(
            DaysDiffer.therapist_id == therapist.id, DaysDiffer.last_day < today - FURTHEST
        )
    )
    ahead = select(func.count()).where(DaysDiffer.therapist_id == therapist.id, DaysDiffer.last_day >= today)
    if (db.scalar(ahead) or 0) + len(days) > MOST_DAYS:
        raise TooManyDays
    made = [
        DaysDiffer(
            therapist_id=therapist.id,
            first_day=first,
            last_day=last,
            stretches=[list(stretch) for stretch in stretches],
        )
        for first, last, stretches in days
    ]
    db.add_all(made)
    # Their ids say which of them was written down later.
    db.flush()
    return made
