"""When hours of the wall clock lie, as instants. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from portal.diary.clocks import DAY, DAY_ZERO_AFTER_MONDAY, ORDINAL_OF_DAY_ZERO, WEEK, spells

# (first minute, end minute) of a day, and (ISO weekday, first minute, end minute, weeks) of a week.
Stretch = tuple[int, int]
Hours = tuple[int, int, int, int]


def stretches(
    *,
    hours: Iterable[Hours],
    dates: Mapping[date, Sequence[Stretch]],
    zone: str,
    since: int,
    until: int,
) -> list[tuple[int, int]]:
    """The stretches of hours that reach into the range, as (begin, end) instants, ascending.

    Hours, dates and zone are as `open_starts` takes them; what touches or overlaps is one stretch.
    """
    whole: list[tuple[int, int]] = []
    for begins, ends in sorted(windows(hours, dates, zone, since - 2 * DAY, until + 2 * DAY)):
        if whole and begins <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(whole[-1][1], ends)
        else:
            whole.append((begins, ends))
    return [(begins, ends) for begins, ends in whole if begins < until and since < ends]


def windows(
    hours: Iterable[Hours], dates: Mapping[date, Sequence[Stretch]], zone: str, since: int, until: int
) -> Iterator[tuple[int, int]]:
    """The stretches of these days as (begin, end) instants; one in which the clocks change stays whole."""
    fortnight = _fortnight(hours)
    different = {
        day.toordinal() - ORDINAL_OF_DAY_ZERO: dict.fromkeys(stretches) for day, stretches in dates.items()
    }
    # What a change of clocks has cut: the pieces before and after it meet in the instant of the change.
    begins_of: dict[tuple[int, int, int, int], int] = {}
    for begins, ends, offset in spells(zone, since // WEEK, -(-until // WEEK)):
        # What begins on the day before may reach past midnight.
        for day in range((begins + offset) // DAY - 1, (ends + offset - 1) // DAY + 1):
            midnight = day * DAY - offset
            for first, end in different.get(day, fortnight[(day + DAY_ZERO_AFTER_MONDAY) % 14]):
                if begins < midnight + first and midnight + end < ends:
                    yield midnight + first, midnight + end
                elif midnight + first < ends and begins < midnight + end:
                    whole = begins_of.pop((day, first, end, begins), max(midnight + first, begins))
                    begins_of[day, first, end, min(midnight + end, ends)] = whole
    for (_, _, _, ends), begins in begins_of.items():
        yield begins, ends


def _fortnight(hours: Iterable[Hours]) -> Sequence[Mapping[Stretch, None]]:
    """The stretches of fourteen days, each once: a Monday of a week that is a 2 comes first."""
    days: list[dict[Stretch, None]] = [{} for _ in range(14)]
    for weekday, first, end, weeks in hours:
        if weeks != 1:
            days[weekday - 1][first, end] = None
        if weeks != 2:
            days[weekday + 6][first, end] = None
    return days
