"""A calendar file is reduced to its times, and one that means harm is refused at once."""

from __future__ import annotations

from datetime import date

import pytest
from icalendar import Calendar

from portal.calendars.failures import CannotBeRead, Why
from portal.calendars.vetting import vetted
from tests.calendars.elsewhere import calendar, event

SINCE, UNTIL = date(2027, 2, 26), date(2028, 4, 6)


def entries(text):
    return Calendar.from_ical(vetted(text, since=SINCE, until=UNTIL)).walk("VEVENT")


def refusal(text):
    with pytest.raises(CannotBeRead) as problem:
        vetted(text, since=SINCE, until=UNTIL)
    return problem.value.why


def test_only_times_are_left():
    words = ["DESCRIPTION:Bring the X-rays", "ATTENDEE;CN=Kit:mailto:kit@foyer.example", "LOCATION:Clinic"]
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nDESCRIPTION:Go\r\nEND:VALARM"
    text = vetted(
        calendar(event(":20270302T100000Z", ":20270302T110000Z", *words, alarm)), since=SINCE, until=UNTIL
    )

    (entry,) = Calendar.from_ical(text).walk("VEVENT")
    assert sorted(entry) == ["DTEND", "DTSTART", "UID"]
    assert not any(word in text for word in ("Dentist", "X-rays", "Kit", "Clinic", "Go", "VALARM"))


def test_folded_lines_and_bare_line_feeds_are_read():
    folded = (
        calendar(event()).replace("DTSTART:20270302T", "DTSTA\r\n RT:2027\r\n\t0302T").replace("\r\n", "\n")
    )

    (entry,) = entries(f"\ufeff{folded}")
    assert entry.start.isoformat() == "2027-03-02T10:00:00+00:00"


def test_several_calendars_become_one():
    text = calendar(event(uid="a")) + "\r\n" + calendar(event(uid="b"))

    assert [str(entry["UID"]) for entry in entries(text)] == ["a", "b"]


def test_zones_of_a_calendar_s_own_are_kept_once():
    zone = "\r\n".join(
        ["BEGIN:VTIMEZONE", "TZID:Our (UTC+01:00) zone", "BEGIN:STANDARD", "DTSTART:19700101T000000"]
        + ["TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE"]
    )
    local = event(';TZID="Our (UTC+01:00) zone":20270302T100000', None, "DURATION:PT1H")

    (entry,) = entries(calendar(zone, local) + calendar(zone))
    assert entry.start.utcoffset().total_seconds() == 3600
    assert vetted(calendar(zone, local) + calendar(zone), since=SINCE, until=UNTIL).count("TZID:Our") == 1


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        (event(":20270226T230000Z", ":20270227T000000Z"), True),
        (event(":20270101T100000Z", ":20270225T110000Z"), False),
        (event(":20270101T100000Z", ":20270226T000000Z"), True),
        (event(";VALUE=DATE:20270225", None), False),
        (event(";VALUE=DATE:20270226", None), True),
        (event(":20280406T230000Z", ":20280406T233000Z"), True),
        (event(":20280407T000000Z", ":20280407T010000Z"), False),
        (event(":20200101T100000Z", None, "DURATION:P9999D"), True),
        (event(":20200101T100000Z", ":20200101T110000Z", "RRULE:FREQ=WEEKLY"), True),
        (event(":20200101T100000Z", ":20200101T110000Z", "RDATE:20270302T100000Z"), True),
        (event(":20200101T100000Z", ":20200101T110000Z", "RECURRENCE-ID:20270302T100000Z"), True),
        (event(":rubbish", ":20200101T110000Z"), True),
    ],
)
def test_what_is_over_or_far_away_is_left_out_and_nothing_else(entry, kept):
    assert len(entries(calendar(entry))) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!doctype html><title>Sign in</title>",
        "x" * 1_000_000,
        calendar(event()).removesuffix("END:VCALENDAR\r\n"),
        calendar(event()).replace("END:VEVENT", "END:VTODO"),
        "BEGIN:VCARD\r\nEND:VCARD\r\n",
        "BEGIN:VCALENDAR\r\n" * 100_000,
        calendar("BEGIN:VEVENT\r\n" + "BEGIN:VALARM\r\n" * 100_000),
        "END:VCALENDAR\r\n",
    ],
    ids=["nothing", "a page", "a line", "broken off", "crossed", "a card", "nested", "nested deep", "ended"],
)
def test_what_is_no_calendar(text):
    assert refusal(text) is Why.NOT_A_CALENDAR


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;COUNT=10000000",
        "FREQ=MINUTELY;INTERVAL=5",
        "freq=minutely",
        "FREQ=HOURLY;BYMINUTE=0,15,30",
        "FREQ=DAILY;BYHOUR=8,9,10,11,12,13,14;BYMINUTE=0,10,20,30,40,50;BYSECOND=0,30",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=YEARLY;BYYEARDAY=" + "1," * 2000 + "1",
    ],
)
def test_nobody_s_day_holds_so_much(rule):
    assert refusal(calendar(event(":20270302T100000Z", ":20270302T110000Z", f"RRULE:{rule}"))) is Why.TOO_MANY


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=HOURLY",
        "FREQ=MINUTELY;INTERVAL=30",
        "FREQ=MINUTELY;COUNT=10",
        "FREQ=WEEKLY;BYDAY=MO,TU,WE;BYHOUR=9,13",
        "FREQ=NONSENSE;INTERVAL=many",
    ],
)
def test_ordinary_rules_are_left_to_who_understands_them(rule):
    (entry,) = entries(calendar(event(":20270302T100000Z", ":20270302T110000Z", f"RRULE:{rule}")))

    assert "RRULE" in entry


def test_a_flood_is_refused():
    dates = ",".join(["20270302T100000Z"] * 20_001)
    assert refusal(calendar(event(":20270302T100000Z", None, f"RDATE:{dates}"))) is Why.TOO_MANY
    assert refusal(calendar(event(":20270302T100000Z", None, f"EXDATE:{dates}"))) is Why.TOO_MANY
    assert refusal(calendar(*[event(uid=str(number)) for number in range(20_001)])) is Why.TOO_MANY


def test_a_calendar_says_which_zone_its_times_are_in_if_it_is_one():
    assert "X-WR-TIMEZONE:Europe/Berlin" in vetted(
        calendar("X-WR-TIMEZONE:Europe/Berlin", event()), since=SINCE, until=UNTIL
    )
    assert "X-WR-TIMEZONE" not in vetted(calendar("X-WR-TIMEZONE:Mars", event()), since=SINCE, until=UNTIL)
