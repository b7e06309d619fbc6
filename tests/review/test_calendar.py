"""Days as the diary lays them out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.review.calendar import moment_at, monday_of, sheet_of, span_of

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2027, 3, 1)
LONG_AGO = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    name: str
    starts_at: datetime
    ends_at: datetime


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2027, month, day, hour, minute, tzinfo=UTC)


def entry(name: str, starts_at: datetime, minutes: int = 50) -> Entry:
    return Entry(name, starts_at, starts_at + timedelta(minutes=minutes))


def sheet(*entries: Entry, hours=(), zone=LONDON, monday=MONDAY, days=7, now=LONG_AGO):
    return sheet_of(monday, days, zone, hours=hours, entries=entries, now=now)


def cell(sheet, day, hour):
    place = [column.day for column in sheet.columns].index(day)
    return next(cells[place] for shown, cells in sheet.rows if shown == hour)


def test_the_week_begins_on_its_monday():
    assert monday_of(date(2027, 3, 7)) == MONDAY
    assert monday_of(MONDAY) == MONDAY


@pytest.mark.parametrize(
    ("monday", "hours"), [(MONDAY, 168), (date(2027, 3, 22), 167), (date(2027, 10, 25), 169)]
)
def test_a_week_has_an_hour_less_or_more_where_the_clocks_change(monday, hours):
    first, after = span_of(monday, 7, LONDON)

    assert (after - first).total_seconds() == hours * 3600


def test_an_entry_stands_at_its_hour_in_the_therapists_zone():
    sam = entry("Sam", at(3, 5, 30))

    found = sheet(sam, zone=ZoneInfo("Asia/Kolkata"))

    assert cell(found, date(2027, 3, 3), 11).entries == [sam]


def test_the_rows_run_from_the_first_hour_needed_to_the_last():
    found = sheet(entry("Sam", at(1, 20)), hours=[(at(2, 10), at(2, 12, 30))])

    assert [hour for hour, _ in found.rows] == list(range(10, 21))
    assert [hour for hour, _ in sheet().rows] == list(range(9, 17))


def test_hours_outside_the_working_hours_are_told_apart_by_half_hours():
    found = sheet(hours=[(at(2, 10, 30), at(2, 12))])

    halves = {hour: cell(found, date(2027, 3, 2), hour) for hour in (10, 11)}
    assert (halves[10].first_half, halves[10].second_half) == (False, True)
    assert (halves[11].first_half, halves[11].second_half) == (True, True)
    assert not cell(found, date(2027, 3, 1), 11).working
    assert found.columns[1].hours == [(at(2, 10, 30), at(2, 12))]


def test_what_lasts_goes_on_in_the_hours_after():
    long = entry("Ada", at(2, 10), minutes=150)

    found = sheet(long)

    assert [cell(found, date(2027, 3, 2), hour).entries for hour in (10, 11, 12)] == [[long], [], []]
    assert [cell(found, date(2027, 3, 2), hour).going_on for hour in (11, 12)] == [[long], [long]]


def test_what_reaches_over_midnight_stands_in_both_days():
    night = entry("Ada", at(2, 23), minutes=120)

    found = sheet(night)

    assert cell(found, date(2027, 3, 2), 23).entries == [night]
    assert cell(found, date(2027, 3, 3), 0).entries == [night]


def test_room_is_where_nothing_stands_and_nothing_is_past():
    hours = [(at(2, 10), at(2, 13))]
    found = sheet(entry("Sam", at(2, 11)), hours=hours, now=at(2, 10, 20))

    room = [cell(found, date(2027, 3, 2), hour).free_at for hour in (10, 11, 12)]

    assert room == [at(2, 10, 30), None, at(2, 12)]


def test_a_skipped_hour_is_no_hour_and_the_day_says_so():
    sunday = date(2027, 3, 28)

    found = sheet(hours=[(at(28, 0), at(28, 4))], monday=sunday, days=1)

    assert found.columns[0].clocks_change
    assert [hour for hour, cells in found.rows if cells[0].skipped] == [1]


def test_an_hour_that_comes_twice_holds_what_stands_in_both():
    sunday = date(2027, 10, 31)
    first, second = entry("Sam", at(31, 0, month=10)), entry("Kit", at(31, 1, month=10))

    found = sheet(first, second, monday=sunday, days=1)

    one = cell(found, sunday, 1)
    assert one.twice
    assert one.entries == [first, second]


@pytest.mark.parametrize(
    "zone", ["Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"]
)
def test_every_quarter_of_a_week_stands_somewhere(zone):
    monday, clocks = date(2027, 4, 5), ZoneInfo(zone)
    since, until = span_of(monday, 7, clocks)
    count = int((until - since) / timedelta(minutes=15))
    quarters = [entry(str(place), since + place * timedelta(minutes=15), 15) for place in range(count)]

    found = sheet(*quarters, zone=clocks, monday=monday)

    assert sum(len(cell.entries) for _, cells in found.rows for cell in cells) == count


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (date(2027, 3, 2), time(10), at(2, 10)),
        (date(2027, 7, 1), time(10), datetime(2027, 7, 1, 9, tzinfo=UTC)),
        (date(2027, 3, 28), time(1, 30), None),
        (date(2027, 10, 31), time(1, 30), at(31, 0, 30, month=10)),
    ],
    ids=["in winter", "in summer", "skipped", "the first of two"],
)
def test_when_the_clocks_show_something(day, clock, expected):
    assert moment_at(day, clock, LONDON) == expected
