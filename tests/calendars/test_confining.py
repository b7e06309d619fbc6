"""What a calendar does to its reader stays in a process of its own, and is ended."""

from __future__ import annotations

import importlib.resources
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.calendars.confining import expanded_apart
from portal.calendars.expanding import expanded
from portal.calendars.failures import CannotBeRead, Why
from tests.calendars.elsewhere import calendar, event

SINCE = datetime(2027, 3, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=400)
# Nothing that matches, looked for from the year one on: the library does not come back from enough of these.
_FRUITLESS = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"


def apart(text, **limits):
    return expanded_apart(text, zone="Pacific/Auckland", since=SINCE, until=UNTIL, **limits)


def refusal(text, **limits):
    with pytest.raises(CannotBeRead) as problem:
        apart(text, **limits)
    return problem.value.why


def test_it_is_the_same_as_in_this_process():
    text = calendar(
        event(";VALUE=DATE:20270302", None, "RRULE:FREQ=DAILY", uid="ä"),
        event(";TZID=Mars:20270302T100000", None, uid="b"),
        event(":rubbish", None, uid="c"),
    )

    assert apart(text) == expanded(text, zone=ZoneInfo("Pacific/Auckland"), since=SINCE, until=UNTIL)
    assert apart(text).stretches


def test_one_that_takes_too_long_is_ended():
    endless = [
        event(":00010101T100000Z", ":00010101T110000Z", _FRUITLESS, uid=str(number)) for number in range(2000)
    ]

    assert refusal(calendar(*endless), seconds=1) is Why.TOO_HARD


def test_one_that_takes_too_much_is_ended():
    many = [event(uid=str(number)) for number in range(20_000)]

    assert refusal(calendar(*many), most_bytes=50_000_000, seconds=60) is Why.TOO_HARD


def test_too_many_are_told_as_such():
    daily = [
        event(":20270302T100000Z", None, "DURATION:PT1M", "RRULE:FREQ=DAILY", uid=str(n)) for n in range(60)
    ]

    # However busy the machine: it is their number that counts.
    assert refusal(calendar(*daily), seconds=60) is Why.TOO_MANY


def test_what_is_no_calendar_is_told_as_such():
    assert refusal("BEGIN:VEVENT") is Why.NOT_A_CALENDAR


def test_it_is_given_nothing_of_our_environment(monkeypatch, tmp_path):
    """Which holds keys; here it says where zones are described, and says it wrongly."""
    (tmp_path / "Pacific").mkdir()
    (tmp_path / "Pacific" / "Auckland").write_bytes(
        importlib.resources.files("tzdata.zoneinfo").joinpath("UTC").read_bytes()
    )
    monkeypatch.setenv("PYTHONTZPATH", str(tmp_path))

    first, _ = apart(calendar(event(";VALUE=DATE:20270302", None))).stretches
    assert first[0] == datetime(2027, 3, 1, 11, tzinfo=UTC)
