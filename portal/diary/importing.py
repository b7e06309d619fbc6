"""What the entries of a calendar say about somebody's hours: a week, and days that differ from it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import chain

from portal.diary.entries import Entry, TooMuchInIt
from portal.diary.week import EVERY, Hours, Stretch, week_of

# How far ahead single days are taken over.
AHEAD = timedelta(days=366)
_DAY, _ONE_DAY = 24 * 60, timedelta(days=1)
# Nobody's week has more series, and nobody is away for parts of more days.
_MOST = 500
_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_KNOWN = frozenset({"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT", "WKST"})
_TAKEN = frozenset({("WEEKLY", "1"), ("WEEKLY", "2"), ("DAILY", "1")})
_LONGEST_COUNT = 9

OVER = "it is over"
TOO_FAR = "it lies more than a year ahead"
NOT_WEEKLY = "it does not repeat every week or every other week"
AWAY_AGAIN = "days away that repeat cannot be taken over"
NO_WEEK = "it takes away from a day, and the calendar has no week to take it from"
NOT_BUSY = "it is a note on the day and keeps nobody busy"
SINGLE_DATES = "it names its dates one by one"
NO_LENGTH = "it has no length, or lasts longer than a day"
TOO_SHORT = "it is shorter than a consultation"
CANCELLED = "it is cancelled"
ENDS = "it ends one day; taken over without an end"
BEGINS = "it begins later; taken over from now on"


@dataclass
class Found:
    """What was taken over, and what was not and why; names are those of the calendar."""

    hours: list[Hours] = field(default_factory=list)
    # (first day, last day, stretches), as they are to be written down.
    days: list[tuple[date, date, Sequence[Stretch]]] = field(default_factory=list)
    # What was taken over, but not in every respect.
    altered: list[tuple[str, str]] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Series:
    """A weekly entry: on these days it takes place, but for those left out."""

    hours: Sequence[Hours]
    left_out: frozenset[date]


@dataclass
class _Shown:
    """What the calendar shows."""

    series: list[_Series] = field(default_factory=list)
    opened: dict[date, list[Stretch]] = field(default_factory=lambda: defaultdict(list))
    # Away for whole days, and for a part of a day, with the name that it has there.
    closed: list[tuple[datetime, datetime]] = field(default_factory=list)
    partly: list[tuple[datetime, datetime, str]] = field(default_factory=list)

    def days(self, today: date) -> set[date]:
        """On which single entries say something, but for those that are closed anyway."""
        days = {*self.opened} | {day for each in self.series for day in each.left_out}
        for starts, ends, _ in self.partly:
            first, last = max(starts.date(), today), min(ends.date(), today + AHEAD)
            days |= {first + timedelta(days=ahead) for ahead in range((last - first).days + 1)}
        closed = {
            starts.date() + timedelta(days=ahead)
            for starts, ends in self.closed
            for ahead in range((ends - starts).days)
        }
        return {day for day in days - closed if today <= day <= today + AHEAD}

    def usually(self, day: date) -> list[Stretch]:
        """What the week alone says of such a day."""
        return _merged(_on(day, (hours for each in self.series for hours in each.hours)))

    def on(self, day: date, shortest: int) -> list[Stretch]:
        midnight = datetime.combine(day, time())
        taking_place = (each.hours for each in self.series if day not in each.left_out)
        shown = [*self.opened.get(day, ()), *_on(day, chain.from_iterable(taking_place))]
        for starts, ends, _ in self.partly:
            begins, over = ((moment - midnight) // timedelta(minutes=1) for moment in (starts, ends))
            shown = [
                part for first, end in shown for part in ((first, min(end, begins)), (max(first, over), end))
            ]
        return _merged((first, end) for first, end in shown if end - first >= shortest and first < _DAY)


class _NotTaken(Exception):
    """Says why in words."""


def hours_in(entries: Iterable[Entry], *, today: date, shortest: int) -> Found:
    """The week that repeating entries make, and the days on which single ones change it.

    Whole days, and what is called away, holiday or the like, close; every other entry opens. Stretches of
    fewer minutes than `shortest` are left out. On each day that differs stands what the calendar shows there.
    Raises TooMuchInIt.
    """
    found, shown = Found(), _Shown()
    for entry in _without_what_is_replaced(entries):
        try:
            _take(entry, shown, today, shortest, found)
        except _NotTaken as why:
            found.left.append((entry.name, str(why)))
        except (ValueError, OverflowError):
            found.left.append((entry.name, NOT_WEEKLY))
        if len(shown.series) + len(shown.partly) > _MOST:
            raise TooMuchInIt
    found.hours = _merged_hours(hours for each in shown.series for hours in each.hours)
    if not found.hours:
        found.left += [(name, NO_WEEK) for _, _, name in shown.partly]
        shown.partly.clear()
    days = ((day, shown.on(day, shortest)) for day in sorted(shown.days(today)))
    found.days = [(day, day, stretches) for day, stretches in days if stretches != shown.usually(day)]
    found.days += sorted((starts.date(), (ends - _ONE_DAY).date(), ()) for starts, ends in shown.closed)
    return found


def _without_what_is_replaced(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Where an entry replaces one day of a series, the series leaves that day out."""
    listed = list(entries)
    replaced: dict[str, set[date]] = defaultdict(set)
    for entry in listed:
        if entry.instead_of is not None:
            replaced[entry.uid].add(entry.instead_of)
    for entry in listed:
        if entry.rule and entry.uid in replaced:
            yield replace(entry, left_out=entry.left_out | replaced[entry.uid])
        elif not (entry.cancelled and entry.instead_of):
            yield entry


