"""Instants as whole minutes, and the days and changes of clocks that a zone makes of them. Pure.

An instant is a whole number of minutes since 1970-01-01 00:00 UTC, so that a month of times is arithmetic on
small integers; `minute_of` and `moment_of` lead there and back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY = 24 * 60
WEEK = 7 * DAY
_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# 1970-01-01 was a Thursday: so many days after a Monday.
DAY_ZERO_AFTER_MONDAY = 3
ORDINAL_OF_DAY_ZERO = date(1970, 1, 1).toordinal()

# Between two changes of clocks: (begin, end, minutes from UTC).
Spell = tuple[int, int, int]


def minute_of(moment: datetime) -> int:
    """The instant as the engine counts; within a minute, the next whole one."""
    return -((_EPOCH - moment) // _MINUTE)


def moment_of(minute: int) -> datetime:
    """The same instant as a datetime in UTC."""
    return _EPOCH + timedelta(minutes=minute)


def clock_changes(zone: str, since: int, until: int) -> list[int]:
    """The instants after `since`, up to `until`, at which the clocks of the IANA zone are changed."""
    cut = spells(zone, since // WEEK, -(-until // WEEK))
    return [begins for begins, _, _ in cut[1:] if since < begins <= until]


def last_change(zone: str, since: datetime, until: datetime) -> datetime | None:
    """The last time that the clocks of the IANA zone are changed between two moments (T7)."""
    changes = clock_changes(zone, minute_of(since), minute_of(until))
    return moment_of(changes[-1]) if changes else None


def change_before(moment: datetime, zone: tzinfo, now: datetime) -> datetime | None:
    """The same for who reads now of a moment to come, in the zone in which they read it."""
    return last_change(str(zone), now, moment) if now < moment else None


def by_day(starts: Sequence[int], zone: str) -> dict[date, list[tuple[int, int]]]:
    """Ascending starts by the day of a reader in the IANA zone, each as (start, minute of the wall clock)."""
    days: dict[int, list[tuple[int, int]]] = {}
    cut = spells(zone, starts[0] // WEEK, starts[-1] // WEEK + 1) if starts else ()
    for begins, ends, offset in cut:
        place, last = bisect_left(starts, begins), bisect_left(starts, ends)
        while place < last:
            day = (starts[place] + offset) // DAY
            midnight = day * DAY - offset
            after = bisect_left(starts, midnight + DAY, place, last)
            # A day on which the clocks change lies in two spells.
            days.setdefault(day, []).extend([(start, start - midnight) for start in starts[place:after]])
            place = after
    return {date.fromordinal(ORDINAL_OF_DAY_ZERO + day): found for day, found in days.items()}


@lru_cache(maxsize=1024)
def spells(zone: str, first_week: int, last_week: int) -> Sequence[Spell]:
    """The weeks, cut where the clocks change.

    The offset is asked for once a week, and the minute of a change is searched for where two weeks differ: no
    zone has gone back and forth within one week. Remembered, since every reader of a week asks for the same.
    """
    clocks = ZoneInfo(zone)
    found = []
    at = begins = first_week * WEEK
    offset = _offset(clocks, begins)
    for ahead in range(begins + WEEK, last_week * WEEK + 1, WEEK):
        while _offset(clocks, ahead) != offset:
            at = _change(clocks, at, ahead, offset)
            found.append((begins, at, offset))
            begins, offset = at, _offset(clocks, at)
        at = ahead
    return (*found, (begins, last_week * WEEK, offset))


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
