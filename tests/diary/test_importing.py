"""A calendar's entries become a week and the days that differ from it; nothing in it takes long."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from portal.diary import entries
from portal.diary.entries import NotACalendar, TooMuchInIt, entries_in
from portal.diary.importing import (
    AWAY_AGAIN,
    CANCELLED,
    ENDS,
    NO_LENGTH,
    NO_WEEK,
    NOT_BUSY,
    NOT_WEEKLY,
    OVER,
    SINGLE_DATES,
    TOO_FAR,
    TOO_SHORT,
    hours_in,
)
from portal.diary.week import ODD, week_of

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2027, 3, 1)
# A week that every calendar below may change.
MORNINGS = """
SUMMARY:Mornings
UID:mornings
DTSTART;TZID=Europe/London:20260105T090000
DTEND;TZID=Europe/London:20260105T120000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU
"""
WEEK = [(1, 540, 720, 0), (2, 540, 720, 0)]


def calendar(*events):
    lines = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{lines}END:VCALENDAR\n".replace("\n", "\r\n")


def found_in(*events, zone=LONDON):
    return hours_in(entries_in(calendar(*events), zone=zone).entries, today=MONDAY, shortest=50)


def event(starts="20270302T140000", *, name="It", lines="DURATION:PT2H"):
    return f"SUMMARY:{name}\nDTSTART:{starts}\n{lines}"


def test_what_repeats_every_week_is_the_week():
    assert found_in(MORNINGS).hours == WEEK


def test_what_repeats_every_day_is_every_weekday():
    found = found_in(event(lines="DURATION:PT2H\nRRULE:FREQ=DAILY"))

    assert [weekday for weekday, *_ in found.hours] == [1, 2, 3, 4, 5, 6, 7]


def test_every_other_week_is_counted_from_the_first_time():
    found = found_in(
        event("20270305T140000", lines="DURATION:PT2H\nRRULE:FREQ=WEEKLY;INTERVAL=2"),
        event("20270311T140000", lines="DURATION:PT2H\nRRULE:FREQ=WEEKLY;INTERVAL=2"),
    )

    assert week_of(date(2027, 3, 5)) == ODD
    assert found.hours == [(4, 840, 960, 2), (5, 840, 960, 1)]


def test_every_other_week_goes_by_the_day_on_which_the_rule_begins_its_weeks():
    """Of weeks that begin on Sunday, the Sunday before Friday 5 March is 28 February, in an even week."""
    rule = "DURATION:PT2H\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST="

    assert found_in(event("20270305T140000", lines=f"{rule}SU")).hours == [(7, 840, 960, 2)]
    assert found_in(event("20270305T140000", lines=f"{rule}MO")).hours == [(7, 840, 960, 1)]


def test_times_are_those_of_the_readers_wall_clock():
    found = found_in(
        event("20270302T140000Z", lines="DURATION:PT1H\nRRULE:FREQ=WEEKLY"),
        'DTSTART;TZID="W. Europe Standard Time":20270303T140000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY',
        zone=ZoneInfo("America/New_York"),
    )

    assert found.hours == [(2, 540, 600, 0), (3, 480, 540, 0)]


def test_a_zone_that_nobody_knows_is_counted_and_taken_as_the_readers():
    read = entries_in(
        calendar("SUMMARY:It\nDTSTART;TZID=Nowhere/Land:20270303T140000\nDURATION:PT1H"), zone=LONDON
    )

    assert read.foreign_zones == 1
    assert read.entries[0].starts.hour == 14


def test_hours_may_cross_midnight():
    found = found_in(event("20270302T220000", lines="DTEND:20270303T020000\nRRULE:FREQ=WEEKLY"))

    assert found.hours == [(2, 1320, 1560, 0)]


def test_what_overlaps_in_the_same_weeks_is_one():
    found = found_in(MORNINGS, event("20270301T110000", lines="DURATION:PT2H\nRRULE:FREQ=WEEKLY"))

    assert found.hours == [(1, 540, 780, 0), (2, 540, 720, 0)]


def test_a_single_entry_opens_its_day_beside_what_the_week_has_on_it():
    found = found_in(MORNINGS, event("20270302T140000"), event("20270306T100000"))

    assert found.days == [
        (date(2027, 3, 2), date(2027, 3, 2), [(540, 720), (840, 960)]),
        (date(2027, 3, 6), date(2027, 3, 6), [(600, 720)]),
    ]


def test_a_day_that_a_series_leaves_out_is_closed():
    found = found_in(f"{MORNINGS}EXDATE;TZID=Europe/London:20270308T090000")

    assert found.days == [(date(2027, 3, 8), date(2027, 3, 8), [])]


def test_a_day_that_was_moved_is_as_it_was_moved():
    moved = event("20270308T140000", lines="DURATION:PT1H\nUID:mornings\nRECURRENCE-ID:20270308T090000")

    assert found_in(MORNINGS, moved).days == [(date(2027, 3, 8), date(2027, 3, 8), [(840, 900)])]


def test_a_day_that_was_cancelled_is_closed():
    gone = event(
        "20270308T090000",
        lines="DURATION:PT3H\nUID:mornings\nRECURRENCE-ID:20270308T090000\nSTATUS:CANCELLED",
    )

    assert found_in(MORNINGS, gone).days == [(date(2027, 3, 8), date(2027, 3, 8), [])]


def test_whole_days_close():
    found = found_in(
        MORNINGS, event("20270405", lines="DTEND;VALUE=DATE:20270410"), event("20270412", lines="")
    )

    assert found.days == [
        (date(2027, 4, 5), date(2027, 4, 9), ()),
        (date(2027, 4, 12), date(2027, 4, 12), ()),
    ]


def test_a_closed_day_is_closed_whatever_else_stands_on_it():
    found = found_in(MORNINGS, event("20270405", lines=""), event("20270405T140000"))

    assert found.days == [(date(2027, 4, 5), date(2027, 4, 5), ())]


@pytest.mark.parametrize("away", ["SUMMARY:Away", "SUMMARY:Dentist\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"])
def test_being_away_for_a_part_of_a_day_takes_that_part(away):
    found = found_in(MORNINGS, f"{away}\nDTSTART:20270302T103000\nDURATION:PT4H")

    assert found.days == [(date(2027, 3, 2), date(2027, 3, 2), [(540, 630)])]


def test_being_away_while_there_are_no_hours_changes_nothing():
    found = found_in(MORNINGS, event("20270303T103000", name="Away"))

    assert (found.days, found.left) == ([], [])


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("DURATION:PT2H\nRRULE:FREQ=MONTHLY", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=WEEKLY;INTERVAL=3", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=WEEKLY;INTERVAL=0", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=SECONDLY;COUNT=10000000", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=WEEKLY;BYDAY=1MO", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=WEEKLY;BYHOUR=9,10", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=WEEKLY;UNTIL=20271399", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=99999999999999999999", NOT_WEEKLY),
        ("DURATION:PT2H\nRRULE:FREQ=WEEKLY\nRDATE:20270304T140000", SINGLE_DATES),
        ("DURATION:PT2H\nRDATE:20270304T140000", SINGLE_DATES),
        ("DURATION:PT2H\nSTATUS:CANCELLED", CANCELLED),
        ("DURATION:PT30M", TOO_SHORT),
        ("DURATION:PT30M\nRRULE:FREQ=WEEKLY", TOO_SHORT),
        ("DTEND:20270302T130000", NO_LENGTH),
        ("DURATION:P2D", NO_LENGTH),
        ("", NO_LENGTH),
    ],
)
def test_what_cannot_be_taken_over_is_named_with_the_reason(lines, why):
    found = found_in(event(name="Supper\\, late", lines=lines))

    assert (found.hours, found.days, found.left) == ([], [], [("Supper, late", why)])


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (event("20260105T140000", lines="DURATION:PT2H\nRRULE:FREQ=WEEKLY;UNTIL=20261231T000000Z"), OVER),
        (event("20260105T140000", lines="DURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=10"), OVER),
        (event("20270228T140000"), OVER),
        (event("20290302T140000"), TOO_FAR),
        (event("20270405", lines="TRANSP:TRANSPARENT"), NOT_BUSY),
        (event("20270405", lines="RRULE:FREQ=YEARLY"), AWAY_AGAIN),
        (event(name="Away"), NO_WEEK),
    ],
)
def test_what_says_nothing_of_the_days_to_come_is_left_too(entry, why):
    found = found_in(entry)

    assert (found.hours, found.days, [each for _, each in found.left]) == ([], [], [why])


@pytest.mark.parametrize("end", ["UNTIL=20270630T000000Z", "COUNT=100", "COUNT=10000000", "UNTIL=99991231"])
def test_a_series_that_ends_one_day_is_taken_over_without_its_end_and_says_so(end):
    found = found_in(event(lines=f"DURATION:PT2H\nRRULE:FREQ=WEEKLY;{end}"))

    assert found.hours == [(2, 840, 960, 0)]
    assert found.altered == [("It", ENDS)]


def test_an_entry_that_cannot_be_made_out_is_counted_and_the_others_are_read():
    read = entries_in(calendar(event("2027"), event(lines="DURATION:soon"), MORNINGS), zone=LONDON)

    assert (len(read.entries), read.unread) == (1, 2)


def test_long_lines_are_unfolded_and_names_hold_nothing_that_a_terminal_obeys():
    read = entries_in(calendar(event(name="Lo\n ng \x1b[31mred\\nname")), zone=LONDON)

    assert read.entries[0].name == "Long [31mred name"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PK\x03\x04 a picture",
        "BEGIN:VCALENDAR\n",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
        "BEGIN:VEVENT\nDTSTART:20270302T140000\nEND:VEVENT\n",
        "END:VCALENDAR\n",
        calendar(MORNINGS)[:-20],
    ],
)
def test_what_is_no_calendar_or_breaks_off_is_refused(text):
    with pytest.raises(NotACalendar):
        entries_in(text, zone=LONDON)


def test_more_entries_than_any_diary_has_are_refused(monkeypatch):
    monkeypatch.setattr(entries, "MOST_ENTRIES", 2)

    entries_in(calendar(*[MORNINGS] * 2), zone=LONDON)
    with pytest.raises(TooMuchInIt):
        entries_in(calendar(*[MORNINGS] * 3), zone=LONDON)


def test_millions_of_dates_that_a_series_leaves_out_are_refused():
    dates = ",".join(["20270308T090000"] * 300_000)

    with pytest.raises(TooMuchInIt):
        entries_in(calendar(f"{MORNINGS}EXDATE:{dates}"), zone=LONDON)


def test_thousands_of_series_are_refused():
    read = entries_in(calendar(*[MORNINGS] * 5_000), zone=LONDON)

    with pytest.raises(TooMuchInIt):
        hours_in(read.entries, today=MONDAY, shortest=50)