def _take(entry: Entry, shown: _Shown, today: date, shortest: int, found: Found) -> None:
    """Raises _NotTaken."""
    if entry.rule:
        shown.series.append(_series(entry, today, shortest, found))
        return
    _judge_single(entry, today)
    if entry.whole_days or entry.away:
        _take_away(entry, shown)
    else:
        shown.opened[entry.starts.date()].append(_stretch(entry, shortest))


def _take_away(entry: Entry, shown: _Shown) -> None:
    """Raises _NotTaken."""
    starts, ends = entry.starts, entry.ends
    if not timedelta(0) < ends - starts <= 2 * AHEAD:
        raise _NotTaken(NO_LENGTH)
    if starts.time() == ends.time() == time():
        shown.closed.append((starts, ends))
    else:
        shown.partly.append((starts, ends, entry.name))


def _series(entry: Entry, today: date, shortest: int, found: Found) -> _Series:
    """Raises _NotTaken."""
    if entry.cancelled:
        raise _NotTaken(CANCELLED)
    if entry.whole_days or entry.away:
        raise _NotTaken(AWAY_AGAIN)
    if entry.more_dates:
        raise _NotTaken(SINGLE_DATES)
    first, end = _stretch(entry, shortest)
    hours = [(weekday, first, end, weeks) for weekday, weeks in _weekdays(entry)]
    last = _last_day(entry, len(hours))
    if last and last < today:
        raise _NotTaken(OVER)
    if last:
        found.altered.append((entry.name, ENDS))
    elif entry.starts.date() > today + timedelta(days=7):
        found.altered.append((entry.name, BEGINS))
    return _Series(hours, entry.left_out)


def _weekdays(entry: Entry) -> Iterator[tuple[int, int]]:
    """The weekdays on which it takes place, each with its weeks. Raises _NotTaken."""
    rule = entry.rule
    every = rule.get("INTERVAL", "1").lstrip("0")
    frequency = rule.get("FREQ")
    if not rule.keys() <= _KNOWN or (frequency, every) not in {
        ("WEEKLY", "1"),
        ("WEEKLY", "2"),
        ("DAILY", "1"),
    }:
        raise _NotTaken(NOT_WEEKLY)
    usual = _WEEK if frequency == "DAILY" else (_WEEK[entry.starts.weekday()],)
    named = rule["BYDAY"].split(",") if "BYDAY" in rule else usual
    if not set(named) <= {*_WEEK}:
        raise _NotTaken(NOT_WEEKLY)
    for weekday in sorted({_WEEK.index(each) for each in named}):
        yield weekday + 1, EVERY if every == "1" else _weeks_of(entry, weekday)


