"""A week of hours as people write it and read it: clock times, weekdays, every other week. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count, islice

from portal.errors import Refused

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY, ODD, EVEN = 0, 1, 2
_WEEKS = {"every": EVERY, "odd": ODD, "even": EVEN}
_DAY = 24 * 60
# A Monday: the week that it begins is an odd one.
_FIRST_MONDAY = date(1970, 1, 5)

_TIME = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))? ?(am|pm)?")
_DASH = re.compile(r"\s*(?:[-\u2010-\u2015]|\bto\b|\buntil\b)\s*")
_BETWEEN = re.compile(r"[,;&\s]+")
_NEXT_DAY = re.compile(r"\s*(?:\+ ?1|\(?next day\)?)")
_FILLING = frozenset({"", "and", "week", "weeks"})

# (first minute, end minute) of a day, and (ISO weekday, first minute, end minute, weeks) of a week, where
# weeks are 0 for every one, 1 for odd, 2 for even ones.
Stretch = tuple[int, int]
Hours = tuple[int, int, int, int]


class Unreadable(Refused):
    """Nobody can say what is meant by this `part`."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def minute_read(text: str) -> int:
    """The minute of the day that somebody typed: 9, 9:30, 09.30, 0930, 5 pm; 24:00 is the day's end.

    Raises Unreadable.
    """
    found = _TIME.fullmatch(text.strip().lower())
    if found is None:
        raise Unreadable(text)
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half:
        if not 1 <= hour <= 12:
            raise Unreadable(text)
        hour = hour % 12 + 12 * (half == "pm")
    if minute > 59 or hour * 60 + minute > _DAY:
        raise Unreadable(text)
    return hour * 60 + minute


def time_written(minute: int) -> str:
    """The minute of a day, or of the day after it, as a clock shows it: 09:00, 24:00, 01:30."""
    shown = minute if minute <= _DAY else minute - _DAY
    return f"{shown // 60:02}:{shown % 60:02}"


def stretch_of(first: int, end: int, *, next_day: bool) -> Stretch:
    """From one clock time to another, on the same day or the next; midnight is the end of the day."""
    if next_day:
        return first, end + _DAY
    return first, end or _DAY


def stretch_written(stretch: Stretch) -> str:
    """For example 09:00–12:00, or 22:00–02:00 (next day)."""
    first, end = stretch
    after = " (next day)" if end > _DAY else ""
    return f"{time_written(first)}–{time_written(end)}{after}"


def stretches_read(text: str) -> list[Stretch]:
    """The stretches of one day as typed: 09:00-12:00, 22:00-02:00+1, which ends on the next day.

    Whether they fit together is `opening.unfit_hours` to say. Raises Unreadable.
    """
    return [_stretch(part) for part in _parts(text)]


def week_read(text: str) -> list[Hours]:
    """A week as typed: Mon-Thu 09:00-12:00, 13:00-17:00, Fri odd weeks 10:00-14:00.

    Days, and the weeks behind them, hold for the stretches that follow; 22:00-02:00+1 ends on the next day.
    Raises Unreadable, also where there are no days or no times.
    """
    hours: list[Hours] = []
    days: list[int] = []
    weeks, timed = EVERY, True
    for part in _parts(text):
        named = _days(part)
        if named:
            days, weeks = (named, EVERY) if timed else ([*days, *named], weeks)
            timed = False
        elif part in _WEEKS and days and not timed:
            weeks = _WEEKS[part]
        elif not days:
            raise Unreadable(part)
        else:
            hours += [(day, *_stretch(part), weeks) for day in days]
            timed = True
    if not timed or not hours:
        raise Unreadable(text)
    return hours


def in_order(hours: Iterable[Hours]) -> list[Hours]:
    """By weekday and time; a weekday's hours of every week before those of odd and even ones."""
    return sorted(hours, key=lambda each: (each[0], each[3], each[1]))


def days_written(hours: Iterable[Hours], *, since: date) -> list[tuple[str, list[str]]]:
    """What a week says, by the weekdays that it has hours on: each with its stretches in words."""
    written: dict[int, list[str]] = {}
    for weekday, first, end, weeks in in_order(hours):
        every = f", {weeks_written(weekday, weeks, since)}" if weeks else ""
        written.setdefault(weekday, []).append(stretch_written((first, end)) + every)
    return [(WEEKDAYS[weekday - 1], stretches) for weekday, stretches in written.items()]


def weeks_written(weekday: int, weeks: int, since: date) -> str:
    """For example: every other week, next on 9 and 23 March."""
    return f"every other week, next on {next_two(weekday, weeks, since)}" if weeks else "every week"


def next_two(weekday: int, weeks: int, since: date) -> str:
    """The next two such days, for example: 9 and 23 March."""
    one, two = islice(days_of(weekday, weeks, since), 2)
    month = f" {one:%B}" if one.month != two.month else ""
    return f"{one.day}{month} and {two.day} {two:%B}"


def days_of(weekday: int, weeks: int, since: date) -> Iterator[date]:
    """The days of such a weekday from this one on, without end."""
    first = since + timedelta(days=(weekday - since.isoweekday()) % 7)
    for ahead in count():
        day = first + timedelta(weeks=ahead)
        if weeks in (EVERY, week_of(day)):
            yield day


def week_of(day: date) -> int:
    """Whether the day lies in an odd (1) or an even (2) week."""
    return ODD if (day - _FIRST_MONDAY).days // 7 % 2 == 0 else EVEN


def _parts(text: str) -> Sequence[str]:
    """What stands between blanks and commas, in small letters, with times and their dashes in one piece."""
    joined = re.sub(r"(?<=\d) (?=[ap]m)", "", _NEXT_DAY.sub("+1", _DASH.sub("-", text.lower())))
    return [part for part in _BETWEEN.split(joined) if part not in _FILLING]


def _stretch(part: str) -> Stretch:
    first, dash, end = part.partition("-")
    if not dash:
        raise Unreadable(part)
    begins, ends = minute_read(first), minute_read(end.removesuffix("+1"))
    if begins == _DAY:
        raise Unreadable(part)
    return stretch_of(begins, ends, next_day=end.endswith("+1"))


def _days(part: str) -> list[int]:
    """The weekdays that it names, as mon, mondays or mon-thu do; none if it is something else."""
    first, dash, last = part.partition("-")
    begins, ends = _weekday(first), _weekday(last if dash else first)
    if not begins or not ends:
        return []
    return [(begins - 1 + ahead) % 7 + 1 for ahead in range((ends - begins) % 7 + 1)]


def _weekday(name: str) -> int:
    short = name.rstrip(".").removesuffix("s") if len(name) > 5 else name.rstrip(".")
    for number, weekday in enumerate(WEEKDAYS, start=1):
        if len(short) >= 2 and weekday.lower().startswith(short):
            return number
    return 0
