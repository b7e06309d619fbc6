"""Which times can be asked for. Pure: given the same facts, the same starts, for every reader.

An instant is a whole number of minutes since 1970-01-01 00:00 UTC, as `diary.clocks` counts them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import NamedTuple

from portal.diary.clocks import DAY, DAY_ZERO_AFTER_MONDAY, WEEK, Spell, spells
from portal.diary.stretches import Hours, Stretch, windows

# Starts are multiples of it, and a consultation holds the therapist's time in steps of it.
STEP = 5
# Later than any instant that a datetime can name.
_NEVER = 1 << 40
# A range lies within so many minutes of everything that can matter to it: the rest of its weeks.
_WHOLE_WEEKS = 8 * DAY

# (most a day, most a week, most first ones a day, most in a row, minutes that make a rest).
Stamina = tuple[int | None, int | None, int | None, int | None, int]
_TIRELESS: Stamina = (None, None, None, None, 30)
# What stamina counts, as (start, end, whose, whether it is a first one), ascending.
_Counting = tuple[int, int, int, bool]


class Busy(NamedTuple):
    """A stretch of the therapist's time that is taken, in instants; a plain tuple of this shape will do."""

    starts: int
    ends: int
    # Free minutes that it wants kept before and after it.
    before: int = 0
    after: int = 0
    # A consultation, asked for or settled: stamina counts it.
    counts: bool = False
    first: bool = False
    # Those with the same number, but 0, are alternatives of one consultation: stamina counts them once.
    whose: int = 0
    # What is being moved keeps its own minutes and nothing else: no gaps, no limits, no part in a row.
    moving: bool = False


# The same as a plain tuple, for who makes hundreds of them.
BusyTuple = tuple[int, int, int, int, bool, bool, int, bool]


