"""Days as a diary shows them: which hours, what stands in them, where there is room. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

WEEK = 7
_QUARTER = timedelta(minutes=15)
_USUALLY = (9, 16)


class Standing(Protocol):
    """Something that stands in a diary from one moment to another."""

    @property
    def starts_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...


Entry = TypeVar("Entry", bound=Standing)


@dataclass(kw_only=True)
class Cell(Generic[Entry]):
    """One hour of the wall clock of one day."""

    # Whether its first and its second half lie in the hours, at least in part.
    first_half: bool = False
    second_half: bool = False
    # The clocks skip it, or show it twice.
    skipped: bool = True
    twice: bool = False
    # What begins in it, and what goes on in it that began before.
    entries: list[Entry] = field(default_factory=list)
    going_on: list[Entry] = field(default_factory=list)
    # The first quarter of it that is to come and free; None if there is none.
    free_at: datetime | None = None

    @property
    def working(self) -> bool:
        return self.first_half or self.second_half


@dataclass(frozen=True, kw_only=True)
class Column:
    """One day, the hours of it as (begin, end), and whether its clocks change."""

    day: date
    hours: Sequence[tuple[datetime, datetime]]
    clocks_change: bool


@dataclass(frozen=True, kw_only=True)
class Sheet(Generic[Entry]):
    """Some days, and a row of cells for each hour of the wall clock that is shown."""

    columns: Sequence[Column]
    rows: Sequence[tuple[int, Sequence[Cell[Entry]]]]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def span_of(first_day: date, days: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of these days and the first one after them, in UTC; a day may have 23 or 25 hours."""
    edges = (first_day, first_day + timedelta(days=days))
    first, after = (datetime.combine(edge, time(), zone).astimezone(UTC) for edge in edges)
    return first, after


def moment_at(day: date, clock: time, zone: ZoneInfo) -> datetime | None:
    """When the clocks of the zone show this, in UTC: the first time, if there are two; None for never."""
    moment = datetime.combine(day, clock, zone).astimezone(UTC)
    shown = moment.astimezone(zone)
    return moment if (shown.date(), shown.time()) == (day, clock) else None


def sheet_of(
    first_day: date,
    days: int,
    zone: ZoneInfo,
    *,
    hours: Iterable[tuple[datetime, datetime]],
    entries: Iterable[Entry],
    now: datetime,
) -> Sheet[Entry]:
    """Lay out entries by the day and hour in which they begin in this zone, or go on.

    `hours` are the stretches of working hours, as instants. The rows run from the earliest to the latest hour
    that either of them needs; nine to five where there is neither. What reaches over midnight stands in both
    days.
    """
    stretches, standing = list(hours), sorted(entries, key=lambda entry: (entry.starts_at, entry.ends_at))
    cells: dict[tuple[date, int], Cell[Entry]] = {}
    shown = [first_day + timedelta(days=ahead) for ahead in range(days)]
    columns = [_column(day, zone, stretches, standing, cells, now) for day in shown]
    needed = {hour for (_, hour), cell in cells.items() if cell.working or cell.entries or cell.going_on}
    first, last = (min(needed), max(needed)) if needed else _USUALLY
    nothing: Cell[Entry] = Cell()
    rows = [(hour, [cells.get((day, hour), nothing) for day in shown]) for hour in range(first, last + 1)]
    return Sheet(columns=columns, rows=rows)


def _column(
    day: date,
    zone: ZoneInfo,
    hours: Sequence[tuple[datetime, datetime]],
    entries: Sequence[Entry],
    cells: dict[tuple[date, int], Cell[Entry]],
    now: datetime,
) -> Column:
    """Fill the cells of a day, quarter by quarter of the time that really goes by."""
    begins, ends = span_of(day, 1, zone)
    own_hours = [(max(begins, first), min(ends, last)) for first, last in _in_part(hours, begins, ends)]
    own_entries = [entry for entry in entries if entry.starts_at < ends and begins < entry.ends_at]
    seen: set[int] = set()
    quarters: dict[tuple[date, int], int] = {}
    for ahead in range(int((ends - begins) / _QUARTER)):
        at = begins + ahead * _QUARTER
        local = at.astimezone(zone)
        cell = cells.setdefault((day, local.hour), Cell())
        cell.skipped = False
        quarters[day, local.hour] = quarters.get((day, local.hour), 0) + 1
        cell.twice = quarters[day, local.hour] > 4
        _mark(cell, at, local.minute < 30, own_hours)
        _enter(cell, at, own_entries, seen, now)
    return Column(day=day, hours=own_hours, clocks_change=ends - begins != timedelta(days=1))


def _in_part(
    stretches: Iterable[tuple[datetime, datetime]], begins: datetime, ends: datetime
) -> Iterable[tuple[datetime, datetime]]:
    return (each for each in stretches if each[0] < ends and begins < each[1])


def _mark(
    cell: Cell[Entry], at: datetime, first_half: bool, hours: Iterable[tuple[datetime, datetime]]
) -> None:
    if any(True for _ in _in_part(hours, at, at + _QUARTER)):
        cell.first_half = cell.first_half or first_half
        cell.second_half = cell.second_half or not first_half


def _enter(cell: Cell[Entry], at: datetime, entries: Sequence[Entry], seen: set[int], now: datetime) -> None:
    meeting = [entry for entry in entries if entry.starts_at < at + _QUARTER and at < entry.ends_at]
    for entry in meeting:
        if id(entry) not in seen:
            seen.add(id(entry))
            cell.entries.append(entry)
        elif entry not in cell.entries and entry not in cell.going_on:
            cell.going_on.append(entry)
    if not meeting and cell.free_at is None and now < at:
        cell.free_at = at
