"""Saying when consultations are taken: the week, days that differ, holidays, kinds, and how much is enough.

Each of these holds the therapist's row, as asking for a time does, so that a time is never judged by half of
a change. What is in the diary already stays there, whatever the hours become.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from portal.accounts.models import Therapist
from portal.diary.importing import Found
from portal.diary.kinds import Kind, Stamina, Weeks
from portal.diary.models import ConsultationKind, DaysDiffer, Diary, WorkingHours
from portal.diary.opening import holidays_in, unfit_hours
from portal.diary.queries import Rules, rules_of
from portal.diary.week import EVEN, ODD, Hours, Stretch
from portal.errors import Overtaken, Refused
from portal.journal.lines import What
from portal.journal.noting import note

MOST_STRETCHES = 70
MOST_DAYS = 500
MOST_KINDS = 20
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


class TooManyKinds(Refused):
    """There are as many kinds as one may have."""


class NoHoursAsLong(Refused):
    """A consultation of this length fits into none of the hours; the longest are `longest` minutes."""

    def __init__(self, longest: int) -> None:
        super().__init__(longest)
        self.longest = longest


class GapLongerThanAllHours(NoHoursAsLong):
    """The free time around it is longer than any of the hours."""


class NothingInIt(Refused):
    """The calendar says nothing of when consultations are taken."""


def set_hours(
    db: Session,
    therapist: Therapist,
    hours: Sequence[Hours],
    *,
    kind: ConsultationKind | None = None,
    seen: int | None = None,
) -> None:
    """These are the hours of the week from now on, or a kind's own, in place of those before.

    They are of the wall clock in the therapist's zone, as `slots.open_starts` takes them. `seen` is the
    diary's version that somebody had before their eyes. Raises TooManyHours, HoursDoNotFit, and Overtaken if
    the diary has been changed since it was seen.
    """
    if len(hours) > MOST_STRETCHES:
        raise TooManyHours
    _diary_to_change(db, therapist, seen=seen)
    if kind is None:
        length, gap = _least_room(rules_of(db, therapist.id))
    else:
        length, gap, kind.own_hours = kind.length, max(kind.gap_before, kind.gap_after), True
    _judge(hours, therapist, length, gap)
    _replace_hours(db, therapist, hours, kind_id=kind.id if kind else None)


def add_days(
    db: Session, therapist: Therapist, *, first: date, last: date, stretches: Sequence[Stretch], today: date
) -> DaysDiffer:
    """From the first to the last day, both included, these are the hours; none if the therapist is away.

    They count before the weekday's hours, before holidays, and before what was written down for these days
    earlier. `today` is a day of the therapist's zone. Raises LastBeforeFirst, DaysAreOver, DaysTooFar,
    TooManyDays, HoursDoNotFit.
    """
    if last < first:
        raise LastBeforeFirst
    if last < today:
        raise DaysAreOver
    if last > today + FURTHEST:
        raise DaysTooFar
    _diary_to_change(db, therapist)
    # Where there are several days, one may run into the next.
    days = (1, 2) if last > first else (1,)
    length, gap = _least_room(rules_of(db, therapist.id))
    _judge([(day, begins, ends, 0) for day in days for begins, ends in stretches], therapist, length, gap)
    return _keep_days(db, therapist, [(first, last, stretches)], today=today)[0]


def remove_days(db: Session, therapist: Therapist, days: DaysDiffer) -> None:
    """These days are like their weekdays again."""
    _diary_to_change(db, therapist)
    db.delete(days)


def choose_holidays(db: Session, therapist: Therapist, *, country: str | None, region: str | None) -> None:
    """Whose public holidays close a day; None for nobody's. Codes as `opening.holiday_countries` has them.

    What was said of single holidays is forgotten when the country is another one. Raises CountryUnknown,
    RegionUnknown.
    """
    if country is not None:
        holidays_in(country, region, (1970,))
    diary = _diary_to_change(db, therapist)
    if diary.holiday_country != country:
        diary.holidays_worked = []
    diary.holiday_country, diary.holiday_region = country, region if country else None


def switch_holidays(
    db: Session, therapist: Therapist, *, shown: Collection[str], closed: Collection[str]
) -> None:
    """Of the holidays with the names that were shown, those in `closed` close their day; on the others the
    therapist works all the same. What was not shown stays as it is.
    """
    diary = _diary_to_change(db, therapist)
    diary.holidays_worked = sorted({*diary.holidays_worked} - {*shown} | ({*shown} - {*closed}))


def set_limits(
    db: Session, therapist: Therapist, stamina: Stamina, *, most_open_requests: int, answers_first: bool
) -> None:
    """How many consultations are enough, how many requests a client may have open, and whether the
    questionnaire comes first. What is asked for or settled already stays, be it more than that.
    """
    diary = _diary_to_change(db, therapist)
    diary.most_a_day, diary.most_a_week = stamina.most_a_day, stamina.most_a_week
    diary.most_first_a_day, diary.most_in_a_row = stamina.most_first_a_day, stamina.most_in_a_row
    diary.rest = stamina.rest
    diary.most_open_requests, diary.answers_first = most_open_requests, answers_first


def add_kind(db: Session, therapist: Therapist, kind: Kind) -> ConsultationKind:
    """Another kind of consultation, after those that there are. With the first one, the usual first
    consultation of those who name none is offered no more.

    Its id and reference are made here; it needs a manner. Raises TooManyKinds, NoHoursAsLong,
    GapLongerThanAllHours.
    """
    _diary_to_change(db, therapist)
    rules = rules_of(db, therapist.id)
    if len(rules.kinds) >= MOST_KINDS:
        raise TooManyKinds
    _judge_kind(rules, kind)
    added = ConsultationKind(therapist_id=therapist.id, position=len(rules.kinds) + 1)
    _describe(added, kind)
    db.add(added)
    db.flush()
    return added


def change_kind(db: Session, therapist: Therapist, changed: ConsultationKind, kind: Kind) -> None:
    """From now on this kind is like that; consultations that were asked for stay as they are.

    Raises NoHoursAsLong, GapLongerThanAllHours.
    """
    _diary_to_change(db, therapist)
    # What it is judged by are the hours that it will have: its own, if it has any already.
    _judge_kind(rules_of(db, therapist.id), kind, kind_id=changed.id)
    _describe(changed, kind)


def retire_kind(db: Session, therapist: Therapist, kind: ConsultationKind) -> None:
    """It is offered no more; consultations of it go on."""
    _diary_to_change(db, therapist)
    kind.retired = True


def bring_back_kind(db: Session, therapist: Therapist, kind: ConsultationKind) -> None:
    """It is offered again."""
    _diary_to_change(db, therapist)
    kind.retired = False


def move_kind_up(db: Session, therapist: Therapist, kind: ConsultationKind) -> None:
    """It changes places with the kind before it; nothing happens to the first one."""
    _diary_to_change(db, therapist)
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


def take_over(db: Session, therapist: Therapist, found: Found, *, today: date) -> None:
    """What a calendar says becomes the diary: its week in place of the week before, if it has one, and its
    days beside the days that differ. The same calendar taken over twice is the same as once.

    Raises NothingInIt, TooManyHours, TooManyDays, HoursDoNotFit.
    """
    if not found.hours and not found.days:
        raise NothingInIt
    if found.hours:
        set_hours(db, therapist, found.hours)
    else:
        _diary_to_change(db, therapist)
    for first, last, _ in found.days:
        db.execute(
            delete(DaysDiffer).where(
                DaysDiffer.therapist_id == therapist.id,
                DaysDiffer.first_day == first,
                DaysDiffer.last_day == last,
            )
        )
    _keep_days(db, therapist, found.days, today=today)


def _diary_to_change(db: Session, therapist: Therapist, *, seen: int | None = None) -> Diary:
    """The diary as it is now, with the therapist's row held; its version goes up. Raises Overtaken."""
    db.execute(select(Therapist.id).where(Therapist.id == therapist.id).with_for_update())
    diary = db.get(Diary, therapist.id, populate_existing=True)
    if seen is not None and seen != (diary.version if diary else 0):
        raise Overtaken
    if diary is None:
        diary = Diary(therapist_id=therapist.id)
        db.add(diary)
        db.flush()
    else:
        # Hours and kinds stand in rows of their own.
        flag_modified(diary, "rest")
    note(db, What.DIARY_CHANGED, by=therapist)
    return diary


def _least_room(rules: Rules) -> tuple[int, int]:
    """What the shortest kind that is asked for in the ordinary hours needs: its length, and its gap."""
    ordinary = ((kind.length, kind.gap) for kind in rules.on_offer if not kind.own_hours)
    return min(ordinary, default=(0, 0))


def _judge(hours: Sequence[Hours], therapist: Therapist, length: int, gap: int) -> None:
    refusals = unfit_hours(hours, zone=therapist.time_zone, length=length, gap=gap)
    if refusals:
        raise HoursDoNotFit(refusals)


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
