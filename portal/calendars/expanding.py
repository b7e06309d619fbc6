"""Working out when a calendar's entries keep somebody busy. Pure, and a program of its own.

It imports nothing of the portal's: `confining` runs this file in a process with limits on time and memory,
since the libraries that read rules can be kept busy for ever by a rule that means harm.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

MOST_OCCURRENCES = 20_000
Stretch = tuple[datetime, datetime]
# (UID, begin, end): only together do they say whose an entry is, for anybody can write a UID.
Entry = tuple[str, datetime, datetime]
# Local times are up to 14 hours from UTC, and an entry may begin the day before.
_MARGIN = timedelta(days=2)
_DAY = timedelta(days=1)
_RECURS = frozenset({"RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})


class TooMany(Exception):
    """More occurrences than any diary holds."""


@dataclass
class Expanded:
    """When somebody is busy; and how many entries could not be read, or name a zone that nobody knows."""

    # In UTC and in order; none overlaps another, and each is cut at midnight: none is longer than a day.
    stretches: list[Stretch] = field(default_factory=list)
    unread: int = 0
    foreign_zones: int = 0


def expanded(
    text: str, *, zone: ZoneInfo, since: datetime, until: datetime, own: Collection[Entry] = frozenset()
) -> Expanded:
    """What the calendar (RFC 5545, vetted) blocks between two moments.

    Whole days are the days of `zone`; so are times without a zone, and those in one that nobody knows. What
    is cancelled or transparent blocks nothing, nor do our `own` entries, which came from here. An entry that
    cannot be read is counted and left out. Raises TooMany, and ValueError if it is no calendar at all.
    """
    calendar, found, busy = Calendar.from_ical(text), Expanded(), list[Stretch]()
    left = MOST_OCCURRENCES
    for group in _groups(calendar):
        found.unread += any(entry.errors for entry in group)
        found.foreign_zones += any(_names_an_unknown_zone(entry) for entry in group)
        try:
            for starts, ends in _occurrences(calendar, group, since - _MARGIN, until + _MARGIN):
                left -= 1
                if left < 0:
                    raise TooMany
                entry = str(group[0].get("UID")), _instant(starts, zone), _instant(ends, zone)
                busy += [entry[1:]] if entry not in own else []
        except TooMany:
            raise
        except Exception as problem:
            if _ran_out(problem):
                raise
            # Whatever a strange entry does to its reader, the others are read.
            found.unread += not any(entry.errors for entry in group)
    found.stretches = list(_cut(_merged(busy, since, until)))
    return found


def _groups(calendar: Component) -> Iterable[list[Component]]:
    """The entries, those of one series together: a series' exceptions bear its UID."""
    groups: dict[str, list[Component]] = {}
    for number, entry in enumerate(calendar.subcomponents):
        if entry.name in {"VEVENT", "VFREEBUSY"}:
            groups.setdefault(str(entry.get("UID") or number), []).append(entry)
    return groups.values()


def _occurrences(
    calendar: Component, group: list[Component], since: datetime, until: datetime
) -> Iterator[tuple[date, date]]:
    yield from (period for entry in group if entry.name == "VFREEBUSY" for period in _periods(entry))
    events = [entry for entry in group if entry.name == "VEVENT"]
    if not any(_RECURS & event.keys() for event in events):
        # By far the most. None of them may be too long or too far away to be counted, and none is taken for
        # another's because a careless program gave both one UID.
        yield from [_once(event) for event in events if _blocks(event)]
    else:
        series = Calendar({name: calendar[name] for name in calendar.keys() & {"X-WR-TIMEZONE"}})
        series.subcomponents = events
        for each in recurring_ical_events.of(series).series:
            occurrences = (occurrence.as_component(False) for occurrence in each.between(since, until))
            yield from ((_at(one, "DTSTART"), _at(one, "DTEND")) for one in occurrences if _blocks(one))


def _once(event: Component) -> tuple[date, date]:
    """RFC 5545 §3.6.1: without an end or a length, a date is a whole day and a time is only a moment."""
    starts = _at(event, "DTSTART")
    if "DTEND" in event:
        return starts, _at(event, "DTEND")
    if "DURATION" in event:
        return starts, starts + _at(event, "DURATION")
    return starts, starts if isinstance(starts, datetime) else starts + _DAY


def _at(event: Component, name: str) -> Any:
    """The date, time or length; what is none raises whatever its reader thinks of."""
    value: Any = event[name]
    return value.dt


def _periods(entry: Component) -> Iterator[tuple[date, date]]:
    """The times of RFC 5545 §3.8.2.6: a start, and an end or a length."""
    lines = entry.get("FREEBUSY", [])
    for period in lines if isinstance(lines, list) else [lines]:
        if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            starts, ends = period.dt
            yield starts, starts + ends if isinstance(ends, timedelta) else ends


def _blocks(event: Component) -> bool:
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return not cancelled and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"


def _names_an_unknown_zone(entry: Component) -> bool:
    starts: Any = entry.get("DTSTART")
    moment = getattr(starts, "dt", None) if "TZID" in getattr(starts, "params", {}) else None
    return isinstance(moment, datetime) and moment.tzinfo is None


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time(), zone)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _merged(busy: list[Stretch], since: datetime, until: datetime) -> Iterator[Stretch]:
    """Within the two moments, in order, with what overlaps or touches made one."""
    begun: Stretch | None = None
    for starts, ends in sorted((max(starts, since), min(ends, until)) for starts, ends in busy):
        if starts >= ends:
            continue
        if begun and starts <= begun[1]:
            begun = begun[0], max(begun[1], ends)
            continue
        if begun:
            yield begun
        begun = starts, ends
    if begun:
        yield begun


def _cut(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """At every midnight in UTC, so that whoever asks about a time need not look back further than a day."""
    for starts, ends in stretches:
        while starts < ends:
            midnight = datetime.combine(starts.date() + _DAY, time(), UTC)
            yield starts, min(midnight, ends)
            starts = midnight


def _ran_out(problem: BaseException | None) -> bool:
    """Whether it, or what the libraries made it of, is that there is no more memory or depth to be had."""
    while problem is not None:
        if isinstance(problem, MemoryError | RecursionError):
            return True
        problem = problem.__context__
    return False


def _main() -> None:
    """A line of JSON on standard input says what is asked for, and the calendar follows; JSON comes back."""
    asked = json.loads(sys.stdin.readline())
    for what, most in ((resource.RLIMIT_CPU, asked["seconds"]), (resource.RLIMIT_AS, asked["bytes"])):
        with contextlib.suppress(ValueError, OSError):
            # Not every system can limit memory; time is limited everywhere, here and from outside.
            resource.setrlimit(what, (most, most))
    try:
        found = expanded(
            sys.stdin.read(),
            zone=ZoneInfo(asked["zone"]),
            since=datetime.fromisoformat(asked["since"]),
            until=datetime.fromisoformat(asked["until"]),
            own={
                (uid, datetime.fromisoformat(starts), datetime.fromisoformat(ends))
                for uid, starts, ends in asked["own"]
            },
        )
        told: object = {
            "stretches": [(starts.isoformat(), ends.isoformat()) for starts, ends in found.stretches],
            "unread": found.unread,
            "foreign_zones": found.foreign_zones,
        }
    except TooMany:
        told = {"refused": "too-many"}
    except Exception as problem:
        told = {"refused": "too-hard" if _ran_out(problem) else "not-a-calendar"}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    _main()
