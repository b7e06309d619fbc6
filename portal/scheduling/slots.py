"""Which times can be asked for. Pure: given the same facts, the same starts, for every reader.

An instant is a whole number of minutes since 1970-01-01 00:00 UTC, so that a month of times is arithmetic on
small integers; `minute_of` and `moment_of` lead there and back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Starts are multiples of it, and a consultation holds the therapist's time in steps of it.
STEP = 5
_DAY = 24 * 60
_WEEK = 7 * _DAY
_MINUTE = timedelta(minutes=1)
# Later than any instant that a datetime can name.
_NEVER = 1 << 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# 1970-01-01 was a Thursday.
_WEEKDAY_OF_DAY_ZERO = 4
_ORDINAL_OF_DAY_ZERO = date(1970, 1, 1).toordinal()

Stretch = tuple[int, int, int]
Busy = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What holds for one kind of consultation; all in minutes."""

    length: int
    # Free time kept to whatever comes before and after.
    gap: int
    # How long before its start a time can last be asked for, and how far ahead.
    notice: int
    horizon: int

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.length)


FIRST_CONSULTATION = Kind(length=50, gap=10, notice=_DAY, horizon=60 * _DAY)


def open_starts(
    *,
    hours: Iterable[Stretch],
    zone: str,
    length: int,
    gap: int,
    notice: int,
    horizon: int,
    busy: Sequence[Busy],
    now: int,
    since: int,
    until: int,
) -> list[int]:
    """The starts that can be asked for with `since <= start < until`, ascending.

    It makes every list of times and judges every choice: a start is on offer if it is in the list made for
    any range around it, since the range only cuts and never shifts.

    - `hours`: stretches of a week as (ISO weekday, first minute, end minute) of the wall clock in the IANA
      `zone`; the end may be 1440. An instant lies in a stretch when the clock on the wall then shows a time
      in it. So a skipped hour is in no stretch, an hour that comes twice counts twice, and a stretch that
      the clocks cut in two is two.
    - The grid begins where a stretch begins and goes on by `length + gap` minutes that have really gone by;
      starts are multiples of 5 minutes. `gap` is also kept to the busy times on either side.
    - `busy`: (start, end) instants, **ascending by start**; they may overlap.
    - `notice` and `horizon`: a start lies at least so many minutes after `now`, and not so many or more.
    - `now`, `since`, `until`: instants.

    Takes time linear in days + busy. Raises zoneinfo.ZoneInfoNotFoundError.
    """
    earliest, latest = max(since, now + notice), min(until, now + horizon)
    if earliest >= latest:
        return []
    step = _rounded_up(length + gap)
    grid: list[int] = []
    # A stretch lasts a day at most: those that reach into the range begin within the margin.
    for begins, ends in _windows(hours, zone, earliest - 2 * _DAY, latest + 2 * _DAY):
        grid.extend(range(-(-begins // STEP) * STEP, ends - length + 1, step))
    grid.sort()
    grid = grid[bisect_left(grid, earliest) : bisect_left(grid, latest)]
    # Stretches that overlap may offer the same start twice.
    return list(dict.fromkeys(_free(grid, busy, length, gap)))


def clock_changes(zone: str, since: int, until: int) -> list[int]:
    """The instants after `since`, up to `until`, at which the clocks of the IANA zone are changed."""
    spells = _spells(zone, since // _WEEK, -(-until // _WEEK))
    return [begins for begins, _, _ in spells[1:] if since < begins <= until]


def by_day(starts: Sequence[int], zone: str) -> dict[date, list[tuple[int, int]]]:
    """Ascending starts by the day of a reader in the IANA zone, each as (start, minute of the wall clock)."""
    days: dict[int, list[tuple[int, int]]] = {}
    spells = _spells(zone, starts[0] // _WEEK, starts[-1] // _WEEK + 1) if starts else ()
    for begins, ends, offset in spells:
        for start in starts[bisect_left(starts, begins) : bisect_left(starts, ends)]:
            day, minute = divmod(start + offset, _DAY)
            days.setdefault(day, []).append((start, minute))
    return {date.fromordinal(_ORDINAL_OF_DAY_ZERO + day): found for day, found in days.items()}


def nearest(starts: Sequence[int], to: int, *, most: int) -> list[int]:
    """Those of the ascending starts that lie nearest to an instant, ascending."""
    return sorted(sorted(starts, key=lambda start: abs(start - to))[:most])


def minute_of(moment: datetime) -> int:
    """The instant as the engine counts; within a minute, the next whole one."""
    return -((_EPOCH - moment) // _MINUTE)


def moment_of(minute: int) -> datetime:
    """The same instant as a datetime in UTC."""
    return _EPOCH + timedelta(minutes=minute)


def _free(grid: Sequence[int], busy: Iterable[Busy], length: int, gap: int) -> list[int]:
    """The starts of the ascending grid that keep the gap to everything busy, in one sweep over both.

    Busy times come ascending by start, so whatever lies clear before one is clear of all that come after it.
    """
    free: list[int] = []
    ahead = [*grid, _NEVER]
    place = 0
    for begins, ends in busy:
        if ahead[place] <= begins - gap - length:
            clear = bisect_right(ahead, begins - gap - length, place)
            free += ahead[place:clear]
            place = clear
        free_again = ends + gap
        while ahead[place] < free_again:
            place += 1
    return free + ahead[place:-1]


def _windows(hours: Iterable[Stretch], zone: str, since: int, until: int) -> Iterator[tuple[int, int]]:
    """The stretches of these days as (begin, end) instants; one in which the clocks change stays whole."""
    by_weekday = _by_weekday(hours)
    # What a change of clocks has cut: the pieces before and after it meet in the instant of the change.
    begins_of: dict[tuple[int, int, int, int], int] = {}
    for begins, ends, offset in _spells(zone, since // _WEEK, -(-until // _WEEK)):
        for day in range((begins + offset) // _DAY, (ends + offset - 1) // _DAY + 1):
            midnight = day * _DAY - offset
            for first, end in by_weekday[(day + _WEEKDAY_OF_DAY_ZERO - 1) % 7 + 1]:
                if begins < midnight + first and midnight + end < ends:
                    yield midnight + first, midnight + end
                elif midnight + first < ends and begins < midnight + end:
                    whole = begins_of.pop((day, first, end, begins), max(midnight + first, begins))
                    begins_of[day, first, end, min(midnight + end, ends)] = whole
    for (_, _, _, ends), begins in begins_of.items():
        yield begins, ends


def _by_weekday(hours: Iterable[Stretch]) -> dict[int, list[tuple[int, int]]]:
    by_weekday: dict[int, list[tuple[int, int]]] = {weekday: [] for weekday in range(1, 8)}
    for weekday, first, end in hours:
        by_weekday[weekday].append((first, end))
    return by_weekday


@lru_cache(maxsize=1024)
def _spells(zone: str, first_week: int, last_week: int) -> Sequence[tuple[int, int, int]]:
    """The weeks cut where the clocks change: (begin, end, minutes from UTC).

    The offset is asked for once a week, and the minute of a change is searched for where two weeks differ: no
    zone has gone back and forth within one week. Remembered, since every reader of a week asks for the same.
    """
    clocks = ZoneInfo(zone)
    spells = []
    at = begins = first_week * _WEEK
    offset = _offset(clocks, begins)
    for ahead in range(begins + _WEEK, last_week * _WEEK + 1, _WEEK):
        while _offset(clocks, ahead) != offset:
            at = _change(clocks, at, ahead, offset)
            spells.append((begins, at, offset))
            begins, offset = at, _offset(clocks, at)
        at = ahead
    return (*spells, (begins, last_week * _WEEK, offset))


def _change(zone: ZoneInfo, before: int, after: int, offset: int) -> int:
    """The first minute in (before, after] at which the offset is another."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, minute: int) -> int:
    ahead = datetime.fromtimestamp(minute * 60, zone).utcoffset() or timedelta(0)
    return ahead // _MINUTE


def _rounded_up(minutes: int) -> int:
    return -(-minutes // STEP) * STEP
