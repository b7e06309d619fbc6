"""What a therapist is told before they do what their own rules speak against."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portal.diary.clocks import minute_of
from portal.diary.kinds import FIRST_CONSULTATION, Stamina
from portal.diary.queries import Rules
from portal.scheduling.objections import Objection, objections
from portal.scheduling.offers import Taken
from portal.scheduling.slots import Busy

TUESDAY_MORNING = {None: [(2, 600, 780, 0)]}
RULES = Rules(time_zone="Europe/London", kinds=[], hours=TUESDAY_MORNING, differ=[])


def at(clock: str, day: int = 2) -> int:
    hour, minute = map(int, clock.split(":"))
    return minute_of(datetime(2027, 3, day, hour, minute, tzinfo=UTC))


def held(begins: str, ends: str, **facts) -> Taken:
    dull = {"before": 10, "after": 10, "counts": True, "first": True, "whose": at(begins)}
    return Taken(Busy(at(begins), at(ends), **dull | facts), elsewhere=False)


def elsewhere(begins: str, ends: str) -> Taken:
    return Taken(Busy(at(begins), at(ends)), elsewhere=True)


def told(clock: str, *taken: Taken, rules: Rules = RULES, day: int = 2) -> list[str]:
    return sorted(objections(rules, FIRST_CONSULTATION, taken, at(clock, day)))


@pytest.mark.parametrize("clock", ["10:00", "10:25", "12:10"])
def test_nothing_speaks_against_a_time_within_the_hours(clock):
    """The grid is for clients."""
    assert told(clock) == []


@pytest.mark.parametrize("clock", ["09:55", "12:15", "18:00"])
def test_outside_the_hours(clock):
    assert told(clock) == [Objection.OUTSIDE_HOURS]


def test_a_day_that_differs_is_what_counts():
    away = replace(RULES, differ=[(date(2027, 3, 2), date(2027, 3, 2), ())])
    open_for_once = replace(RULES, differ=[(date(2027, 3, 3), date(2027, 3, 3), [(600, 780)])])

    assert told("10:00", rules=away) == [Objection.OUTSIDE_HOURS]
    assert told("10:00", rules=open_for_once, day=3) == []


def test_a_holiday_is_outside_the_hours():
    rules = replace(RULES, hours={None: [(5, 600, 780, 0)]}, holiday_country="GB", holiday_region="ENG")

    assert told("10:00", rules=rules, day=26) == [Objection.OUTSIDE_HOURS]


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("11:00", []), ("10:55", [Objection.TOO_CLOSE]), ("10:50", [Objection.TOO_CLOSE])],
)
def test_less_free_time_than_one_of_the_two_wants(clock, expected):
    assert told(clock, held("10:00", "10:50")) == expected


def test_the_gap_after_counts_as_well():
    assert told("10:05", held("11:00", "11:50")) == [Objection.TOO_CLOSE]
    assert told("10:00", held("11:00", "11:50", before=20)) == [Objection.TOO_CLOSE]


def test_busy_elsewhere():
    assert told("10:00", elsewhere("10:30", "12:00")) == [Objection.BUSY_ELSEWHERE]


def test_more_in_a_day_than_the_therapist_wants():
    rules = replace(RULES, stamina=Stamina(most_a_day=1))

    assert told("12:00", held("10:00", "10:50"), rules=rules) == [Objection.TOO_MANY]
    assert told("12:00", rules=rules) == []


def test_what_moves_does_not_stand_in_its_own_way():
    rules = replace(RULES, stamina=Stamina(most_a_day=1))

    assert told("10:30", held("10:00", "10:50", moving=True), rules=rules) == []


def test_several_rules_at_once():
    rules = replace(RULES, stamina=Stamina(most_a_week=1))

    assert told("13:00", held("12:05", "12:55"), rules=rules) == [
        Objection.OUTSIDE_HOURS,
        Objection.TOO_CLOSE,
        Objection.TOO_MANY,
    ]
