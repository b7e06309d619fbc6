"""How times on offer are laid out for a reader: by days of their zone, with a word where clocks change."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.scheduling.slots import by_day, clock_changes, minute_of, moment_of
from portal.web.formatting import day, offset, zone_name

DAYS_SHOWN = timedelta(days=31)
_DAY = 24 * 60
_CLOCK = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(_DAY))
_DAY_ZERO = date(1970, 1, 1)

# A day of a reader and what is on offer in it: (start, minute of the wall clock) each, ascending.
_Days = Mapping[date, Sequence[tuple[int, int]]]


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


@dataclass(frozen=True)
class Sheet:
    """The days of one page. `earlier` and `later` are where the next pages with free times begin."""

    days: Sequence[Day]
    earlier: date | None
    later: date | None
    # The soonest of all times on offer, as it is posted, on this page or not.
    soonest: str | None


def sheet_of(
    starts: Sequence[int],
    *,
    zone: ZoneInfo,
    therapist_zone: ZoneInfo,
    now: datetime,
    begins: date | None = None,
) -> Sheet:
    """The starts, in minutes and ascending, of 31 days from `begins`; from the first free one if it is None.

    A day long past or far ahead counts as today, or as the last day on which there is anything.
    """
    days = by_day(starts, str(zone))
    today = now.astimezone(zone).date()
    last = max(days, default=today)
    first = min(max(begins or min(days, default=today), today), last)
    after = first + DAYS_SHOWN
    shown = {day: times for day, times in days.items() if first <= day < after}
    notices = _notices(shown, zone, therapist_zone, now)
    return Sheet(
        days=[Day(_heading(day), notices.get(day, ()), _times(times, zone)) for day, times in shown.items()],
        earlier=_page_before([day for day in days if day < first]),
        later=min((day for day in days if day >= after), default=None),
        soonest=_posted(starts[0]) if starts else None,
    )


def times_of(starts: Sequence[int], zone: ZoneInfo) -> Sequence[Day]:
    """These few starts by day, as on the sheet."""
    return [Day(_heading(day), (), _times(times, zone)) for day, times in by_day(starts, str(zone)).items()]


def _page_before(free: Sequence[date]) -> date | None:
    """Where the page with the last of these free days begins, counted in pages from the first of them."""
    return free[0] + (free[-1] - free[0]) // DAYS_SHOWN * DAYS_SHOWN if free else None


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


def _notices(
    shown: _Days, zone: ZoneInfo, therapist_zone: ZoneInfo, now: datetime
) -> Mapping[date, Sequence[str]]:
    """What stands under the first day after the clocks have changed, here or where the therapist is (T7)."""
    notices: dict[date, list[str]] = {}
    if not shown:
        return notices
    last = list(shown.values())[-1][-1][0]
    own = clock_changes(str(zone), minute_of(now), last)
    theirs = [at for at in clock_changes(str(therapist_zone), minute_of(now), last) if at not in own]
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
