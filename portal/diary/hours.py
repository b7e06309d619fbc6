"""When a diary is open between two instants: its week, the days that differ and the holidays, together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from portal.diary.clocks import minute_of, moment_of
from portal.diary.kinds import FIRST_CONSULTATION, Kind
from portal.diary.opening import CountryUnknown, RegionUnknown, dates_of, holidays_in
from portal.diary.queries import Rules
from portal.diary.stretches import stretches

# How far around a range the days have to be known, for whatever the zone.
_DAYS_AROUND = timedelta(days=3)


def dates_between(rules: Rules, since: int, until: int) -> Mapping[date, Sequence[tuple[int, int]]]:
    """The days around the range that differ from their weekdays."""
    first_day, last_day = moment_of(since).date() - _DAYS_AROUND, moment_of(until).date() + _DAYS_AROUND
    return dates_of(rules.differ, _holidays(rules, first_day, last_day), first_day, last_day)


def hours_between(rules: Rules, kind: Kind, since: int, until: int) -> Sequence[tuple[int, int]]:
    """The hours in which this kind can take place, as (begin, end) in minutes, ascending, whole."""
    return stretches(
        hours=rules.hours_for(kind),
        dates=dates_between(rules, since, until),
        zone=rules.time_zone,
        since=since,
        until=until,
    )


def opened(before: Rules, after: Rules, *, now: datetime) -> Mapping[tuple[int, int], list[int | None]]:
    """What could not be asked for before and can be now: begin and end in minutes, and for which kinds.

    It is so where hours were added, and where a kind has less notice or a farther horizon than it had. Kinds
    are told by their ids; None is the usual first consultation: some had it before kinds were named.
    """
    found: dict[tuple[int, int], list[int | None]] = {}
    known = {kind.id for kind in before.kinds}
    for kind in (FIRST_CONSULTATION, *(kind for kind in after.kinds if kind.id in known)):
        was = _within_reach(before, before.kind_with_id(kind.id), now)
        for stretch in _without(_within_reach(after, kind, now), was):
            found.setdefault(stretch, []).append(kind.id)
    return found


def _within_reach(rules: Rules, kind: Kind, now: datetime) -> Sequence[tuple[int, int]]:
    """The hours of this kind, as far as it can be asked for."""
    first, last = minute_of(now) + kind.notice, minute_of(now) + kind.horizon
    return [(max(begins, first), min(ends, last)) for begins, ends in hours_between(rules, kind, first, last)]


def _without(new: Sequence[tuple[int, int]], old: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What of the new stretches lies in none of the old; both ascend, and none overlaps another."""
    for begins, ends in new:
        for old_begins, old_ends in old:
            if old_ends <= begins or ends <= old_begins:
                continue
            if begins < old_begins:
                yield begins, old_begins
            begins = old_ends
        if begins < ends:
            yield begins, ends


def _holidays(rules: Rules, first_day: date, last_day: date) -> Sequence[date]:
    """The days that a holiday closes."""
    if not rules.holiday_country:
        return ()
    years = tuple(range(first_day.year, last_day.year + 1))
    try:
        named = holidays_in(rules.holiday_country, rules.holiday_region, years)
    except (CountryUnknown, RegionUnknown):
        # A newer list of holidays has dropped it: times are offered all the same.
        return ()
    return [day for day, name in named.items() if name not in rules.holidays_worked]
