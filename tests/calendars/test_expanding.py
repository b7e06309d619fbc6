"""When a calendar's entries keep somebody busy: zones, whole days, repetitions, clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.calendars.expanding import TooMany, expanded
from tests.calendars.elsewhere import calendar, event

LONDON = ZoneInfo("Europe/London")
SINCE = datetime(2027, 3, 1, tzinfo=UTC)


def found(*entries, zone=LONDON, since=SINCE, days=400):
    return expanded(calendar(*entries), zone=zone, since=since, until=since + timedelta(days=days))


def busy(*entries, zone=LONDON, since=SINCE, days=400):
    """Each stretch as two moments in UTC."""
    stretches = found(*entries, zone=zone, since=since, days=days).stretches
    return [f"{starts:%Y-%m-%d %H:%M}/{ends:%Y-%m-%d %H:%M}" for starts, ends in stretches]


TEN_TO_ELEVEN = (datetime(2027, 3, 2, 10, tzinfo=UTC), datetime(2027, 3, 2, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    ("uid", "hours", "taken"),
    [("ours", (10, 11), 0), ("ours", (10, 12), 1), ("ours", (14, 15), 1), ("theirs", (10, 11), 1)],
    ids=["ours", "ours, but longer", "ours, but at another time", "somebody else's at our time"],
)
def test_an_entry_of_ours_blocks_nothing_but_only_at_the_time_that_we_gave_it(uid, hours, taken):
    times = [f":20270302T{hour}0000Z" for hour in hours]
    until, own = SINCE + timedelta(days=9), {("ours", *TEN_TO_ELEVEN)}

    told = expanded(calendar(event(*times, uid=uid)), zone=LONDON, since=SINCE, until=until, own=own)

    assert len(told.stretches) == taken


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (event(":20270302T100000Z", ":20270302T110000Z"), "2027-03-02 10:00/2027-03-02 11:00"),
        (
            event(";TZID=America/New_York:20270302T100000", ";TZID=America/New_York:20270302T110000"),
            "2027-03-02 15:00/2027-03-02 16:00",
        ),
        (
            event(";TZID=W. Europe Standard Time:20270302T100000", None, "DURATION:PT90M"),
            "2027-03-02 09:00/2027-03-02 10:30",
        ),
        (event(":20270702T100000", ":20270702T110000"), "2027-07-02 09:00/2027-07-02 10:00"),
        (event(":20270226T100000Z", ":20270301T020000Z"), "2027-03-01 00:00/2027-03-01 02:00"),
        (
            event(":20270302T100000Z", ":20270302T110000Z", "STATUS:TENTATIVE"),
            "2027-03-02 10:00/2027-03-02 11:00",
        ),
    ],
    ids=[
        "UTC",
        "a zone",
        "a zone as Windows calls it",
        "no zone is the therapist's",
        "cut at the edge",
        "perhaps",
    ],
)
def test_an_entry_blocks_its_time(entry, expected):
    assert busy(entry) == [expected]


@pytest.mark.parametrize(
    "entry",
    [
        event(":20270302T100000Z", ":20270302T110000Z", "TRANSP:TRANSPARENT"),
        event(":20270302T100000Z", ":20270302T110000Z", "TRANSP:transparent", "RRULE:FREQ=DAILY"),
        event(":20270302T100000Z", ":20270302T110000Z", "STATUS:CANCELLED"),
        event(":20270302T100000Z", ":20270302T100000Z"),
        event(":20270302T100000Z", None),
        event(":20270302T100000Z", ":20270302T090000Z"),
        event(":20290302T100000Z", ":20290302T110000Z"),
        "BEGIN:VTODO\r\nUID:t\r\nDTSTART:20270302T100000Z\r\nDUE:20270302T110000Z\r\nEND:VTODO",
    ],
    ids=["free", "free each day", "cancelled", "no length", "a moment", "turned round", "far away", "a task"],
)
def test_what_blocks_nothing(entry):
    assert (busy(entry), found(entry).unread) == ([], 0)


def test_overlapping_and_touching_stretches_are_one():
    entries = [
        event(":20270302T100000Z", ":20270302T110000Z", uid="a"),
        event(":20270302T103000Z", ":20270302T104500Z", uid="b"),
        event(":20270302T110000Z", ":20270302T113000Z", uid="c"),
        event(":20270302T114500Z", ":20270302T120000Z", uid="d"),
    ]

    assert busy(*entries) == ["2027-03-02 10:00/2027-03-02 11:30", "2027-03-02 11:45/2027-03-02 12:00"]


def test_no_stretch_is_longer_than_a_day():
    assert busy(event(":20270302T100000Z", ":20270304T090000Z")) == [
        "2027-03-02 10:00/2027-03-03 00:00",
        "2027-03-03 00:00/2027-03-04 00:00",
        "2027-03-04 00:00/2027-03-04 09:00",
    ]


def test_an_entry_from_ages_ago_until_for_ever_blocks_all_there_is():
    stretches = busy(event(":00010101T000000Z", ":99991231T235959Z"), days=3)

    assert stretches[0].startswith("2027-03-01 00:00/")
    assert stretches[-1].endswith("/2027-03-04 00:00")


def test_free_and_busy_as_others_publish_it():
    text = "\r\n".join(
        [
            "BEGIN:VFREEBUSY",
            "UID:f",
            "FREEBUSY:20270302T100000Z/20270302T110000Z,20270303T100000Z/PT30M",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270304T100000Z/PT1H",
            "FREEBUSY;FBTYPE=FREE:20270305T100000Z/PT1H",
            "END:VFREEBUSY",
        ]
    )

    assert busy(text) == [
        "2027-03-02 10:00/2027-03-02 11:00",
        "2027-03-03 10:00/2027-03-03 10:30",
        "2027-03-04 10:00/2027-03-04 11:00",
    ]


@pytest.mark.parametrize(
    ("zone", "day", "since", "expected"),
    [
        ("Europe/London", "20270302", "2027-03-01", ["2027-03-02 00:00/2027-03-03 00:00"]),
        # An hour is missing, and the day begins in UTC and ends in summer time.
        ("Europe/London", "20270328", "2027-03-01", ["2027-03-28 00:00/2027-03-28 23:00"]),
        (
            "Pacific/Kiritimati",
            "20270302",
            "2027-03-01",
            ["2027-03-01 10:00/2027-03-02 00:00", "2027-03-02 00:00/2027-03-02 10:00"],
        ),
        (
            "Pacific/Pago_Pago",
            "20270302",
            "2027-03-01",
            ["2027-03-02 11:00/2027-03-03 00:00", "2027-03-03 00:00/2027-03-03 11:00"],
        ),
        # Apia went without 30 December 2011: the day blocks nothing, the ones beside it are whole.
        ("Pacific/Apia", "20111230", "2011-12-01", []),
        (
            "Pacific/Apia",
            "20111229",
            "2011-12-01",
            ["2011-12-29 10:00/2011-12-30 00:00", "2011-12-30 00:00/2011-12-30 10:00"],
        ),
        (
            "Pacific/Apia",
            "20111231",
            "2011-12-01",
            ["2011-12-30 10:00/2011-12-31 00:00", "2011-12-31 00:00/2011-12-31 10:00"],
        ),
        # There is no midnight on this day in Santiago: it begins at one o'clock.
        (
            "America/Santiago",
            "20270905",
            "2027-09-01",
            ["2027-09-05 04:00/2027-09-06 00:00", "2027-09-06 00:00/2027-09-06 03:00"],
        ),
    ],
)
def test_whole_days_are_the_therapist_s_days(zone, day, since, expected):
    since = datetime.fromisoformat(since).replace(tzinfo=UTC)

    assert busy(event(f";VALUE=DATE:{day}", None), zone=ZoneInfo(zone), since=since) == expected


def test_a_whole_day_that_repeats_is_each_time_a_day_of_the_therapist():
    entry = event(";VALUE=DATE:20270327", ";VALUE=DATE:20270328", "RRULE:FREQ=WEEKLY;COUNT=2")

    assert busy(entry) == [
        "2027-03-27 00:00/2027-03-28 00:00",
        "2027-04-02 23:00/2027-04-03 00:00",
        "2027-04-03 00:00/2027-04-03 23:00",
    ]


def test_a_weekly_entry_stays_at_its_hour_when_the_clocks_change():
    """Berlin goes forward on 28 March and back on 31 October 2027."""
    entry = event(
        ";TZID=Europe/Berlin:20270325T090000",
        ";TZID=Europe/Berlin:20270325T100000",
        "RRULE:FREQ=WEEKLY;COUNT=33",
    )

    stretches = busy(entry)
    assert stretches[0] == "2027-03-25 08:00/2027-03-25 09:00"
    assert stretches[1] == "2027-04-01 07:00/2027-04-01 08:00"
    assert stretches[-2:] == ["2027-10-28 07:00/2027-10-28 08:00", "2027-11-04 08:00/2027-11-04 09:00"]


def test_a_half_hour_change_is_followed_too():
    """Lord Howe Island goes back half an hour on 4 April 2027."""
    entry = event(
        ";TZID=Australia/Lord_Howe:20270403T120000", None, "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"
    )

    assert busy(entry) == ["2027-04-03 01:00/2027-04-03 02:00", "2027-04-04 01:30/2027-04-04 02:30"]


def test_an_entry_without_a_zone_repeats_in_the_therapist_s():
    entry = event(":20270327T090000", ":20270327T100000", "RRULE:FREQ=DAILY;COUNT=2")

    assert busy(entry) == ["2027-03-27 09:00/2027-03-27 10:00", "2027-03-28 08:00/2027-03-28 09:00"]


def test_one_that_is_left_out_moved_or_cancelled():
    series = event(
        ":20270302T100000Z",
        ":20270302T110000Z",
        "RRULE:FREQ=DAILY;COUNT=5",
        "EXDATE:20270303T100000Z",
        "RDATE:20270310T100000Z",
    )
    moved = event(":20270304T150000Z", ":20270304T170000Z", "RECURRENCE-ID:20270304T100000Z")
    gone = event(
        ":20270305T100000Z", ":20270305T110000Z", "RECURRENCE-ID:20270305T100000Z", "STATUS:CANCELLED"
    )

    assert busy(series, moved, gone) == [
        "2027-03-02 10:00/2027-03-02 11:00",
        "2027-03-04 15:00/2027-03-04 17:00",
        "2027-03-06 10:00/2027-03-06 11:00",
        "2027-03-10 10:00/2027-03-10 11:00",
    ]


def test_a_series_that_ended_is_over():
    over = event(":20260302T100000Z", ":20260302T110000Z", "RRULE:FREQ=DAILY;UNTIL=20270301T120000Z")

    assert busy(over) == ["2027-03-01 10:00/2027-03-01 11:00"]


@pytest.mark.parametrize(
    "broken",
    [
        event(":rubbish", ":20270302T110000Z", uid="b"),
        event(":20270302T150000Z", ":rubbish", uid="b"),
        "BEGIN:VEVENT\r\nUID:b\r\nEND:VEVENT",
        event(":00010101T000000Z", ":99991231T000000Z", "RRULE:FREQ=YEARLY", uid="b"),
        event(":99991231T100000Z", ":99991231T110000Z", "RECURRENCE-ID:rubbish", "RRULE:FREQ=DAILY", uid="b"),
    ],
)
def test_an_entry_that_cannot_be_read_is_counted_and_the_others_are_read(broken):
    result = found(broken, event())

    assert result.unread == 1
    assert result.stretches == [(datetime(2027, 3, 2, 10, tzinfo=UTC), datetime(2027, 3, 2, 11, tzinfo=UTC))]


def test_a_zone_that_nobody_knows_is_taken_for_the_therapist_s_and_told():
    result = found(
        event(";TZID=Mars/Base:20270702T100000", ";TZID=Mars/Base:20270702T110000"), event(uid="b")
    )

    assert result.foreign_zones == 1
    assert len(result.stretches) == 2
    assert result.stretches[1][0] == datetime(2027, 7, 2, 9, tzinfo=UTC)


def test_entries_that_bear_one_uid_by_mistake_are_all_counted():
    entries = [event(uid=""), event(":20270303T100000Z", ":20270303T110000Z", uid="")]
    twins = [event(uid="x"), event(":20270303T100000Z", ":20270303T110000Z", uid="x")]

    assert (
        busy(*entries)
        == busy(*twins)
        == [
            "2027-03-02 10:00/2027-03-02 11:00",
            "2027-03-03 10:00/2027-03-03 11:00",
        ]
    )


def test_more_than_any_diary_holds():
    daily = [
        event(
            f":20270302T{number % 24:02}{number % 60:02}00Z",
            None,
            "DURATION:PT1M",
            "RRULE:FREQ=DAILY",
            uid=str(number),
        )
        for number in range(60)
    ]

    with pytest.raises(TooMany):
        found(*daily)
