"""What is shown of numbers, and what nobody can work out from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.figures.drawing import (
    UNANSWERED,
    Asked,
    bars,
    bars_of_hours,
    by_hour,
    by_time_to_answer,
    by_weekday,
    cut,
)

MONDAY = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)


def test_fewer_than_five_are_not_shown():
    drawn = bars({"Came": 12, "Met": 4, "None": 0})

    assert [(bar.label, bar.number) for bar in drawn] == [
        ("Came", "10"),
        ("Met", "fewer than 5"),
        ("None", "fewer than 5"),
    ]
    assert [bar.length for bar in drawn] == [78, 0, 0]


def test_nothing_is_drawn_of_too_few():
    assert bars({"Came": 4, "Met": 3}) == []
    assert bars({}) == []


@given(st.integers(0, 1000), st.integers(0, 4))
def test_one_number_taken_from_another_never_tells_of_one_to_four(first, fewer):
    """Whatever two numbers show, the difference between what they stand for may be none, or five and more."""
    second = max(first - fewer, 0)

    difference = cut(first) - cut(second)

    assert difference in (0, 5)
    # Two others that look the same, whose difference is no number between one and four.
    assert cut(cut(first)) - cut(cut(second)) == difference


@pytest.mark.parametrize(
    ("hours", "label"),
    [
        (1, "Within a day"),
        (24, "Within a day"),
        (25, "Within two days"),
        (72, "Within three days"),
        (100, "Within a week"),
        (1000, "Later"),
        (None, UNANSWERED),
    ],
)
def test_each_request_counts_where_its_answer_came(hours, label):
    answered_at = None if hours is None else MONDAY + timedelta(hours=hours)

    found = by_time_to_answer([Asked(asked_at=MONDAY, answered_at=answered_at)])

    assert {name for name, count in found.items() if count} == {label}
    assert sum(found.values()) == 1


def test_days_and_hours_are_those_of_the_therapist():
    asked = [Asked(asked_at=MONDAY, answered_at=None)]

    assert by_weekday(asked, ZoneInfo("Asia/Tokyo"))["Tuesday"] == 1
    assert by_hour(asked, ZoneInfo("Asia/Tokyo"))["06:00–09:00"] == 1
    assert by_weekday(asked, ZoneInfo("Europe/London"))["Monday"] == 1
    assert by_hour(asked, ZoneInfo("Europe/London"))["21:00–24:00"] == 1


def test_hours_that_are_held_stand_before_those_that_are_free():
    hour = timedelta(hours=1)

    full, half = bars_of_hours([("1 March", 4 * hour, 16 * hour), ("8 March", 5 * hour / 2, 0 * hour)])

    assert (full.number, full.rest_number, half.number, half.rest_number) == ("4", "16", "2.5", "0")
    assert full.length + full.rest == 78
    assert bars_of_hours([("1 March", 0 * hour, 0 * hour)]) == []
