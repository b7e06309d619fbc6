"""Reducing a calendar file to what says when somebody is busy, before anything else reads it. Pure.

Linear in the length of the file. What a diary says beside its times, who comes and why, is gone after this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import available_timezones

from portal.calendars.failures import CannotBeRead, Why

# What is left of a file after vetting; a diary of many years has some thousands.
MOST_ENTRIES = 20_000
# Single dates in RDATE and EXDATE, all entries together.
MOST_DATES = 20_000
_MOST_ZONES = 200
_DEEPEST = 8
_LONGEST_RULE = 2_000
# Nobody's day has more appointments of one series.
_MOST_A_DAY = 48
_HARMLESS_COUNT = 5_000
_A_DAY = {"SECONDLY": 86_400, "MINUTELY": 1_440, "HOURLY": 24}

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"[^\n]+")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_REPEATS = frozenset({"RRULE", "RDATE"})
_ZONE_PARTS = frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", *_REPEATS})
_KEPT = {
    ("VCALENDAR", "VEVENT"): frozenset(
        {"UID", "DTSTART", "DTEND", "DURATION", "EXDATE", "RECURRENCE-ID", "SEQUENCE", "STATUS", "TRANSP"}
        | _REPEATS
    ),
    ("VCALENDAR", "VFREEBUSY"): frozenset({"FREEBUSY"}),
    ("VCALENDAR", "VTIMEZONE"): frozenset({"TZID"}),
    ("VCALENDAR", "VTIMEZONE", "STANDARD"): _ZONE_PARTS,
    ("VCALENDAR", "VTIMEZONE", "DAYLIGHT"): _ZONE_PARTS,
}


@dataclass
class _Part:
    """One entry or zone, with the lines of it that are kept."""

    kind: str
    lines: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def value(self, name: str) -> str:
        """The time in the line with this name; empty if there is none."""
        return self.line(name).rpartition(":")[2]

    def line(self, name: str) -> str:
        return next((line for line in self.lines if _name(line) == name), "")


def vetted(text: str, *, since: date, until: date) -> str:
    """One calendar with the zones and entries of all in the text, for who asks about these days in any zone.

    An entry that stands alone and wholly outside is left out. Raises CannotBeRead: NOT_A_CALENDAR, also where
    the text breaks off, or TOO_MANY.
    """
    reader = _Reader(since, until)
    for name, line in _lines(text):
        reader.take(name, line)
    if reader.place or not reader.calendars:
        raise CannotBeRead(Why.NOT_A_CALENDAR)
    kept = [*reader.zones.values(), *reader.entries]
    _judge_rules(kept)
    named = [f"X-WR-TIMEZONE:{reader.zone}"] if reader.zone in available_timezones() else []
    written = [line for part in kept for line in (f"BEGIN:{part.kind}", *part.lines, f"END:{part.kind}")]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//vetted//EN", *named, *written, "END:VCALENDAR", ""]
    )


class _Reader:
    """Takes one line after another, and keeps only what is kept."""

    def __init__(self, since: date, until: date) -> None:
        self._since, self._until = since, until
        # What has begun and not ended, outermost first.
        self.place: list[str] = []
        self.calendars = 0
        # The zone that the first calendar says its times are in.
        self.zone = ""
        self.entries: list[_Part] = []
        # By the line that names it: the first definition counts.
        self.zones: dict[str, _Part] = {}
        self._part = _Part("")

    def take(self, name: str, line: str) -> None:
        if name == "BEGIN":
            self._enter(line[6:].strip().upper())
        elif name == "END":
            self._leave(line[4:].strip().upper())
        elif name == "X-WR-TIMEZONE" and self.place == ["VCALENDAR"]:
            self.zone = self.zone or line.partition(":")[2].strip()
        elif name in _KEPT.get(tuple(self.place), ()):
            self._part.lines.append(line)
            self._part.names.add(name)

    def _enter(self, begun: str) -> None:
        self.place.append(begun)
        if len(self.place) > _DEEPEST or self.place[0] != "VCALENDAR":
            raise CannotBeRead(Why.NOT_A_CALENDAR)
        self.calendars += len(self.place) == 1
        if len(self.place) == 2:
            self._part = _Part(begun)
        elif tuple(self.place) in _KEPT:
            self._part.lines.append(f"BEGIN:{begun}")

    def _leave(self, ended: str) -> None:
        if not self.place or self.place[-1] != ended:
            raise CannotBeRead(Why.NOT_A_CALENDAR)
        if tuple(self.place) in _KEPT:
            if len(self.place) == 2:
                self._keep(self._part)
            else:
                self._part.lines.append(f"END:{ended}")
        self.place.pop()

    def _keep(self, part: _Part) -> None:
        if part.kind == "VTIMEZONE":
            self.zones.setdefault(part.line("TZID"), part)
        elif not _is_outside(part, self._since, self._until):
            self.entries.append(part)
        if len(self.entries) > MOST_ENTRIES or len(self.zones) > _MOST_ZONES:
            raise CannotBeRead(Why.TOO_MANY)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Every content line (RFC 5545 §3.1) unfolded, with its name in capitals."""
    for line in _LINE.finditer(_FOLD.sub("", text.removeprefix("\ufeff"))):
        plain = line[0].strip("\r\0 ")
        if plain:
            yield _name(plain), plain


def _name(line: str) -> str:
    found = _NAME.match(line)
    return found[0].upper() if found else ""


def _is_outside(part: _Part, since: date, until: date) -> bool:
    """Whether it happens once and on other days; an entry with a length of its own is never thought over."""
    if part.kind != "VEVENT" or part.names & {*_REPEATS, "RECURRENCE-ID", "DURATION"}:
        return False
    starts, ends = part.value("DTSTART")[:8], (part.value("DTEND") or part.value("DTSTART"))[:8]
    if not (starts.isdecimal() and ends.isdecimal()):
        return False
    return starts > f"{until:%Y%m%d}" or max(starts, ends) < f"{since:%Y%m%d}"


def _judge_rules(parts: Iterable[_Part]) -> None:
    dates = 0
    for part in parts:
        for line in part.lines:
            name = _name(line)
            if name == "RRULE" and _is_too_often(line):
                raise CannotBeRead(Why.TOO_MANY)
            if name in {"RDATE", "EXDATE", "FREEBUSY"}:
                dates += 1 + line.count(",")
    if dates > MOST_DATES:
        raise CannotBeRead(Why.TOO_MANY)


def _is_too_often(line: str) -> bool:
    """Whether a rule (RFC 5545 §3.3.10) names more than anybody's day holds, or never gets on."""
    if len(line) > _LONGEST_RULE:
        return True
    pairs = [each.partition("=") for each in line.upper().rpartition(":")[2].split(";")]
    rule = {name: value for name, _, value in pairs}
    interval = _number(rule.get("INTERVAL", "1"))
    if interval == 0:
        return True
    a_day = _A_DAY.get(rule.get("FREQ", ""), 1) / (interval if rule.get("FREQ") in _A_DAY else 1)
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        a_day *= 1 + rule.get(name, "").count(",")
    few = "COUNT" in rule and _number(rule["COUNT"]) <= _HARMLESS_COUNT
    return a_day > _MOST_A_DAY and not few


def _number(text: str) -> int:
    """What is no number is left for the reader of rules to refuse."""
    return int(text) if text.isdecimal() and len(text) < 10 else 1
