"""How much is enough: the most a day, a week, and in a row."""

from __future__ import annotations

import pytest

from tests.scheduling.offers import DAY, MONDAY, clock, consultation, days, offered, stamina


def test_a_day_holds_no_more_than_the_therapist_can_bear():
    busy = [consultation("08:00"), consultation("09:00", whose=7)]

    assert clock(offered(busy=busy, stamina=stamina(a_day=3))) == ["10:00", "11:00", "12:00"]
    assert clock(offered(busy=busy, stamina=stamina(a_day=2))) == []
    # More than there may be is no reason to offer any.
    assert clock(offered(busy=busy, stamina=stamina(a_day=1))) == []


def test_a_full_day_leaves_the_next_one_free():
    hours = [(2, 600, 650, 0), (3, 600, 650, 0)]

    starts = offered(hours=hours, busy=[consultation("08:00")], stamina=stamina(a_day=1))

    assert days(starts) == ["Wed 03 Mar"]


def test_a_week_holds_no_more_than_the_therapist_can_bear():
    monday, sunday = consultation("2027-03-01T00:00"), consultation("2027-03-07T23:00")
    outside = [consultation("2027-02-28T23:00"), consultation("2027-03-08T00:00")]

    def left(*busy):
        return len(offered(busy=sorted(busy), stamina=stamina(a_week=2)))

    assert left(monday, *outside) == 3
    assert left(sunday, *outside) == 3
    assert left(monday, sunday) == 0


def test_a_night_counts_for_the_day_on_which_it_begins():
    night = [(2, 23 * 60, DAY + 120, 0)]

    starts = offered(hours=night, busy=[consultation("08:00")], stamina=stamina(a_day=1))

    assert clock(starts) == ["00:00", "01:00"]


@pytest.mark.parametrize(
    ("zone", "weekday", "limit", "begins", "left"),
    [
        # Tuesday in Auckland begins on Monday at 11:00 UTC.
        ("Pacific/Auckland", 2, "a_day", "2027-03-01T10:55", 1),
        ("Pacific/Auckland", 2, "a_day", "2027-03-01T11:00", 0),
        ("Pacific/Auckland", 2, "a_day", "2027-03-02T10:55", 0),
        ("Pacific/Auckland", 2, "a_day", "2027-03-02T11:00", 1),
        # In Honolulu the week begins on Monday at 10:00 UTC.
        ("Pacific/Honolulu", 2, "a_week", "2027-03-01T09:55", 1),
        ("Pacific/Honolulu", 2, "a_week", "2027-03-01T10:00", 0),
        ("Pacific/Honolulu", 2, "a_week", "2027-03-08T09:55", 0),
        ("Pacific/Honolulu", 2, "a_week", "2027-03-08T10:00", 1),
    ],
)
def test_days_and_weeks_are_those_of_the_therapists_zone(zone, weekday, limit, begins, left):
    starts = offered(
        hours=[(weekday, 720, 770, 0)], zone=zone, busy=[consultation(begins)], stamina=stamina(**{limit: 1})
    )

    assert len(starts) == left


def test_only_first_consultations_are_hindered_by_first_consultations():
    busy = [consultation("08:00", first=True), consultation("09:00")]

    assert clock(offered(busy=busy, first=True, stamina=stamina(first_a_day=1))) == []
    assert len(offered(busy=busy, first=True, stamina=stamina(first_a_day=2))) == 3
    assert len(offered(busy=busy, first=False, stamina=stamina(first_a_day=1))) == 3


def test_alternatives_of_one_consultation_count_once():
    three_times = [consultation(begins, whose=7, first=True) for begins in ("07:00", "08:00", "09:00")]

    assert len(offered(busy=three_times, stamina=stamina(a_day=2))) == 3
    assert len(offered(busy=three_times, stamina=stamina(a_week=2))) == 3
    assert len(offered(busy=three_times, stamina=stamina(first_a_day=2), first=True)) == 3
    assert len(offered(busy=three_times, stamina=stamina(in_a_row=2))) == 3
    assert offered(busy=three_times, stamina=stamina(a_day=1)) == []
    assert offered(busy=three_times, stamina=stamina(a_week=1)) == []
    assert offered(busy=[each._replace(whose=0) for each in three_times], stamina=stamina(a_day=3)) == []


