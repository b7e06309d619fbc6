"""By when something is answered, until when something is kept, and when somebody is reminded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.scheduling.lifecycle import (
    answered_anew_by,
    changed_until,
    kept_until,
    offer_answered_by,
    reminded_at,
)

MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer_by", "zone", "expected"),
    [
        ("2027-03-03T18:00", LONDON, "2027-03-03T15:00"),
        ("2027-03-03T11:00", LONDON, "2027-03-03T08:00"),
        # Three hours before would be in the night, here or there.
        ("2027-03-03T10:59", LONDON, "2027-03-02T16:00"),
        ("2027-03-03T00:30", LONDON, "2027-03-02T21:30"),
        ("2027-03-03T15:00", NEW_YORK, "2027-03-02T21:00"),
        # An afternoon before the clocks change is an afternoon all the same.
        ("2027-03-29T07:00", LONDON, "2027-03-28T15:00"),
        # Asked a moment ago: the request itself is reminder enough.
        ("2027-03-01T12:30", LONDON, None),
        ("2027-03-01T13:00", LONDON, "2027-03-01T10:00"),
        ("2027-03-02T07:00", LONDON, "2027-03-01T16:00"),
    ],
)
def test_a_therapist_is_reminded_three_hours_before_and_never_at_night(answer_by, zone, expected):
    reminded = reminded_at(at(answer_by), asked_at=MONDAY, zone=zone)

    assert reminded == (expected and at(expected))


def test_a_time_is_kept_while_its_client_is_at_it_for_a_day_at_most():
    def until(seen: timedelta, asked: timedelta) -> timedelta:
        moment = kept_until(asked_at=MONDAY, last_seen_at=MONDAY + seen, asked_until=MONDAY + asked)
        return moment - MONDAY

    assert until(0 * HOUR, 100 * HOUR) == timedelta(minutes=45)
    assert until(5 * HOUR, 100 * HOUR) == timedelta(hours=5, minutes=45)
    assert until(23 * HOUR, 22 * HOUR) == 22 * HOUR
    assert until(30 * HOUR, 100 * HOUR) == 24 * HOUR


@pytest.mark.parametrize(("ahead", "expected"), [(72, 24), (26, 24), (20, 18), (5, 3), (4, None)])
def test_an_earlier_time_is_offered_for_a_day_or_until_two_hours_before_it(ahead, expected):
    due = offer_answered_by(MONDAY, starts_at=MONDAY + ahead * HOUR)

    assert due == (expected and MONDAY + expected * HOUR)


def test_what_waits_again_waits_half_an_hour_at_least():
    assert answered_anew_by(MONDAY + 5 * HOUR, now=MONDAY) == MONDAY + 5 * HOUR
    assert answered_anew_by(MONDAY + HOUR / 4, now=MONDAY) == MONDAY + HOUR / 2


@pytest.mark.parametrize(
    ("settled", "expected"),
    [(None, 24), (-100, 24), (-28, 24), (-26, 23), (-20, 17), (-4, 2), (-1, 2)],
    ids=["long ago", "in good time", "just in time", "a little late", "late", "very late", "at the last"],
)
def test_a_client_changes_it_until_a_day_before_or_for_three_hours_from_hearing_of_it(settled, expected):
    settled_at = None if settled is None else MONDAY + settled * HOUR

    until = changed_until(MONDAY, minutes=24 * 60, settled_at=settled_at)

    assert until == MONDAY - expected * HOUR
