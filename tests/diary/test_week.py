"""Hours as people write and read them."""

from __future__ import annotations

from datetime import date
from itertools import islice

import pytest

from portal.diary.week import (
    EVEN,
    EVERY,
    ODD,
    Unreadable,
    days_of,
    days_written,
    minute_read,
    stretch_written,
    stretches_read,
    week_of,
    week_read,
)

MONDAY = date(2027, 3, 1)


@pytest.mark.parametrize(
    ("typed", "minute"),
    [
        ("9", 540),
        ("9:30", 570),
        ("09.30", 570),
        ("0930", 570),
        ("9h30", 570),
        (" 5 pm", 1020),
        ("12am", 0),
        ("12 pm", 720),
        ("0:00", 0),
        ("24:00", 1440),
    ],
)
def test_a_time_is_read_as_people_write_it(typed, minute):
    assert minute_read(typed) == minute


@pytest.mark.parametrize(
    "typed", ["", "25:00", "24:01", "9:60", "13 pm", "0am", "nine", "-1", "9:5", "٩:٠٠x"]
)
def test_what_is_no_time_is_not_read(typed):
    with pytest.raises(Unreadable):
        minute_read(typed)


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        (
            "Mon-Tue 09:00-12:00, 13:00-17:00",
            [(1, 540, 720, 0), (2, 540, 720, 0), (1, 780, 1020, 0), (2, 780, 1020, 0)],
        ),
        ("Mondays 9 to 12", [(1, 540, 720, 0)]),
        (
            "Mon, Wed 9-12; Fri odd weeks 10:00 – 14:00",
            [(1, 540, 720, 0), (3, 540, 720, 0), (5, 600, 840, 1)],
        ),
        ("wed even 0930-1200 and 13.00-17", [(3, 570, 720, 2), (3, 780, 1020, 2)]),
        ("Sat 20:00-24:00 Sun 9 am to 5 pm", [(6, 1200, 1440, 0), (7, 540, 1020, 0)]),
        ("Sat-Mon 9-10", [(6, 540, 600, 0), (7, 540, 600, 0), (1, 540, 600, 0)]),
        ("Tue 22:00-02:00+1", [(2, 1320, 1560, 0)]),
        ("Tue 22:00–02:00 (next day)", [(2, 1320, 1560, 0)]),
        # Not past midnight in silence: it is for the rules to refuse.
        ("Tue 17:00-09:00", [(2, 1020, 540, 0)]),
        ("Mon odd 9-10, Tue 9-10", [(1, 540, 600, 1), (2, 540, 600, 0)]),
    ],
)
def test_a_week_is_read_as_people_write_it(typed, hours):
    assert week_read(typed) == hours


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("", ""),
        ("Mon", "Mon"),
        ("9-12", "9-12"),
        ("Mon 9", "9"),
        ("Mon 9-12 Tue", "Mon 9-12 Tue"),
        ("Someday 9-12", "someday"),
        ("M 9-12", "m"),
        ("Mon 24:00-25:00", "25:00"),
        # Whose weeks it names cannot be told.
        ("Mon 9-10 odd", "odd"),
        ("odd Mon 9-10", "odd"),
        ("Mon 24:00-02:00+1", "24:00-02:00+1"),
    ],
)
def test_of_a_week_that_cannot_be_read_the_part_is_named(typed, part):
    with pytest.raises(Unreadable) as refused:
        week_read(typed)

    assert refused.value.part == part


def test_the_stretches_of_a_day_are_read_and_written_alike():
    stretches = [(600, 780), (1200, 1440), (1320, 1560)]

    assert stretches_read(", ".join(stretch_written(each) for each in stretches)) == stretches


def test_weeks_are_counted_from_the_first_monday_of_1970():
    assert week_of(date(1970, 1, 5)) == ODD
    assert week_of(date(1970, 1, 11)) == ODD
    assert week_of(date(1970, 1, 12)) == EVEN
    assert week_of(date(1970, 1, 4)) == EVEN


def test_the_next_days_of_a_weekday_go_by_its_weeks():
    assert list(islice(days_of(1, EVERY, MONDAY), 2)) == [MONDAY, date(2027, 3, 8)]
    assert list(islice(days_of(2, week_of(MONDAY), MONDAY), 2)) == [date(2027, 3, 2), date(2027, 3, 16)]
    assert list(islice(days_of(2, 3 - week_of(MONDAY), MONDAY), 2)) == [date(2027, 3, 9), date(2027, 3, 23)]


def test_a_week_is_written_by_its_days_with_the_next_dates_of_every_other_week():
    hours = week_read("Fri even 22-2+1, Mon 13-17, Mon 9-12")

    assert week_of(date(2027, 3, 5)) == ODD
    assert days_written(hours, since=MONDAY) == [
        ("Monday", ["09:00–12:00", "13:00–17:00"]),
        ("Friday", ["22:00–02:00 (next day), every other week, next on 12 and 26 March"]),
    ]
