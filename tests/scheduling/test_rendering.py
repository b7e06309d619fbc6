"""How times are laid out: by the reader's weeks and days, in a month, with a word where clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.diary.clocks import minute_of
from portal.scheduling.rendering import how_long, sheet_of, times_of

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


def test_the_same_times_are_laid_out_once_until_something_is_another():
    moments = ["2027-03-27T10:00", "2027-03-29T10:00"]
    starts = [minute_of(datetime.fromisoformat(moment).replace(tzinfo=UTC)) for moment in moments]

    def laid_out(now=NOW, starts=starts, zone=LONDON, left_out=()):
        return sheet_of(starts, zone=zone, therapist_zone=LONDON, now=now, left_out=left_out)

    before, after = laid_out(), laid_out(datetime(2027, 3, 28, 1, 0, tzinfo=UTC))
    assert laid_out(NOW + timedelta(minutes=1)) is before
    assert [bool(day.notices) for day in before.days] == [False, True]
    # The clocks have changed.
    assert not any(day.notices for day in after.days)
    others = [laid_out(starts=starts[:1]), laid_out(zone=BERLIN), laid_out(left_out=starts[:1])]
    assert len({before, after, *others}) == 5


def test_a_clock_time_that_comes_twice_is_told_apart():
    (day,) = sheet("2027-10-31T00:30", "2027-10-31T01:30", "2027-10-31T02:30").days

    assert [time.clock for time in day.times] == ["01:30 (UTC+1)", "01:30 (UTC+0)", "02:30"]


def a_day(day: str, times: int) -> list[str]:
    return [f"{day}T{8 + hour:02}:00" for hour in range(times)]


def test_a_week_that_holds_a_dozen_times_is_a_page():
    times = a_day("2027-03-02", 6) + a_day("2027-03-04", 6) + a_day("2027-03-08", 1)

    first = sheet(*times)
    second = sheet(*times, begins=first.later)

    assert [day.heading for day in first.days] == ["Tuesday 2 March", "Thursday 4 March"]
    assert (first.earlier, first.later) == (None, date(2027, 3, 8))
    assert [day.heading for day in second.days] == ["Monday 8 March"]
    assert (second.earlier, second.later) == (date(2027, 3, 1), None)
    assert first.soonest == second.soonest == "2027-03-02T08:00Z"


def test_a_page_goes_on_over_weeks_with_few_times_and_leaves_out_those_with_none():
    times = a_day("2027-03-02", 5) + a_day("2027-03-16", 6) + a_day("2027-03-23", 1) + a_day("2027-03-30", 1)

    page = sheet(*times)

    assert [day.on.day for day in page.days] == [2, 16, 23]
    assert page.later == date(2027, 3, 29)


def test_a_page_is_five_weeks_at_most():
    days = [date(2027, 3, 2) + timedelta(weeks=number) for number in range(7)]

    page = sheet(*(f"{day}T10:00" for day in days))

    assert [day.on for day in page.days] == days[:5]
    assert page.later == date(2027, 4, 5)


def test_every_day_leads_to_the_page_that_shows_it():
    times = a_day("2027-03-02", 12) + a_day("2027-03-16", 12) + a_day("2027-04-06", 12)

    for begins, shown in (("2027-03-02", 2), ("2027-03-15", 16), ("2027-03-31", 16), ("2027-04-11", 6)):
        assert [day.on.day for day in sheet(*times, begins=date.fromisoformat(begins)).days] == [shown]


def test_a_small_month_says_where_times_are():
    times = a_day("2027-03-02", 12) + a_day("2027-03-31", 3) + a_day("2027-05-04", 1)

    month = sheet(*times).month

    assert month.name == "March 2027"
    assert [[cell and cell.on.day for cell in week] for week in month.weeks][0] == [1, 2, 3, 4, 5, 6, 7]
    assert [cell for week in month.weeks for cell in week if cell and cell.free] == [
        (date(2027, 3, 2), 12, True),
        (date(2027, 3, 31), 3, False),
    ]
    assert list(month.weeks[-1][3:]) == [None] * 4
    assert (month.earlier, month.later) == (None, date(2027, 5, 4))


def test_the_month_is_the_one_in_which_most_of_the_page_lies():
    times = a_day("2027-03-30", 4) + a_day("2027-04-01", 4) + a_day("2027-04-02", 4)

    month = sheet(*times).month

    assert (month.name, month.earlier, month.later) == ("April 2027", date(2027, 3, 30), None)


def test_the_month_beside_has_times_if_it_is_named():
    times = a_day("2027-03-02", 12) + a_day("2027-03-09", 12) + a_day("2027-05-04", 1)

    month = sheet(*times, begins=date(2027, 5, 4)).month

    assert (month.name, month.earlier, month.later) == ("May 2027", date(2027, 3, 2), None)


def test_a_length_of_time_is_said_in_the_largest_whole_unit():
    assert [how_long(minutes) for minutes in (45, 60, 90, 120, 1440, 2880, 3000)] == [
        "45 minutes",
        "1 hour",
        "90 minutes",
        "2 hours",
        "24 hours",
        "2 days",
        "50 hours",
    ]


def test_absurd_days_show_what_there_is():
    for begins in (date.min, date.max, date(2027, 2, 1)):
        assert len(sheet("2027-03-02T10:00", begins=begins).days) == 1


def test_nothing_free_is_an_empty_sheet():
    nothing = sheet()

    assert (nothing.days, nothing.earlier, nothing.later, nothing.soonest, nothing.month) == (
        [],
        None,
        None,
        None,
        None,
    )


def test_a_few_times_are_laid_out_alike():
    start = minute_of(NOW + timedelta(days=1, hours=1))

    assert [(day.heading, day.times[0].clock) for day in times_of([start], BERLIN)] == [
        ("Tuesday 2 March", "11:00")
    ]