def _weeks_of(entry: Entry, weekday: int) -> int:
    """In which weeks the weekday comes, counted from the week, as the rule begins it, of the first time."""
    day = entry.starts.date()
    begins = entry.rule.get("WKST", "MO")
    if begins not in _WEEK:
        raise _NotTaken(NOT_WEEKLY)
    week_begins = day - timedelta(days=(day.weekday() - _WEEK.index(begins)) % 7)
    return week_of(week_begins + timedelta(days=(weekday - _WEEK.index(begins)) % 7))


def _last_day(entry: Entry, times_a_week: int) -> date | None:
    """Not earlier than the last time; None if there is no end."""
    rule = entry.rule
    if "UNTIL" in rule:
        # In whatever zone: a day more does no harm.
        written = rule["UNTIL"][:8]
        if not written.isdecimal():
            raise _NotTaken(NOT_WEEKLY)
        until = datetime.strptime(written, "%Y%m%d").date()  # noqa: DTZ007 (a date)
        return min(until, date.max - timedelta(days=1)) + timedelta(days=1)
    count = rule.get("COUNT", "")
    if not count:
        return None
    if not count.isdecimal() or len(count) > _LONGEST_COUNT:
        raise _NotTaken(NOT_WEEKLY)
    every = int(rule.get("INTERVAL", "1") or 1)
    weeks = min(-(-int(count) // times_a_week) * every, 52 * 1000)
    return entry.starts.date() + timedelta(weeks=weeks)


def _judge_single(entry: Entry, today: date) -> None:
    """Raises _NotTaken."""
    if entry.cancelled:
        raise _NotTaken(CANCELLED)
    if entry.more_dates:
        raise _NotTaken(SINGLE_DATES)
    if entry.ends <= datetime.combine(today, time()):
        raise _NotTaken(OVER)
    if entry.starts.date() > today + AHEAD:
        raise _NotTaken(TOO_FAR)
    if entry.whole_days and entry.transparent and not entry.away:
        raise _NotTaken(NOT_BUSY)


def _stretch(entry: Entry, shortest: int) -> Stretch:
    """Raises _NotTaken."""
    first = entry.starts.hour * 60 + entry.starts.minute
    length = (entry.ends - entry.starts) // timedelta(minutes=1)
    if not 0 < length <= _DAY:
        raise _NotTaken(NO_LENGTH)
    if length < shortest:
        raise _NotTaken(TOO_SHORT)
    return first, first + length


def _on(day: date, hours: Iterable[Hours]) -> list[Stretch]:
    weekday, these = day.isoweekday(), (EVERY, week_of(day))
    return [(first, end) for each, first, end, weeks in hours if each == weekday and weeks in these]


def _merged_hours(hours: Iterable[Hours]) -> list[Hours]:
    """What overlaps in the same weeks is one; what touches stays two, each with its own grid."""
    grouped: dict[tuple[int, int], list[Stretch]] = defaultdict(list)
    for weekday, first, end, weeks in hours:
        grouped[weekday, weeks].append((first, end))
    return [
        (weekday, first, end, weeks)
        for (weekday, weeks), stretches in sorted(grouped.items())
        for first, end in _merged(stretches)
    ]


def _merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    merged: list[Stretch] = []
    for first, end in sorted(stretches):
        if merged and first < merged[-1][1]:
            merged[-1] = merged[-1][0], min(max(end, merged[-1][1]), merged[-1][0] + _DAY)
        else:
            merged.append((first, end))
    return merged