def open_starts(
    *,
    hours: Iterable[Hours],
    dates: Mapping[date, Sequence[Stretch]],
    zone: str,
    length: int,
    before: int,
    after: int,
    notice: int,
    horizon: int,
    first: bool = False,
    busy: Sequence[BusyTuple],
    stamina: Stamina = _TIRELESS,
    now: int,
    since: int,
    until: int,
) -> list[int]:
    """The starts that can be asked for with `since <= start < until`, ascending.

    It makes every list of times and judges every choice: a start is on offer if it is in the list made for
    any range around it, since the range only cuts and never shifts.

    - `hours`: stretches of a week as (ISO weekday, first minute, end minute, weeks) of the wall clock in the
      IANA `zone`; `weeks` is 0 for every week, 1 or 2 for every other: weeks begin on Monday, and that of
      1970-01-05 is a 1. The end may lie on the next day, up to 2880, if the stretch lasts a day at most; it
      belongs to the day on which it begins. An instant lies in a stretch when the clock on the wall then
      shows a time in it. So a skipped hour is in no stretch, an hour that comes twice counts twice, and a
      stretch that the clocks cut in two is two.
    - `dates`: what holds on these local days instead, as (first minute, end minute); nothing closes the day.
      It is needed from two days before the range until two days after.
    - The grid begins where a stretch begins and goes on by the `length` and the larger of `before` and
      `after`, in minutes that have really gone by; starts are multiples of 5 minutes.
    - `busy`: **ascending by start**; they may overlap. Between two consultations lies the larger of what the
      earlier wants `after` it and the later `before` it, never the sum.
    - `notice` and `horizon`: a start lies at least so many minutes after `now`, and not so many or more.
    - `stamina`: (most a day, most a week, most first ones a day, most in a row, minutes of rest); None is no
      limit. A start is left out if with it there were more. Days and weeks are those of the `zone`, and a
      consultation belongs to the day on which it begins. Only a `first` one is hindered by other first ones.
      Less than the minutes of rest between two makes a row. For the limits **`busy` has to hold all that
      counts in the weeks that the range touches**: 8 days around the range are enough.
    - `now`, `since`, `until`: instants.

    Takes time linear in days + busy. Raises zoneinfo.ZoneInfoNotFoundError.
    """
    earliest, latest = max(since, now + notice), min(until, now + horizon)
    if earliest >= latest:
        return []
    step = _rounded_up(length + max(before, after))
    grid: list[int] = []
    # A stretch lasts a day at most: those that reach into the range begin within the margin.
    for begins, ends in windows(hours, dates, zone, earliest - 2 * DAY, latest + 2 * DAY):
        grid.extend(range(-(-begins // STEP) * STEP, ends - length + 1, step))
    grid.sort()
    grid = grid[bisect_left(grid, earliest) : bisect_left(grid, latest)]
    # Stretches that overlap may offer the same start twice.
    free = list(dict.fromkeys(_free(grid, busy, length, before, after)))
    limited = free and stamina[:4] != _TIRELESS[:4]
    return _bearable(free, busy, length, zone, first, stamina) if limited else free


def nearest(starts: Sequence[int], to: int, *, most: int) -> list[int]:
    """Those of the ascending starts that lie nearest to an instant, ascending."""
    return sorted(sorted(starts, key=lambda start: abs(start - to))[:most])


def _free(grid: Sequence[int], busy: Iterable[BusyTuple], length: int, before: int, after: int) -> list[int]:
    """The starts of the ascending grid that keep the gaps to everything busy, in one sweep over both.

    Busy times come ascending by start. So whatever lies clear before one is clear of all that come after it,
    but for those that want more time before them than the new one after it: they take back what had seemed
    free. What is being moved keeps no gaps, and has a sweep of its own.
    """
    free: list[int] = []
    moved: list[Busy] = []
    ahead = iter([*grid, _NEVER])
    start = next(ahead)
    own = length + after
    for begins, ends, its_before, its_after, _, _, _, moving in busy:
        if moving:
            moved.append(Busy(begins, ends))
            continue
        clear = begins - (own if its_before <= after else length + its_before)
        while start <= clear:
            free.append(start)
            start = next(ahead)
        if its_before > after:
            while free and free[-1] > clear:
                free.pop()
        while start < ends + (before if its_after <= before else its_after):
            start = next(ahead)
    free += [start, *ahead][:-1]
    return _free(free, moved, length, 0, 0) if moved else free


def _bearable(
    starts: Sequence[int], busy: Iterable[BusyTuple], length: int, zone: str, first: bool, stamina: Stamina
) -> list[int]:
    """Those of the ascending free starts with which no limit would be exceeded."""
    most_a_day, most_a_week, most_first_a_day, most_in_a_row, rest = stamina
    most_first_a_day = most_first_a_day if first else None
    if 0 in (most_a_day, most_a_week, most_first_a_day, most_in_a_row):
        return []
    # Whoever has no number gets one of their own.
    counting = [
        (begins, ends, whose or -place, is_first)
        for place, (begins, ends, _, _, counts, is_first, whose, moving) in enumerate(busy, start=1)
        if counts and not moving
    ]
    if most_in_a_row is not None:
        starts = _free(starts, _full_rows(counting, most_in_a_row, rest), length, 0, 0)
    return _unfilled(starts, counting, zone, (most_a_day, most_a_week, most_first_a_day))


def _full_rows(counting: Iterable[_Counting], most: int, rest: int) -> Iterator[Busy]:
    """Where one more would make a row too long, written as something busy that wants a rest on either side.

    What comes between two rows makes them one: that is hindered only where it would lie close to both, so
    the stretch begins with the later row and ends with the earlier.
    """
    earlier_ends, earlier = -_NEVER, set[int]()
    for begins, ends, of in _rows(counting, rest):
        if len(of) >= most:
            yield Busy(begins, ends, rest, rest)
        elif len(earlier) + len(of) >= most and len(earlier | of) >= most:
            yield Busy(begins, earlier_ends, rest, rest)
        earlier_ends, earlier = ends, of


def _rows(counting: Iterable[_Counting], rest: int) -> Iterator[tuple[int, int, set[int]]]:
    """What follows on one another with less than a rest between: (begin, end, whose).

    Alternatives count once here as well, since only one of them will take place.
    """
    row_begins, row_ends, of = 0, -_NEVER, set[int]()
    for begins, ends, whose, _ in counting:
        if begins - row_ends >= rest:
            if of:
                yield row_begins, row_ends, of
            row_begins, row_ends, of = begins, ends, {whose}
        else:
            of.add(whose)
            row_ends = max(row_ends, ends)
    if of:
        yield row_begins, row_ends, of


def _unfilled(
    starts: Sequence[int], counting: Sequence[_Counting], zone: str, limits: Sequence[int | None]
) -> list[int]:
    """Those of the ascending starts whose day and week can bear one more."""
    if not starts or not counting or limits == (None, None, None):
        return list(starts)
    since, until = starts[0] - _WHOLE_WEEKS, starts[-1] + _WHOLE_WEEKS
    weeks = spells(zone, since // WEEK, -(-until // WEEK))
    full_days, full_weeks = _full(counting, weeks, *limits)
    unfilled: list[int] = []
    for begins, ends, offset in weeks:
        unfilled += [
            start
            for start in starts[bisect_left(starts, begins) : bisect_left(starts, ends)]
            if (start + offset) // DAY not in full_days and _week((start + offset) // DAY) not in full_weeks
        ]
    return unfilled


def _full(
    counting: Sequence[_Counting],
    cut: Sequence[Spell],
    most_a_day: int | None,
    most_a_week: int | None,
    most_first_a_day: int | None,
) -> tuple[Collection[int], Collection[int]]:
    """The local days and weeks, counted from day zero, that can bear no more."""
    days: defaultdict[int, set[int]] = defaultdict(set)
    first_days: defaultdict[int, set[int]] = defaultdict(set)
    for begins, ends, offset in cut:
        since, until = (bisect_left(counting, at, key=itemgetter(0)) for at in (begins, ends))
        for starts, _, whose, first in counting[since:until]:
            day = (starts + offset) // DAY
            days[day].add(whose)
            if first:
                first_days[day].add(whose)
    weeks: defaultdict[int, set[int]] = defaultdict(set)
    for day, of in days.items():
        weeks[_week(day)] |= of
    return _filled(days, most_a_day) | _filled(first_days, most_first_a_day), _filled(weeks, most_a_week)


def _filled(whose: Mapping[int, Collection[int]], most: int | None) -> frozenset[int]:
    """The days or weeks that hold the most there may be."""
    return frozenset(when for when, of in whose.items() if most is not None and len(of) >= most)


def _week(day: int) -> int:
    """The week of a local day, counted from the Monday before day zero; odd ones are a 1."""
    return (day + DAY_ZERO_AFTER_MONDAY) // 7


def _rounded_up(minutes: int) -> int:
    return -(-minutes // STEP) * STEP
