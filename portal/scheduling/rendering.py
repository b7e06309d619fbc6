"""How times on offer are laid out for a reader: by weeks and days of their zone, and in a small month."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.diary.clocks import by_day, clock_changes, minute_of, moment_of
from portal.web.formatting import day, offset, zone_name

# A page is as many whole weeks as it takes to show so many times, and no more than that.
_ENOUGH, _MOST_WEEKS = 12, 5
# How many sheets a process keeps, of some tens of kilobytes each with what is drawn of them. What is on offer
# is the same for everybody in a zone, until a time is taken or the notice reaches the next.
KEPT = 64
_WEEK = timedelta(days=7)
_DAY = 24 * 60
_CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(_DAY))
_DAY_ZERO = date(1970, 1, 1)

# A day of a reader and what is on offer in it: (start, minute of the wall clock) each, ascending.
_Days = Mapping[date, Sequence[tuple[int, int]]]
# When clocks change: the reader's, and the therapist's where the reader's do not.
_Changes = tuple[Sequence[int], Sequence[int]]


class Time(NamedTuple):
    # The instant as it is posted: 2027-03-02T10:00Z.
    value: str
    # What the reader's clock shows then: 10:00.
    clock: str


@dataclass(frozen=True)
class Day:
    heading: str
    notices: Sequence[str]
    times: Sequence[Time]
    on: date


class MonthDay(NamedTuple):
    """A day in the small month: how many times are free on it, and whether the page shows them."""

    on: date
    free: int
    is_shown: bool


@dataclass(frozen=True)
class Month:
    """One month, in weeks from Monday to Sunday; None where a week reaches out of it."""

    name: str
    weeks: Sequence[Sequence[MonthDay | None]]
    # The first days with free times in the months before and after, if there are any.
    earlier: date | None
    later: date | None


@dataclass(frozen=True, eq=False)
class Sheet:
    """The days of one page. `earlier` and `later` are the Mondays of the pages beside it that have times."""

    days: Sequence[Day]
    earlier: date | None
    later: date | None
    # The soonest of all times on offer, as it is posted, on this page or not.
    soonest: str | None
    month: Month | None

    def shows(self, value: str | None) -> bool:
        """Whether a time that is posted so is one of those on the page."""
        return any(value == time.value for day in self.days for time in day.times)


def sheet_of(
    starts: Sequence[int],
    *,
    zone: ZoneInfo,
    therapist_zone: ZoneInfo,
    now: datetime,
    begins: date | None = None,
    left_out: Collection[int] = (),
) -> Sheet:
    """The starts, in minutes and ascending: the page of whole weeks that the day `begins` belongs to.

    The first page, if it is None. Weeks begin on Monday; those without any time are left out, and a page goes
    on until it shows a dozen times. A day long past or far ahead leads to the first page or the last. Starts
    that are `left_out` are not shown, and change nothing about which page is which. For equal facts it is the
    same object.
    """
    changes = _changes_until(starts[-1], zone, therapist_zone, now) if starts else ((), ())
    return _laid_out(tuple(starts), zone, therapist_zone, changes, begins, frozenset(left_out))


@functools.lru_cache(maxsize=KEPT)
def _laid_out(
    starts: Sequence[int],
    zone: ZoneInfo,
    therapist_zone: ZoneInfo,
    changes: _Changes,
    begins: date | None,
    left_out: Collection[int],
) -> Sheet:
    days = by_day(starts, str(zone))
    pages = _pages(days)
    free = starts
    if left_out:
        free = [start for start in starts if start not in left_out]
        days = by_day(free, str(zone))
    if not free:
        return Sheet(days=[], earlier=None, later=None, soonest=None, month=None)
    number = _page_with(begins, pages)
    page = pages[number]
    shown = {day: times for day, times in days.items() if page[0] <= day < page[-1] + _WEEK}
    notices = _notices(shown, zone, therapist_zone, changes)
    return Sheet(
        days=[_day(on, times, zone, notices.get(on, ())) for on, times in shown.items()],
        earlier=pages[number - 1][0] if number else None,
        later=pages[number + 1][0] if number + 1 < len(pages) else None,
        soonest=_posted(free[0]),
        month=_month(begins if begins in shown else _middle_of(shown, page), days, shown),
    )


def times_of(starts: Sequence[int], zone: ZoneInfo) -> Sequence[Day]:
    """These few starts by day, as on the sheet."""
    return [_day(on, times, zone) for on, times in by_day(starts, str(zone)).items()]


def how_long(minutes: int) -> str:
    """A length of time in the largest whole unit that people count in: 90 minutes, 24 hours, 2 days."""
    for unit, size, least in (("day", _DAY, 2), ("hour", 60, 1)):
        count, rest = divmod(minutes, size)
        if count >= least and not rest:
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{minutes} minutes"


def _pages(days: _Days) -> Sequence[Sequence[date]]:
    """The Mondays of the weeks with times, page by page: the same pages from wherever one comes."""
    pages: list[list[date]] = []
    shown, next_monday = 0, date.min
    for on, times in days.items():
        if on >= next_monday:
            monday = _monday_of(on)
            next_monday = monday + _WEEK
            if not pages or shown >= _ENOUGH or len(pages[-1]) >= _MOST_WEEKS:
                pages.append([])
                shown = 0
            pages[-1].append(monday)
        shown += len(times)
    return pages


def _page_with(day: date | None, pages: Sequence[Sequence[date]]) -> int:
    """The page that this day belongs to, or the last one before it."""
    before = [number for number, page in enumerate(pages) if day and page[0] <= day]
    return before[-1] if before else 0


def _middle_of(shown: _Days, page: Sequence[date]) -> date:
    """A day of the month in which most of what is shown lies."""
    return list(shown)[len(shown) // 2] if shown else page[0]


def _month(of: date, days: _Days, shown: _Days) -> Month:
    first = of.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    # Weeks of seven, from the Monday on or before the first.
    begins = _monday_of(first)
    cells = [begins + timedelta(days=number) for number in range(-(-(after - begins).days // 7) * 7)]
    marks = [
        MonthDay(day, len(days.get(day, ())), day in shown) if first <= day < after else None for day in cells
    ]
    earlier = [day for day in days if day < first]
    return Month(
        name=f"{first:%B} {first.year}",
        weeks=[marks[number : number + 7] for number in range(0, len(marks), 7)],
        earlier=min((day for day in earlier if _same_month(day, earlier[-1])), default=None),
        later=min((day for day in days if day >= after), default=None),
    )


def _same_month(one: date, other: date) -> bool:
    return (one.year, one.month) == (other.year, other.month)


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _day(on: date, times: Sequence[tuple[int, int]], zone: ZoneInfo, notices: Sequence[str] = ()) -> Day:
    return Day(_heading(on), notices, _times(times, zone), on)


def _times(times: Sequence[tuple[int, int]], zone: ZoneInfo) -> Sequence[Time]:
    shown_twice = len({minute for _, minute in times}) < len(times)
    if shown_twice:
        return [Time(_posted(start), clock) for start, clock in _told_apart(times, zone)]
    return [Time(_posted(start), _CLOCK[minute]) for start, minute in times]


def _told_apart(times: Sequence[tuple[int, int]], zone: ZoneInfo) -> Sequence[tuple[int, str]]:
    """Where the clocks go back, the same clock time comes twice: the offset says which one it is."""
    shown = Counter(minute for _, minute in times)
    return [
        (start, _CLOCK[minute] + (f" ({offset(moment_of(start), zone)})" if shown[minute] > 1 else ""))
        for start, minute in times
    ]


def _changes_until(last: int, zone: ZoneInfo, therapist_zone: ZoneInfo, now: datetime) -> _Changes:
    """When the clocks change from now on, here and only where the therapist is."""
    own, theirs = (clock_changes(str(each), minute_of(now), last) for each in (zone, therapist_zone))
    return tuple(own), tuple(at for at in theirs if at not in own)


def _notices(
    shown: _Days, zone: ZoneInfo, therapist_zone: ZoneInfo, changes: _Changes
) -> Mapping[date, Sequence[str]]:
    """What stands under the first day after the clocks have changed, here or where the therapist is (T7)."""
    notices: dict[date, list[str]] = {}
    if not shown:
        return notices
    last = list(shown.values())[-1][-1][0]
    own, theirs = ([at for at in each if at <= last] for each in changes)
    for at in own:
        changed = day(moment_of(at), zone)
        after = offset(moment_of(at), zone)
        words = f"The clocks change on {changed}. These are the times after the change ({after})."
        notices.setdefault(_first_after(at, shown), []).append(words)
    for at in theirs:
        changed, where = day(moment_of(at), therapist_zone), zone_name(therapist_zone)
        words = f"The clocks in {where} change on {changed}. These are the times after that change."
        notices.setdefault(_first_after(at, shown), []).append(words)
    return notices


def _first_after(change: int, shown: _Days) -> date:
    return next(day for day, times in shown.items() if times[-1][0] >= change)


def _heading(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _posted(start: int) -> str:
    days, minute = divmod(start, _DAY)
    return f"{_iso(days)}T{_CLOCK[minute]}Z"


@functools.lru_cache(maxsize=512)
def _iso(days: int) -> str:
    return (_DAY_ZERO + timedelta(days)).isoformat()
