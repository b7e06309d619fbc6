"""Which times are offered: in tables, and for every day of a year by brute force."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.diary.clocks import by_day, clock_changes, minute_of, moment_of
from portal.scheduling.slots import Busy, nearest, open_starts
from tests.scheduling.offers import DAY, at, clock, consultation, days, offered


def test_hours_are_cut_from_their_start_with_a_gap_between():
    assert clock(offered()) == ["10:00", "11:00", "12:00"]


def test_what_does_not_fit_whole_into_the_hours_is_not_offered():
    assert clock(offered(hours=[(2, 600, 709, 0)])) == ["10:00"]


def test_each_stretch_begins_a_grid_of_its_own():
    assert clock(offered(hours=[(2, 600, 650, 0), (2, 675, 785, 0)])) == ["10:00", "11:15", "12:15"]


def test_stretches_that_overlap_offer_a_start_once():
    assert clock(offered(hours=[(2, 600, 720, 0), (2, 660, 720, 0)])) == ["10:00", "11:00"]


@pytest.mark.parametrize(
    ("busy", "left"),
    [
        (("10:00", "10:50"), ["11:00", "12:00"]),
        (("10:50", "10:55"), ["12:00"]),
        (("10:55", "11:00"), ["12:00"]),
        (("09:00", "09:50"), ["10:00", "11:00", "12:00"]),
        (("09:00", "09:51"), ["11:00", "12:00"]),
        (("12:59", "13:30"), ["10:00", "11:00"]),
        (("13:00", "13:30"), ["10:00", "11:00", "12:00"]),
        (("00:00", "23:59"), []),
    ],
)
def test_the_gap_is_kept_to_what_is_busy_on_either_side(busy, left):
    window = Busy(*(at(f"2027-03-02T{end}") for end in busy))

    assert clock(offered(busy=[window])) == left


def test_a_long_busy_time_counts_though_shorter_ones_begin_after_it():
    busy = [
        Busy(at("2027-03-02T08:00"), at("2027-03-02T11:55")),
        Busy(at("2027-03-02T09:00"), at("2027-03-02T09:05")),
    ]

    assert clock(offered(busy=busy, before=5, after=5)) == []
    assert clock(offered(busy=busy, before=0, after=0)) == []
    assert clock(offered(busy=busy[1:], before=5, after=5)) == ["10:00", "10:55", "11:50"]


@pytest.mark.parametrize(
    ("its", "ours", "left"),
    [
        # Before a consultation at 11:10: the larger of our after and its before, never both.
        ({"before": 0}, {"after": 20}, ["10:00"]),
        ({"before": 20}, {"after": 0}, ["10:00"]),
        ({"before": 20}, {"after": 20}, ["10:00"]),
        ({"before": 20}, {"after": 21}, []),
        ({"before": 21}, {"after": 20}, []),
        # What it wants after it, and we before us, says nothing of the time between us and it.
        ({"after": 60}, {"before": 60}, ["10:00"]),
    ],
)
def test_between_two_consultations_lies_the_larger_gap(its, ours, left):
    busy = [Busy(at("2027-03-02T11:10"), at("2027-03-02T12:00"), **its)]

    assert clock(offered(hours=[(2, 600, 720, 0)], busy=busy, **({"before": 0, "after": 0} | ours))) == left


@pytest.mark.parametrize(
    ("its", "ours", "left"),
    [
        ({"after": 0}, {"before": 20}, ["12:10"]),
        ({"after": 20}, {"before": 0}, ["12:10"]),
        ({"after": 20}, {"before": 21}, []),
        ({"after": 21}, {"before": 20}, []),
        ({"before": 60}, {"after": 60}, ["12:10"]),
    ],
)
def test_the_larger_gap_lies_after_a_consultation_too(its, ours, left):
    busy = [Busy(at("2027-03-02T11:00"), at("2027-03-02T11:50"), **its)]

    assert clock(offered(hours=[(2, 730, 780, 0)], busy=busy, **({"before": 0, "after": 0} | ours))) == left


def test_a_later_one_that_wants_more_time_before_it_reaches_back_past_a_shorter_wish():
    ours = {"hours": [(2, 600, 840, 0)], "before": 0, "after": 0}
    modest = Busy(at("2027-03-02T11:00"), at("2027-03-02T11:05"))
    wide = Busy(at("2027-03-02T11:05"), at("2027-03-02T11:55"), before=20)

    assert clock(offered(**ours, busy=[modest])) == ["10:00", "11:40", "12:30"]
    assert clock(offered(**ours, busy=[modest, wide])) == ["12:30"]


def test_something_busy_may_be_a_plain_tuple():
    assert clock(offered(busy=[tuple(consultation("11:00"))])) == ["10:00", "12:00"]


def test_the_same_hours_written_twice_are_the_same_hours():
    once = offered(hours=[(7, 0, DAY, 0)], horizon=30 * DAY)
    twice = offered(hours=[(7, 0, DAY, 0), (7, 0, DAY, 0), (7, 0, DAY, 1)], horizon=30 * DAY)

    # Among the days is that on which the clocks go forward.
    assert minute_of(datetime(2027, 3, 28, 12, tzinfo=UTC)) < once[-1]
    assert twice == once


# Days that differ, weeks that alternate, nights.


def test_a_date_has_hours_of_its_own_instead_of_its_weekdays():
    dates = {date(2027, 3, 2): [(900, 950)], date(2027, 3, 3): [(840, 890), (1200, 1300)]}

    starts = offered(dates=dates)

    assert clock(starts) == ["15:00", "14:00", "20:00"]
    assert days(starts) == ["Tue 02 Mar", "Wed 03 Mar"]


def test_a_date_without_hours_is_closed_and_the_next_week_is_not():
    starts = offered(dates={date(2027, 3, 2): []}, horizon=14 * DAY)

    assert days(starts) == ["Tue 09 Mar"]


def test_every_other_week_is_counted_from_a_monday_in_1970():
    # The week of 1 March 2027 is the 2983rd since that of 5 January 1970, and odd.
    assert (date(2027, 3, 1) - date(1970, 1, 5)).days // 7 + 1 == 2983

    every, ones, twos = (offered(hours=[(2, 600, 650, weeks)], horizon=30 * DAY) for weeks in (0, 1, 2))

    assert days(every) == ["Tue 02 Mar", "Tue 09 Mar", "Tue 16 Mar", "Tue 23 Mar", "Tue 30 Mar"]
    assert days(ones) == ["Tue 02 Mar", "Tue 16 Mar", "Tue 30 Mar"]
    assert days(twos) == ["Tue 09 Mar", "Tue 23 Mar"]


def test_a_sunday_is_of_the_week_that_ends_with_it():
    assert days(offered(hours=[(7, 600, 650, 1)], horizon=14 * DAY)) == ["Sun 07 Mar"]
    assert days(offered(hours=[(7, 600, 650, 2)], horizon=14 * DAY)) == ["Sun 14 Mar"]


def test_a_stretch_may_cross_midnight():
    starts = offered(hours=[(2, 23 * 60, DAY + 120, 0)])

    assert clock(starts) == ["23:00", "00:00", "01:00"]
    assert days(starts) == ["Tue 02 Mar", "Wed 03 Mar"]


def test_a_night_belongs_to_the_day_on_which_it_begins():
    night = [(2, 23 * 60, DAY + 120, 0)]

    assert clock(offered(hours=night, dates={date(2027, 3, 3): []})) == ["23:00", "00:00", "01:00"]
    assert clock(offered(hours=night, dates={date(2027, 3, 2): []})) == []
    assert clock(offered(hours=[], dates={date(2027, 3, 2): [(23 * 60, DAY + 60)]})) == ["23:00", "00:00"]
    # From a Sunday into the Monday of another week.
    assert days(offered(hours=[(7, DAY - 60, DAY + 60, 1)], horizon=20 * DAY)) == ["Sun 07 Mar", "Mon 08 Mar"]


def test_a_stretch_may_end_with_the_day_or_be_a_whole_one():
    assert clock(offered(hours=[(2, 23 * 60, DAY, 0)])) == ["23:00"]
    assert clock(offered(hours=[(2, 20 * 60, 20 * 60 + DAY, 0)], length=350)) == [
        "20:00",
        "02:00",
        "08:00",
        "14:00",
    ]


# Notice, horizon, steps.


@pytest.mark.parametrize(("notice", "left"), [(25 * 60, 3), (25 * 60 + 1, 2), (27 * 60, 1), (27 * 60 + 1, 0)])
def test_what_is_sooner_than_the_notice_is_not_offered(notice, left):
    assert len(offered(notice=notice)) == left


@pytest.mark.parametrize(("horizon", "left"), [(25 * 60, 0), (25 * 60 + 1, 1), (8 * DAY + 1 + 60, 4)])
def test_what_lies_beyond_the_horizon_is_not_offered(horizon, left):
    assert len(offered(horizon=horizon)) == left


def test_starts_are_multiples_of_five_minutes_whatever_hours_and_lengths_are():
    assert clock(offered(hours=[(2, 601, 800, 0)], length=48, before=7, after=7)) == [
        "10:05",
        "11:00",
        "11:55",
    ]


@pytest.mark.parametrize(
    ("zone", "day", "stretch", "starts"),
    [
        # 2:00 to 3:00 is skipped: the stretch is an hour shorter, and nothing starts within the gap.
        ("Europe/Berlin", "2027-03-28", (60, 300), ["01:00", "03:00", "04:00"]),
        ("Europe/Berlin", "2027-03-28", (150, 300), ["03:00", "04:00"]),
        ("Europe/Berlin", "2027-03-28", (120, 180), []),
        # A time that the change lies in the middle of is a time like any other.
        ("Europe/Berlin", "2027-03-28", (90, 300), ["01:30", "03:30"]),
        # 2:00 to 3:00 comes twice: the stretch is an hour longer.
        ("Europe/Berlin", "2027-10-31", (60, 240), ["01:00", "02:00", "02:00", "03:00"]),
        # The clock shows 2:30 twice and 2:00 to 2:30 between: two stretches, and the first is too short.
        ("Europe/Berlin", "2027-10-31", (150, 300), ["02:30", "03:30"]),
        # Half an hour, at Lord Howe: 1:30 to 2:00 comes twice.
        ("Australia/Lord_Howe", "2027-04-04", (60, 180), ["01:00", "01:30", "02:00"]),
        # At midnight, in Santiago: Saturday's last hour comes twice; Sunday's first is skipped.
        ("America/Santiago", "2027-04-03", (23 * 60, DAY), ["23:00", "23:00"]),
        ("America/Santiago", "2027-09-05", (0, 150), ["01:00"]),
        # In Beirut, too; the night from Saturday loses its first hour of Sunday, and gains one in October.
        ("Asia/Beirut", "2027-03-27", (22 * 60, DAY + 180), ["22:00", "23:00", "01:00", "02:00"]),
        ("Asia/Beirut", "2027-10-30", (22 * 60, DAY + 60), ["22:00", "23:00", "23:00", "00:00"]),
        # North and south of the equator the same night is shorter and longer.
        ("Europe/Berlin", "2027-03-27", (23 * 60, DAY + 240), ["23:00", "00:00", "01:00", "03:00"]),
        (
            "Pacific/Auckland",
            "2027-04-03",
            (24 * 60 - 60, DAY + 240),
            ["23:00", "00:00", "01:00", "02:00", "02:00", "03:00"],
        ),
        # Apia went over the date line: this day never was, and the night before it ends at midnight.
        ("Pacific/Apia", "2011-12-30", (0, DAY), []),
        ("Pacific/Apia", "2011-12-29", (22 * 60, DAY + 120), ["22:00", "23:00"]),
        ("Pacific/Apia", "2011-12-30", (22 * 60, DAY + 120), ["00:00", "01:00"]),
    ],
)
def test_hours_are_given_by_the_clock_on_the_wall(zone, day, stretch, starts):
    # A longer gap at Lord Howe would hide the half hour.
    length, gap = (25, 5) if zone == "Australia/Lord_Howe" else (50, 10)
    weekday = datetime.fromisoformat(day).isoweekday()
    noon_before = at(f"{day}T00:00") - 2 * DAY

    starts_found = open_starts(
        hours=[(weekday, *stretch, 0)],
        dates={},
        zone=zone,
        length=length,
        before=gap,
        after=gap,
        notice=0,
        horizon=5 * DAY,
        busy=[],
        now=noon_before,
        since=noon_before,
        until=noon_before + 5 * DAY,
    )

    expected = starts if length == 50 else ["01:00", "01:30", "01:30", "02:00", "02:30"]
    assert clock(starts_found, zone) == expected


# Every day of a year, by brute force.

STRETCHES = ((0, 30), (60, 200), (150, 400), (22 * 60 + 30, DAY), (23 * 60, DAY + 190))
# A step of 35 minutes: one that divides the hour would hide a grid that begins anew where the clocks change.
LENGTH, GAP = 25, 10
YEARS = [
    *[(zone, 2027) for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")],
    *[(zone, 2027) for zone in ("America/Santiago", "Asia/Beirut", "Africa/Casablanca", "UTC")],
    ("Pacific/Apia", 2011),
]


def starts_by_the_clock(zone: str, since: int, until: int) -> list[int]:
    """What the rule says, minute for minute: look at the clock, and see which stretch it lies in."""
    clocks = ZoneInfo(zone)
    begun: dict[tuple, int] = {}
    starts = set()
    for minute in range(since, until, 5):
        local = datetime.fromtimestamp(minute * 60, clocks)
        shown = local.hour * 60 + local.minute
        # Today's, and what is left of the night that began yesterday.
        as_shown = ((local.date(), shown), (local.date() - timedelta(days=1), shown + DAY))
        now_in = {(day, first) for day, at in as_shown for first, end in STRETCHES if first <= at < end}
        begun = {key: begun.get(key, minute) for key in now_in}
        for begins in begun.values():
            start = minute + 5 - LENGTH
            if start >= begins and (start - begins) % (LENGTH + GAP) == 0:
                starts.add(start)
    return sorted(starts)


@pytest.mark.parametrize(("zone", "year"), YEARS)
def test_every_range_from_every_day_of_a_year_is_what_the_clock_says(zone, year):
    first = at(f"{year}-01-01T00:00")
    truth = starts_by_the_clock(zone, first - 3 * DAY, first + 430 * DAY)
    hours = [(weekday, *stretch, 0) for weekday in range(1, 8) for stretch in STRETCHES]

    for day in range(366):
        since = first + day * DAY
        # The longest costs most, and says least that the others do not.
        for length in (1, 9, 60) if day % 6 == 0 else (1, 9):
            until = since + length * DAY
            made = open_starts(
                hours=hours,
                dates={},
                zone=zone,
                length=LENGTH,
                before=GAP,
                after=GAP,
                notice=0,
                horizon=400 * DAY,
                busy=[],
                now=since,
                since=since,
                until=until,
            )
            assert made == _between(truth, since, until), moment_of(since)


def _between(ascending: list[int], since: int, until: int) -> list[int]:
    return ascending[bisect_left(ascending, since) : bisect_left(ascending, max(since, until))]


def test_instants_lead_there_and_back():
    moment = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)

    assert moment_of(minute_of(moment)) == moment
    assert minute_of(moment + timedelta(seconds=1)) == minute_of(moment) + 1


def test_when_the_clocks_change():
    since, until = at("2027-03-01T00:00"), at("2027-12-31T00:00")

    changes = clock_changes("Europe/London", since, until)

    assert changes == [at("2027-03-28T01:00"), at("2027-10-31T01:00")]
    assert clock_changes("Europe/London", changes[0], changes[1]) == changes[1:]
    assert clock_changes("UTC", since, until) == []


def test_the_nearest_are_found_on_both_sides():
    assert nearest([10, 20, 30, 90], 24, most=2) == [20, 30]
    assert nearest([10, 20], 100, most=5) == [10, 20]
    assert nearest([], 100, most=5) == []


def test_every_reader_sees_the_same_instants_on_days_of_their_own():
    # Monday 12:00 UTC is Monday 01:00 in Pago Pago, and Tuesday 02:00 on Kiritimati.
    starts = [at("2027-03-01T09:55"), at("2027-03-01T10:00"), at("2027-03-01T12:00")]

    west, east = by_day(starts, "Pacific/Pago_Pago"), by_day(starts, "Pacific/Kiritimati")

    assert west == {
        date(2027, 2, 28): [(starts[0], 22 * 60 + 55), (starts[1], 23 * 60)],
        date(2027, 3, 1): [(starts[2], 60)],
    }
    assert east == {
        date(2027, 3, 1): [(starts[0], 23 * 60 + 55)],
        date(2027, 3, 2): [(starts[1], 0), (starts[2], 120)],
    }


def test_a_reader_in_apia_never_reads_of_the_day_that_never_was():
    starts = [at("2011-12-30T09:55"), at("2011-12-30T10:00")]

    assert list(by_day(starts, "Pacific/Apia")) == [date(2011, 12, 29), date(2011, 12, 31)]


def test_an_hour_that_comes_twice_is_read_twice_on_one_day():
    starts = [at("2027-10-31T00:30"), at("2027-10-31T01:30")]

    assert by_day(starts, "Europe/Berlin") == {date(2027, 10, 31): [(starts[0], 150), (starts[1], 150)]}
