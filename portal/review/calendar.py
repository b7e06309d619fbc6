"""A week as a diary shows it: which hours, which days, what stands in them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

Entry = TypeVar("Entry")
_DAYS = 7


@dataclass(frozen=True)
class Cell(Generic[Entry]):
    """One hour of one day: outside the working hours or not, and what begins in it."""

    working: bool
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Week(Generic[Entry]):
    """Seven days from a Monday, and a row of cells for each hour of the wall clock that is shown."""

    days: Sequence[date]
    rows: Sequence[tuple[int, Sequence[Cell[Entry]]]]

    @property
    def before(self) -> date:
        return self.days[0] - timedelta(days=_DAYS)

    @property
    def after(self) -> date:
        return self.days[0] + timedelta(days=_DAYS)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def span_of(monday: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The week's first instant and the first one after it, in UTC; a week may have an hour more or less."""
    edges = (monday, monday + timedelta(days=_DAYS))
    first, after = (datetime.combine(edge, time(), zone).astimezone(UTC) for edge in edges)
    return first, after


def week_of(
    monday: date,
    zone: ZoneInfo,
    *,
    hours: Iterable[tuple[int, int, int]],
    entries: Iterable[tuple[datetime, Entry]],
) -> Week[Entry]:
    """Lay out entries by the hour and day in which they start in this zone.

    `hours` are stretches as (ISO weekday, first minute, minute after the last), of the wall clock. The rows
    run from the earliest to the latest hour that either of them needs; nine to five where there is neither.
    """
    stretches = list(hours)
    placed: dict[tuple[date, int], list[Entry]] = {}
    for starts_at, entry in entries:
        local = starts_at.astimezone(zone)
        placed.setdefault((local.date(), local.hour), []).append(entry)
    days = [monday + timedelta(days=number) for number in range(_DAYS)]
    needed = {hour for _, hour in placed} | {hour for stretch in stretches for hour in _hours_in(stretch)}
    shown = range(min(needed, default=9), max(needed, default=16) + 1)
    return Week(days, [(hour, [_cell(day, hour, stretches, placed) for day in days]) for hour in shown])


def _cell(
    day: date,
    hour: int,
    stretches: Sequence[tuple[int, int, int]],
    placed: dict[tuple[date, int], list[Entry]],
) -> Cell[Entry]:
    working = any(
        weekday == day.isoweekday() and hour in _hours_in((weekday, starts, ends))
        for weekday, starts, ends in stretches
    )
    return Cell(working, placed.get((day, hour), []))


def _hours_in(stretch: tuple[int, int, int]) -> range:
    _, starts, ends = stretch
    return range(starts // 60, (ends + 59) // 60)
