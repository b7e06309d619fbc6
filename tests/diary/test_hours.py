"""What a change of a diary opens: nothing that could be asked for before, and nothing out of reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.diary.clocks import minute_of, moment_of
from portal.diary.hours import hours_between, opened
from portal.diary.kinds import FIRST_CONSULTATION
from portal.diary.queries import Rules

DAY = 24 * 60
TUESDAY, FRIDAY = date(2027, 3, 2), date(2027, 3, 5)
MORNING, LONGER = (2, 600, 780, 0), (2, 540, 780, 0)
# Within a fortnight of Monday, from a day on.
VIDEO = replace(FIRST_CONSULTATION, id=1, reference="v", notice=DAY, horizon=14 * DAY)
GROUP = replace(VIDEO, id=2, reference="g", own_hours=True)
BEFORE = Rules(time_zone="Europe/London", kinds=[VIDEO], hours={None: [MORNING]}, differ=[])


def what_opens(now, after, *, before=BEFORE):
    """As (begin, end, ids of kinds), in London, which is UTC in March."""
    found = opened(before, after, now=now)
    return sorted(
        (f"{moment_of(begins):%d %H:%M}", f"{moment_of(ends):%d %H:%M}", kinds)
        for (begins, ends), kinds in found.items()
        # Those that nobody named have a farther horizon, which is none of these tests' business.
        if moment_of(ends) < moment_of(minute_of(now) + VIDEO.horizon)
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"hours": {None: [LONGER]}}, [("02 09:00", "02 10:00"), ("09 09:00", "09 10:00")]),
        ({"hours": {None: [(2, 660, 720, 0)]}}, []),
        ({"differ": [(FRIDAY, FRIDAY, [(600, 660)])]}, [("05 10:00", "05 11:00")]),
        ({"differ": [(TUESDAY, TUESDAY, [])]}, []),
        ({"holiday_country": "GB"}, []),
    ],
    ids=["nothing", "wider hours", "narrower hours", "a day opened", "a day closed", "holidays closed"],
)
def test_a_change_opens_what_was_closed(now, changes, expected):
    assert what_opens(now, replace(BEFORE, **changes)) == [(*each, [None, 1]) for each in expected]


def test_days_that_differ_no_more_open_what_they_had_closed(now):
    away = replace(BEFORE, differ=[(TUESDAY, TUESDAY, [])])

    assert what_opens(now, BEFORE, before=away) == [("02 10:00", "02 13:00", [None, 1])]


def test_shorter_notice_opens_what_is_nearer_and_a_farther_horizon_what_is_farther(now):
    before = replace(BEFORE, kinds=[replace(VIDEO, notice=2 * DAY, horizon=5 * DAY)])

    found = what_opens(now, BEFORE, before=before)

    assert found == [("02 10:00", "02 13:00", [1]), ("09 10:00", "09 13:00", [1])]


def test_hours_of_a_kind_s_own_open_for_it_alone(now):
    before = replace(BEFORE, kinds=[VIDEO, GROUP])
    after = replace(before, hours={None: [MORNING], 2: [(5, 600, 660, 0)]})

    found = what_opens(now, after, before=before)

    assert found == [("05 10:00", "05 11:00", [2]), ("12 10:00", "12 11:00", [2])]


def test_a_kind_that_is_new_opens_nothing_for_those_who_wait(now):
    assert what_opens(now, replace(BEFORE, kinds=[VIDEO, replace(VIDEO, id=3, notice=0)])) == []


def test_holidays_and_days_that_differ_are_told_with_the_week(now):
    rules = replace(BEFORE, holiday_country="GB", differ=[(FRIDAY, FRIDAY, [(600, 660)])])
    since = minute_of(now)

    found = hours_between(rules, VIDEO, since, since + 7 * DAY)

    assert [f"{moment_of(begins):%d %H:%M}" for begins, _ in found] == ["02 10:00", "05 10:00"]
