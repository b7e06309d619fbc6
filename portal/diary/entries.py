"""Reading a calendar file (RFC 5545) as far as its entries can say when somebody works. Pure.

Linear in the length of the file: no rule of repetition is ever worked out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from portal.errors import Refused

MOST_BYTES = 10_000_000
MOST_ENTRIES = 20_000
# Single dates that series leave out, all entries together.
MOST_DATES = 20_000
_LONGEST_NAME = 60
_LONGEST_RULE = 2_000

_FOLD = re.compile(r"\r?\n[ \t]")
# A name, parameters whose values may be quoted, and the value.
_LINE = re.compile(r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:]*))*):(.*)')
_ZONE = re.compile(r';TZID="?([^";:]*)', re.IGNORECASE)
_DATE = re.compile(r"\d{8}")
_MOMENT = re.compile(r"(\d{8}T\d{6})(Z?)")
_LENGTH = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_ESCAPED = re.compile(r"\\[nN]|[\x00-\x1f\x7f-\x9f]")
_AWAY = re.compile(
    r"\b(away|out of office|holidays?|vacation|leave|closed|absent|day off|sick)\b", re.IGNORECASE
)

_AWAY_STATUS = "X-MICROSOFT-CDO-BUSYSTATUS"
_READ = frozenset({"SUMMARY", "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE"}) | {
    "RECURRENCE-ID",
    "STATUS",
    "TRANSP",
    _AWAY_STATUS,
}


class NotACalendar(Refused):
    """It is no calendar file, or breaks off in the middle."""


class TooMuchInIt(Refused):
    """More bytes, entries or dates than anybody's hours need."""


class _Unread(Exception):
    """An entry that cannot be made out."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry; its times are of the wall clock in the reader's zone."""

    name: str
    uid: str
    # Days for an entry of whole days, the end not included; else moments.
    starts: datetime
    ends: datetime
    whole_days: bool
    # The parts of its RRULE, in capitals; none if it happens once.
    rule: Mapping[str, str] = field(default_factory=dict)
    # Days on which the series does not take place.
    left_out: frozenset[date] = frozenset()
    # The day of its series that this entry replaces.
    instead_of: date | None = None
    # Further dates are named one by one.
    more_dates: bool = False
    cancelled: bool = False
    # It keeps nobody busy, as birthdays do.
    transparent: bool = False
    away: bool = False


@dataclass(frozen=True)
class Entries:
    """What a file holds; and how many entries could not be made out, or name a zone that nobody knows."""

    entries: Sequence[Entry]
    unread: int = 0
    foreign_zones: int = 0


@dataclass
class _Reading:
    zone: ZoneInfo
    foreign: bool = False
    lines: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        return self.lines.get(name, [("", "")])[0][1]

    def when(self, name: str) -> datetime:
        parameters, value = self.lines[name][0]
        return self.moment(parameters, value)

    def moment(self, parameters: str, value: str) -> datetime:
        """A date or a moment as the reader's wall clock shows it; a time without a zone is their own."""
        if _DATE.fullmatch(value):
            return datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007 (a date)
        found = _MOMENT.fullmatch(value)
        if found is None:
            raise _Unread
        plain = datetime.strptime(found[1], "%Y%m%dT%H%M%S")  # noqa: DTZ007 (the zone stands beside it)
        named = _ZONE.search(parameters)
        here = UTC if found[2] else self._zone_called(named[1]) if named else None
        return plain.replace(tzinfo=here).astimezone(self.zone).replace(tzinfo=None) if here else plain

    def _zone_called(self, name: str) -> ZoneInfo | None:
        try:
            return ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
        except (OSError, ValueError, LookupError):
            self.foreign = True
            return None


