"""Which times are offered: in tables, for every day of a year by brute force, and for any facts at all."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.scheduling.slots import clock_changes, minute_of, moment_of, nearest, open_starts

DAY = 24 * 60
MONDAY = minute_of(datetime(2027, 3, 1, 9, 0, tzinfo=UTC))
TUESDAY_MORNING = (2, 600, 780)


def offered(**facts) -> list[int]:
    """The starts under the dullest facts: Tuesday mornings in London, seven days ahead, nothing busy."""
    dull = {
        "hours": [TUESDAY_MORNING],
        "zone": "Europe/London",
        "length": 50,
        "gap": 10,
        "notice": 0,
        "horizon": 7 * DAY,
        "busy": [],
        "now": MONDAY,
        "since": MONDAY,
        "until": MONDAY + 400 * DAY,
    }
    return open_starts(**(dull | facts))


def clock(starts, zone="Europe/London") -> list[str]:
    return [f"{moment_of(start).astimezone(ZoneInfo(zone)):%H:%M}" for start in starts]


def at(text: str) -> int:
    return minute_of(datetime.fromisoformat(text).replace(tzinfo=UTC))


def test_hours_are_cut_from_their_start_with_a_gap_between():
    assert clock(offered()) == ["10:00", "11:00", "12:00"]


def test_what_does_not_fit_whole_into_the_hours_is_not_offered():
    assert clock(offered(hours=[(2, 600, 709)])) == ["10:00"]


def test_each_stretch_begins_a_grid_of_its_own():
    assert clock(offered(hours=[(2, 600, 650), (2, 675, 785)])) == ["10:00", "11:15", "12:15"]


def test_stretches_that_overlap_offer_a_start_once():
    assert clock(offered(hours=[(2, 600, 720), (2, 660, 720)])) == ["10:00", "11:00"]


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
    windows = [tuple(at(f"2027-03-02T{end}") for end in busy)]

    assert clock(offered(busy=windows)) == left


def test_a_long_busy_time_counts_though_shorter_ones_begin_after_it():
    busy = [
        (at("2027-03-02T08:00"), at("2027-03-02T11:55")),
        (at("2027-03-02T09:00"), at("2027-03-02T09:05")),
    ]

    assert clock(offered(busy=busy, gap=5)) == []
    assert clock(offered(busy=busy, gap=0)) == []
    assert clock(offered(busy=busy[1:], gap=5)) == ["10:00", "10:55", "11:50"]


@pytest.mark.parametrize(("notice", "left"), [(25 * 60, 3), (25 * 60 + 1, 2), (27 * 60, 1), (27 * 60 + 1, 0)])
def test_what_is_sooner_than_the_notice_is_not_offered(notice, left):
    assert len(offered(notice=notice)) == left


@pytest.mark.parametrize(("horizon", "left"), [(25 * 60, 0), (25 * 60 + 1, 1), (8 * DAY + 1 + 60, 4)])
def test_what_lies_beyond_the_horizon_is_not_offered(horizon, left):
    assert len(offered(horizon=horizon)) == left


def test_starts_are_multiples_of_five_minutes_whatever_hours_and_lengths_are():
    assert clock(offered(hours=[(2, 601, 800)], length=48, gap=7)) == ["10:05", "11:00", "11:55"]


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
        # Apia went over the date line: this day never was.
        ("Pacific/Apia", "2011-12-30", (0, DAY), []),
    ],
)
def test_hours_are_given_by_the_clock_on_the_wall(zone, day, stretch, starts):
    # A longer gap at Lord Howe would hide the half hour.
    length, gap = (25, 5) if zone == "Australia/Lord_Howe" else (50, 10)
    weekday = datetime.fromisoformat(day).isoweekday()
    noon_before = at(f"{day}T00:00") - 2 * DAY

    starts_found = open_starts(
        hours=[(weekday, *stretch)],
        zone=zone,
        length=length,
        gap=gap,
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

STRETCHES = ((0, 30), (60, 200), (150, 400), (23 * 60, DAY))
# A step of 35 minutes: one that divides the hour would hide a grid that begins anew where the clocks change.
LENGTH, GAP = 25, 10
YEARS = [
    *[(zone, 2027) for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")],
    *[(zone, 2027) for zone in ("America/Santiago", "Africa/Casablanca", "UTC", "Asia/Kolkata")],
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
        now_in = {(local.date(), first) for first, end in STRETCHES if first <= shown < end}
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
    hours = [(weekday, *stretch) for weekday in range(1, 8) for stretch in STRETCHES]

    for day in range(366):
        since = first + day * DAY
        # The longest costs most, and says least that the others do not.
        for days in (1, 9, 60) if day % 6 == 0 else (1, 9):
            until = since + days * DAY
            made = open_starts(
                hours=hours,
                zone=zone,
                length=LENGTH,
                gap=GAP,
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


# What holds for any facts.

zones = st.sampled_from([zone for zone, _ in YEARS] + ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
minutes = st.integers(0, DAY)
stretches = st.tuples(st.integers(1, 7), minutes, minutes).filter(lambda stretch: stretch[1] < stretch[2])
nows = st.integers(at("2026-12-01T00:00"), at("2028-01-01T00:00"))


@st.composite
def facts(draw):
    now = draw(nows)
    begins = draw(st.lists(st.integers(now - 2 * DAY, now + 20 * DAY), max_size=30))
    return {
        "hours": draw(st.lists(stretches, max_size=8)),
        "zone": draw(zones),
        "length": draw(st.integers(5, 200)),
        "gap": draw(st.integers(0, 60)),
        "notice": draw(st.integers(0, 3 * DAY)),
        "horizon": draw(st.integers(0, 20 * DAY)),
        "busy": sorted((begin, begin + draw(st.integers(1, DAY))) for begin in begins),
        "now": now,
    }


def listed(facts) -> list[int]:
    return open_starts(**facts, since=facts["now"] - DAY, until=facts["now"] + 30 * DAY)


def accepted(facts, start: int) -> bool:
    return open_starts(**facts, since=start, until=start + 1) == [start]


quickly = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@quickly
@given(facts(), st.lists(st.integers(-DAY, 25 * DAY), max_size=20))
def test_what_is_offered_is_accepted_and_nothing_else(facts, later):
    starts = listed(facts)

    assert all(accepted(facts, start) for start in starts)
    others = {facts["now"] + minutes for minutes in later} | {start + 5 for start in starts}
    assert not any(accepted(facts, other) for other in others - set(starts))


@quickly
@given(facts())
def test_every_minute_of_every_time_offered_lies_in_hours_and_in_bounds(facts):
    clocks = ZoneInfo(facts["zone"])

    for start in listed(facts):
        assert start % 5 == 0
        assert facts["notice"] <= start - facts["now"] < facts["horizon"]
        for minute in (start, start + facts["length"] // 2, start + facts["length"] - 1):
            local = moment_of(minute).astimezone(clocks)
            shown = local.hour * 60 + local.minute
            assert any(
                weekday == local.isoweekday() and first <= shown < end
                for weekday, first, end in facts["hours"]
            )


@quickly
@given(facts(), st.randoms(use_true_random=False))
def test_times_chosen_one_after_another_never_meet_and_keep_the_gap(facts, chance):
    chosen: list[tuple[int, int]] = []
    for _ in range(8):
        starts = listed(facts)
        if not starts:
            break
        start = chance.choice(starts)
        window = (start, start + facts["length"])
        assert all(
            window[1] + facts["gap"] <= begins or ends + facts["gap"] <= start
            for begins, ends in [*chosen, *facts["busy"]]
        )
        chosen.append(window)
        facts["busy"] = sorted([*facts["busy"], window])


@quickly
@given(facts())
def test_the_sweep_leaves_out_exactly_what_something_busy_touches(facts):
    gap, length = facts["gap"], facts["length"]

    untouched = [
        start
        for start in listed(facts | {"busy": []})
        if all(start + length + gap <= begins or ends + gap <= start for begins, ends in facts["busy"])
    ]

    assert listed(facts) == untouched


@quickly
@given(facts(), st.integers(0, 20 * DAY), st.integers(0, 20 * DAY))
def test_a_range_only_cuts(facts, since, until):
    since, until = facts["now"] + since, facts["now"] + until

    assert open_starts(**facts, since=since, until=until) == _between(listed(facts), since, until)


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
