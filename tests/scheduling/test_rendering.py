"""How times are laid out: by the reader's days, in pages of 31 days, with a word where clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.scheduling.rendering import sheet_of, times_of
from portal.scheduling.slots import minute_of

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LONDON, NEW_YORK, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


def sheet(*moments: str, zone=LONDON, therapist_zone=LONDON, begins=None):
    starts = [minute_of(datetime.fromisoformat(moment).replace(tzinfo=UTC)) for moment in moments]
    return sheet_of(starts, zone=zone, therapist_zone=therapist_zone, now=NOW, begins=begins)


def test_times_stand_under_the_days_of_the_reader():
    days = sheet("2027-03-02T10:00", "2027-03-02T16:00", zone=ZoneInfo("Pacific/Auckland")).days

    assert [(day.heading, [time.clock for time in day.times]) for day in days] == [
        ("Tuesday 2 March", ["23:00"]),
        ("Wednesday 3 March", ["05:00"]),
    ]
    assert days[0].times[0].value == "2027-03-02T10:00Z"


def test_everybody_posts_the_same_instants():
    moments = ["2027-03-02T10:00", "2027-03-28T12:00", "2027-04-02T23:30"]
    posted = {
        zone: [time.value for day in sheet(*moments, zone=ZoneInfo(zone)).days for time in day.times]
        for zone in ("Europe/London", "Pacific/Pago_Pago", "Pacific/Kiritimati", "Australia/Lord_Howe")
    }

    assert all(values == posted["Europe/London"] for values in posted.values())


def test_a_word_stands_under_the_first_day_after_the_readers_clocks_change():
    days = sheet("2027-03-27T10:00", "2027-03-29T10:00", "2027-03-30T10:00").days

    words = "The clocks change on Sunday 28 March. These are the times after the change (UTC+1)."
    assert [list(day.notices) for day in days] == [[], [words], []]


def test_a_word_stands_also_where_only_the_therapists_clocks_change():
    days = sheet("2027-03-12T15:00", "2027-03-15T14:00", zone=LONDON, therapist_zone=NEW_YORK).days

    words = "The clocks in America/New York change on Sunday 14 March. These are the times after that change."
    assert [list(day.notices) for day in days] == [[], [words]]


def test_where_both_change_at_once_one_word_is_enough():
    days = sheet("2027-03-29T10:00", zone=LONDON, therapist_zone=BERLIN).days

    assert len(days[0].notices) == 1


def test_a_clock_time_that_comes_twice_is_told_apart():
    (day,) = sheet("2027-10-31T00:30", "2027-10-31T01:30", "2027-10-31T02:30").days

    assert [time.clock for time in day.times] == ["01:30 (UTC+1)", "01:30 (UTC+0)", "02:30"]


def test_a_page_holds_31_days_from_the_first_free_one():
    pages = ["2027-03-10T10:00", "2027-04-09T10:00", "2027-04-10T10:00", "2027-04-28T10:00"]

    first = sheet(*pages)
    second = sheet(*pages, begins=first.later)

    assert [day.heading for day in first.days] == ["Wednesday 10 March", "Friday 9 April"]
    assert (first.earlier, first.later) == (None, date(2027, 4, 10))
    assert [day.heading for day in second.days] == ["Saturday 10 April", "Wednesday 28 April"]
    assert (second.earlier, second.later) == (date(2027, 3, 10), None)
    assert first.soonest == second.soonest == "2027-03-10T10:00Z"


def test_the_way_back_leads_through_the_same_pages():
    starts = ["2027-03-02T10:00", "2027-04-01T10:00", "2027-04-02T10:00", "2027-04-28T10:00"]

    assert sheet(*starts, begins=date(2027, 4, 28)).earlier == date(2027, 4, 2)
    assert sheet(*starts, begins=date(2027, 4, 2)).earlier == date(2027, 3, 2)


def test_absurd_days_show_what_there_is():
    for begins in (date.min, date.max, date(2027, 2, 1)):
        assert len(sheet("2027-03-02T10:00", begins=begins).days) == 1


def test_nothing_free_is_an_empty_sheet():
    nothing = sheet()

    assert (nothing.days, nothing.earlier, nothing.later, nothing.soonest) == ([], None, None, None)


def test_a_few_times_are_laid_out_alike():
    start = minute_of(NOW + timedelta(days=1, hours=1))

    assert [(day.heading, day.times[0].clock) for day in times_of([start], BERLIN)] == [
        ("Tuesday 2 March", "11:00")
    ]