def test_a_time_between_two_alternatives_is_in_a_row_with_one_of_them():
    hours = [(2, 600, 960, 0)]
    alternatives = [consultation(begins, whose=7) for begins in ("11:00", "13:00")]

    starts = offered(hours=hours, busy=alternatives, stamina=stamina(in_a_row=2))

    assert clock(starts) == ["10:00", "12:00", "14:00", "15:00"]


def test_what_is_no_consultation_counts_for_nothing():
    lunch = consultation("08:00", counts=False, first=True)
    limits = stamina(a_day=1, a_week=1, first_a_day=1, in_a_row=1, rest=300)

    assert len(offered(busy=[lunch], stamina=limits, first=True)) == 3


def test_no_more_than_none_is_none():
    assert offered(stamina=stamina(a_day=0)) == []
    assert offered(stamina=stamina(a_week=0)) == []
    assert offered(stamina=stamina(in_a_row=0)) == []
    assert offered(stamina=stamina(first_a_day=0), first=True) == []
    assert len(offered(stamina=stamina(first_a_day=0), first=False)) == 3


@pytest.mark.parametrize(
    ("busy", "most", "rest", "left"),
    [
        # Ten minutes between two are no rest.
        (["11:00"], 1, 30, ["13:00", "14:00", "15:00"]),
        (["11:00"], 2, 30, ["10:00", "12:00", "13:00", "14:00", "15:00"]),
        (["11:00", "12:00"], 2, 30, ["14:00", "15:00"]),
        (["11:00", "12:00"], 3, 30, ["10:00", "13:00", "14:00", "15:00"]),
        # What comes between two makes one row of them.
        (["11:00", "13:00"], 2, 30, ["10:00", "14:00", "15:00"]),
        (["11:00", "13:00"], 3, 30, ["10:00", "12:00", "14:00", "15:00"]),
        # So many minutes are a rest, and one more would be needed.
        (["11:00"], 1, 10, ["10:00", "12:00", "13:00", "14:00", "15:00"]),
        (["11:00"], 1, 11, ["13:00", "14:00", "15:00"]),
        (["11:00"], 1, 70, ["13:00", "14:00", "15:00"]),
        (["11:00"], 1, 71, ["14:00", "15:00"]),
        # 11:00 and 12:00 lie near to one of the two each, ten minutes and seventy from them.
        (["10:00", "13:00"], 2, 70, ["11:00", "12:00", "14:00", "15:00"]),
        (["10:00", "13:00"], 2, 71, ["14:00", "15:00"]),
    ],
)
def test_no_more_in_a_row_than_the_therapist_can_bear(busy, most, rest, left):
    windows = [consultation(begins) for begins in busy]

    starts = offered(hours=[(2, 600, 960, 0)], busy=windows, stamina=stamina(in_a_row=most, rest=rest))

    assert clock(starts) == left


def test_two_with_a_rest_between_are_no_row():
    afternoon = [(2, 810, 860, 0)]
    rested = [consultation("11:00"), consultation("12:20")]
    tired = [consultation("11:05"), consultation("12:20")]

    assert clock(offered(hours=afternoon, busy=rested, stamina=stamina(in_a_row=2))) == ["13:30"]
    assert clock(offered(hours=afternoon, busy=tired, stamina=stamina(in_a_row=2))) == []


def test_a_row_goes_on_over_midnight():
    late = [consultation("2027-03-02T22:00"), consultation("2027-03-02T23:00")]

    starts = offered(hours=[(3, 0, 180, 0)], busy=late, stamina=stamina(in_a_row=2))

    assert clock(starts) == ["01:00", "02:00"]


def test_a_short_one_within_a_long_one_does_not_end_the_row_sooner():
    busy = [consultation("08:00")._replace(ends=MONDAY + DAY + 45), consultation("08:30", whose=7)]

    assert clock(offered(busy=busy, stamina=stamina(in_a_row=2))) == ["11:00", "12:00"]


def test_what_is_being_moved_counts_for_nothing_and_keeps_only_its_own_minutes():
    facts = {"hours": [(2, 600, 850, 0)], "before": 0, "after": 0}
    limits = stamina(a_day=1, a_week=1, first_a_day=1, in_a_row=1)
    old = consultation("10:50", before=60, after=60, first=True)

    assert clock(offered(**facts, busy=[old])) == ["13:20"]
    assert clock(offered(**facts, busy=[old], stamina=limits, first=True)) == []
    moving = [old._replace(moving=True)]
    assert clock(offered(**facts, busy=moving, stamina=limits, first=True)) == [
        "10:00",
        "11:40",
        "12:30",
        "13:20",
    ]
