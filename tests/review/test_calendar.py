"""A week as the diary lays it out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.review.calendar import monday_of, span_of, week_of

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2027, 3, 1)


def hours_shown(week):
    return [hour for hour, _ in week.rows]


def cell(week, day, hour):
    return next(cells[week.days.index(day)] for shown, cells in week.rows if shown == hour)


def test_the_week_begins_on_its_monday():
    assert monday_of(date(2027, 3, 7)) == MONDAY
    assert monday_of(MONDAY) == MONDAY


@pytest.mark.parametrize(
    ("monday", "hours"), [(MONDAY, 168), (date(2027, 3, 22), 167), (date(2027, 10, 25), 169)]
)
def test_a_week_has_an_hour_less_or_more_where_the_clocks_change(monday, hours):
    first, after = span_of(monday, LONDON)

    assert (after - first).total_seconds() == hours * 3600


def test_an_entry_stands_at_its_hour_in_the_therapists_zone():
    starts_at = datetime(2027, 3, 3, 5, 30, tzinfo=UTC)
    week = week_of(MONDAY, ZoneInfo("Asia/Kolkata"), hours=[], entries=[(starts_at, "Sam")])

    assert cell(week, date(2027, 3, 3), 11).entries == ["Sam"]


def test_the_rows_run_from_the_first_hour_needed_to_the_last():
    evening = datetime(2027, 3, 1, 20, 0, tzinfo=UTC)

    week = week_of(MONDAY, LONDON, hours=[(2, 10 * 60, 12 * 60 + 30)], entries=[(evening, "Sam")])

    assert hours_shown(week) == list(range(10, 21))


def test_hours_outside_the_working_hours_are_told_apart():
    week = week_of(MONDAY, LONDON, hours=[(2, 10 * 60, 12 * 60)], entries=[])

    assert cell(week, date(2027, 3, 2), 11).working
    assert not cell(week, date(2027, 3, 1), 11).working