def entries_in(text: str, *, zone: ZoneInfo) -> Entries:
    """The events of a calendar file, for somebody in this zone. Raises NotACalendar, TooMuchInIt."""
    entries: list[Entry] = []
    unread = foreign = dates = 0
    for number, lines in enumerate(_events(text)):
        if number >= MOST_ENTRIES:
            raise TooMuchInIt
        dates += sum(1 + value.count(",") for name in ("EXDATE", "RDATE") for _, value in lines.get(name, ()))
        if dates > MOST_DATES:
            raise TooMuchInIt
        reading = _Reading(zone, lines=lines)
        try:
            entries.append(_entry(reading, number))
        except (_Unread, ValueError, OverflowError, LookupError):
            unread += 1
        foreign += reading.foreign
    return Entries(entries, unread, foreign)


def _events(text: str) -> Iterator[dict[str, list[tuple[str, str]]]]:
    """The lines of each VEVENT by their names, as (parameters, value)."""
    lines: dict[str, list[tuple[str, str]]] = {}
    for place, name, parameters, value in _lines(text):
        if place != ["VCALENDAR", "VEVENT"]:
            continue
        if name == "END":
            yield lines
            lines = {}
        elif name in _READ:
            lines.setdefault(name, []).append((parameters, value))


def _lines(text: str) -> Iterator[tuple[list[str], str, str, str]]:
    """Every content line (RFC 5545 §3.1) with the parts that it stands in. Raises NotACalendar."""
    place: list[str] = []
    calendars = 0
    for line in _FOLD.sub("", text.removeprefix("\ufeff")).split("\n"):
        found = _LINE.match(line.strip("\r\0 "))
        if found is None:
            continue
        name, parameters, value = found[1].upper(), found[2], found[3].strip()
        if name == "BEGIN":
            place.append(value.upper())
            calendars += place == ["VCALENDAR"]
        yield place, name, parameters, value
        if name == "END" and (not place or place.pop() != value.upper()):
            raise NotACalendar
    if place or not calendars:
        raise NotACalendar


def _entry(reading: _Reading, number: int) -> Entry:
    starts = reading.when("DTSTART")
    whole_days = bool(_DATE.fullmatch(reading.value("DTSTART")))
    instead_of = reading.when("RECURRENCE-ID").date() if "RECURRENCE-ID" in reading.lines else None
    name = _name(reading.value("SUMMARY"))
    return Entry(
        name=name,
        uid=reading.value("UID") or str(number),
        starts=starts,
        ends=_end(reading, starts, whole_days=whole_days),
        whole_days=whole_days,
        rule=_rule(reading.value("RRULE")),
        left_out=frozenset(_left_out(reading)),
        instead_of=instead_of,
        more_dates="RDATE" in reading.lines,
        cancelled=reading.value("STATUS").upper() == "CANCELLED",
        transparent=reading.value("TRANSP").upper() == "TRANSPARENT",
        away=reading.value(_AWAY_STATUS).upper() == "OOF" or bool(_AWAY.search(name)),
    )


def _end(reading: _Reading, starts: datetime, *, whole_days: bool) -> datetime:
    """RFC 5545 §3.6.1: without an end or a length, a date is a whole day and a time is only a moment."""
    if "DTEND" in reading.lines:
        return reading.when("DTEND")
    if "DURATION" in reading.lines:
        found = _LENGTH.fullmatch(reading.value("DURATION"))
        if found is None:
            raise _Unread
        weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
        return starts + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return starts + timedelta(days=1) if whole_days else starts


def _rule(line: str) -> Mapping[str, str]:
    if len(line) > _LONGEST_RULE:
        raise _Unread
    pairs = (part.partition("=") for part in line.upper().split(";") if part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _left_out(reading: _Reading) -> Iterator[date]:
    for parameters, value in reading.lines.get("EXDATE", ()):
        yield from (reading.moment(parameters, each.strip()).date() for each in value.split(","))


def _name(summary: str) -> str:
    """In one line, without what a terminal might obey."""
    plain = " ".join(re.sub(r"\\([,;\\])", r"\1", _ESCAPED.sub(" ", summary)).split())
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1].rstrip()}…"
