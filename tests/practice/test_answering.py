"""By when a practice answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.practice.answering import Answering, Away

LONDON = ZoneInfo("Europe/London")


def answering(days="12345", within=2, by_hour=18, zone=LONDON):
    return Answering(zone=zone, days=frozenset(int(day) for day in days), within_days=within, by_hour=by_hour)


@pytest.mark.parametrize(
    ("days", "within", "asked", "answered"),
    [
        # 1 March 2027 is a Monday. The day of asking does not count, whatever its hour.
        ("12345", 1, "2027-03-01 09:00", "2027-03-02 18:00"),
        ("12345", 2, "2027-03-01 09:00", "2027-03-03 18:00"),
        ("12345", 2, "2027-03-01 00:00", "2027-03-03 18:00"),
        ("12345", 2, "2027-03-01 23:59", "2027-03-03 18:00"),
        # Over a weekend, and from within one.
        ("12345", 1, "2027-03-05 12:00", "2027-03-08 18:00"),
        ("12345", 2, "2027-03-05 12:00", "2027-03-09 18:00"),
        ("12345", 1, "2027-03-06 12:00", "2027-03-08 18:00"),
        ("12345", 1, "2027-03-07 12:00", "2027-03-08 18:00"),
        # Monday to Thursday.
        ("1234", 2, "2027-03-03 12:00", "2027-03-08 18:00"),
        # Every day of the week.
        ("1234567", 2, "2027-03-06 12:00", "2027-03-08 18:00"),
        # Only on Mondays.
        ("1", 1, "2027-03-01 09:00", "2027-03-08 18:00"),
        ("1", 1, "2027-03-02 09:00", "2027-03-08 18:00"),
        ("1", 3, "2027-03-07 23:00", "2027-03-22 18:00"),
        # Over the change of the clocks, on Sunday 28 March: 18:00 stays 18:00 on the wall.
        ("12345", 1, "2027-03-26 12:00", "2027-03-29 18:00"),
        # Over the end of a month and of a year.
        ("12345", 1, "2027-12-31 12:00", "2028-01-03 18:00"),
    ],
)
def test_answers_come_within_so_many_answering_days(days, within, asked, answered):
    asked_at = datetime.fromisoformat(asked).replace(tzinfo=LONDON)

    answer_by = answering(days, within).answer_by(asked_at)

    assert answer_by == datetime.fromisoformat(answered).replace(tzinfo=LONDON)


def test_the_hour_is_the_wall_clocks_on_either_side_of_the_change():
    before = answering(within=1).answer_by(datetime(2027, 3, 25, 12, 0, tzinfo=LONDON))
    after = answering(within=1).answer_by(datetime(2027, 3, 26, 12, 0, tzinfo=LONDON))

    assert before.astimezone(UTC) == datetime(2027, 3, 26, 18, 0, tzinfo=UTC)
    assert after.astimezone(UTC) == datetime(2027, 3, 29, 17, 0, tzinfo=UTC)


def test_which_day_it_is_when_somebody_asks_is_the_practices_to_say():
    """Monday 23:00 in London is Tuesday morning in Auckland."""
    asked_at = datetime(2027, 3, 1, 23, 0, tzinfo=UTC)

    answer_by = answering(within=1, zone=ZoneInfo("Pacific/Auckland")).answer_by(asked_at)

    assert f"{answer_by:%A %H:%M}" == "Wednesday 18:00"


def test_midnight_is_an_hour_too():
    assert answering(by_hour=0, within=1).answer_by(datetime(2027, 3, 1, 9, tzinfo=LONDON)).hour == 0


def london(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def away(first, last):
    return Away(reference="x", first_day=date.fromisoformat(first), last_day=date.fromisoformat(last))


@pytest.mark.parametrize(
    ("absences", "asked", "answered"),
    [
        # 1 March 2027 is a Monday. Days away do not count, and those around them do.
        ([("2027-03-02", "2027-03-02")], "2027-03-01 09:00", "2027-03-04 18:00"),
        ([("2027-03-02", "2027-03-14")], "2027-03-01 09:00", "2027-03-16 18:00"),
        ([("2027-02-20", "2027-03-01")], "2027-03-01 09:00", "2027-03-03 18:00"),
        (
            [("2027-03-02", "2027-03-03"), ("2027-03-05", "2027-03-08")],
            "2027-03-01 09:00",
            "2027-03-09 18:00",
        ),
    ],
)
def test_nothing_is_promised_for_a_day_on_which_nobody_is_there(absences, asked, answered):
    known = replace(answering(), absences=tuple(away(*each) for each in absences))

    assert known.answer_by(london(asked)) == london(answered)


@pytest.mark.parametrize(
    ("moment", "read"),
    [
        ("2027-03-01 08:00", "2027-03-01 08:00"),
        ("2027-03-01 17:59", "2027-03-01 17:59"),
        ("2027-03-01 18:00", "2027-03-02 08:00"),
        ("2027-03-01 03:00", "2027-03-01 08:00"),
        ("2027-03-05 18:30", "2027-03-08 08:00"),
        ("2027-03-09 12:00", "2027-03-15 08:00"),
    ],
)
def test_somebody_reads_from_eight_on_answering_days(moment, read):
    known = replace(answering(), absences=(away("2027-03-09", "2027-03-12"),))

    assert known.hours_from(london(moment)) == london(read)


def test_a_practice_that_answers_early_reads_in_the_morning_all_the_same():
    assert answering(by_hour=0).hours_from(london("2027-03-01 12:00")) == london("2027-03-02 08:00")


@pytest.mark.parametrize(
    ("moment", "answered"),
    [
        ("2027-03-01 08:00", "2027-03-01 09:00"),
        ("2027-03-01 12:34", "2027-03-01 13:34"),
        # The hour has to end before the practice closes, and begins anew on the next day otherwise.
        ("2027-03-01 17:00", "2027-03-01 18:00"),
        ("2027-03-01 17:01", "2027-03-02 09:00"),
        ("2027-03-01 03:00", "2027-03-01 09:00"),
        # Over a weekend, within it, and while everybody is away.
        ("2027-03-05 17:30", "2027-03-08 09:00"),
        ("2027-03-06 12:00", "2027-03-08 09:00"),
        ("2027-03-08 17:30", "2027-03-15 09:00"),
    ],
)
def test_an_answer_can_be_expected_once_somebody_has_had_an_hour_to_give_it(moment, answered):
    known = replace(answering(), absences=(away("2027-03-09", "2027-03-12"),))

    assert known.could_answer_by(london(moment)) == london(answered)


def test_a_practice_that_answers_early_has_its_hour_in_the_morning():
    assert answering(by_hour=8).could_answer_by(london("2027-03-01 12:00")) == london("2027-03-02 09:00")


@pytest.mark.parametrize(
    ("answered", "asked"),
    [
        ("2027-03-01 13:34", "2027-03-01 12:34"),
        ("2027-03-01 09:00", "2027-03-01 08:00"),
        ("2027-03-01 08:59", "2027-02-26 17:00"),
        ("2027-03-01 20:00", "2027-03-01 17:00"),
        ("2027-03-07 12:00", "2027-03-05 17:00"),
        ("2027-03-12 12:00", "2027-03-08 17:00"),
    ],
)
def test_who_asks_until_then_could_have_an_answer_in_time(answered, asked):
    known = replace(answering(), absences=(away("2027-03-09", "2027-03-12"),))

    latest = known.asked_until(london(answered))

    assert latest == london(asked)
    assert known.could_answer_by(latest) <= london(answered)
    assert known.could_answer_by(latest + timedelta(minutes=1)) > london(answered)
