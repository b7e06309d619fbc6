"""Days that differ, holidays, and hours that cannot be meant."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.diary.opening import (
    CountryUnknown,
    EndsBeforeItStarts,
    GapLongerThanHours,
    HoursOverlap,
    LongerThanADay,
    RegionUnknown,
    ShorterThanAConsultation,
    ZoneUnknown,
    dates_of,
    holiday_countries,
    holidays_in,
    unfit_hours,
)
from portal.errors import Refused

DAY = 24 * 60
SINCE, UNTIL = date(2027, 3, 1), date(2027, 3, 31)
MORNING, EVENING = (540, 720), (1080, 1200)


def march(day: int) -> date:
    return date(2027, 3, day)


def test_a_day_that_differs_has_these_hours_instead():
    assert dates_of([(march(3), march(3), [MORNING, EVENING])], (), SINCE, UNTIL) == {
        march(3): (MORNING, EVENING)
    }


def test_a_range_of_days_includes_its_last_and_closes_them_without_hours():
    assert dates_of([(march(3), march(5), [])], (), SINCE, UNTIL) == {
        march(3): (),
        march(4): (),
        march(5): (),
    }


def test_what_was_written_down_later_counts():
    away, but_one = (march(3), march(5), []), (march(4), march(4), [MORNING])

    assert dates_of([away, but_one], (), SINCE, UNTIL)[march(4)] == (MORNING,)
    assert dates_of([but_one, away], (), SINCE, UNTIL)[march(4)] == ()


def test_a_holiday_closes_the_day_unless_hours_were_written_down_for_it():
    days = dates_of([(march(26), march(26), [MORNING])], {march(26), march(29)}, SINCE, UNTIL)

    assert days == {march(26): (MORNING,), march(29): ()}


def test_only_the_days_asked_for_are_told_of_both_ends_included():
    ever = [(date.min, date.max, [])]
    holidays = {SINCE - timedelta(days=1), SINCE, UNTIL, UNTIL + timedelta(days=1)}

    assert set(dates_of((), holidays, SINCE, UNTIL)) == {SINCE, UNTIL}
    assert list(dates_of(ever, (), march(3), march(4))) == [march(3), march(4)]
    assert dates_of([(march(3), march(5), [])], (), march(6), march(9)) == {}
    assert dates_of([(march(8), march(9), [])], (), march(3), march(6)) == {}


def test_holidays_have_their_names_in_english():
    assert holidays_in("DE", None, [2027])[date(2027, 10, 3)] == "German Unity Day"
    assert holidays_in("GB", "ENG", [2027])[date(2027, 3, 26)] == "Good Friday"


def test_the_machines_own_language_changes_no_name(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "de")

    assert holidays_in("AT", None, [2031])[date(2031, 1, 1)] == "New Year's Day"


def test_a_region_has_holidays_of_its_own():
    epiphany = date(2027, 1, 6)

    assert epiphany in holidays_in("DE", "BY", [2027])
    assert epiphany not in holidays_in("DE", None, [2027])
    assert epiphany not in holidays_in("DE", "BE", [2027])


def test_holidays_of_several_years_stand_side_by_side():
    both = holidays_in("GB", "SCT", [2028, 2027])

    assert both == holidays_in("GB", "SCT", range(2027, 2029))
    assert dict(both) == {**holidays_in("GB", "SCT", [2027]), **holidays_in("GB", "SCT", [2028])}
    assert date(2027, 1, 1) in both
    assert date(2028, 1, 1) in both


def test_a_day_observed_instead_is_a_holiday():
    # Christmas Day of 2027 is a Saturday.
    assert "(observed)" in holidays_in("GB", "ENG", [2027])[date(2027, 12, 27)]


def test_nobody_can_alter_what_is_remembered():
    with pytest.raises(TypeError):
        holidays_in("GB", None, [2027])[date(2027, 3, 2)] = "A day off"


@pytest.mark.parametrize(
    "country", ["", "XX", "gb", "GBR", "UnitedKingdom", "utils", "__class__", "country_holidays"]
)
def test_a_country_nobody_knows_is_refused(country):
    with pytest.raises(CountryUnknown):
        holidays_in(country, None, [2027])


@pytest.mark.parametrize("region", ["", "XX", "England"])
def test_a_region_nobody_knows_is_refused(region):
    with pytest.raises(RegionUnknown):
        holidays_in("GB", region, [2027])


def test_countries_are_known_by_two_letters_with_their_regions():
    countries = holiday_countries()

    assert countries["GB"] == ("ENG", "NIR", "SCT", "WLS")
    assert list(countries) == sorted(countries)
    assert all(len(country) == 2 for country in countries)


def test_every_country_and_region_that_can_be_chosen_has_an_answer():
    for country, regions in holiday_countries().items():
        for region in (None, *regions[:1], *regions[-1:]):
            assert all(day.year == 2027 for day in holidays_in(country, region, [2027]))


# Hours as they are written down.


def unfit(*hours, zone="Europe/Berlin", length=50, gap=10) -> list[tuple]:
    refusals = unfit_hours(hours, zone=zone, length=length, gap=gap)
    assert all(isinstance(refusal, Refused) for refusal in refusals)
    return [(type(refusal), *refusal.args) for refusal in refusals]


def test_nothing_speaks_against_sound_hours():
    assert unfit() == []
    assert (
        unfit((1, 540, 720, 0), (1, 720, 780, 0), (2, 540, 720, 0), (7, 1320, DAY + 120, 0), (5, 0, DAY, 0))
        == []
    )


@pytest.mark.parametrize(
    ("hours", "refused"),
    [
        ((1, 720, 540, 0), [(EndsBeforeItStarts, 0)]),
        ((1, 540, 540, 0), [(EndsBeforeItStarts, 0)]),
        ((1, 540, 540 + DAY + 1, 0), [(LongerThanADay, 0)]),
        ((1, 540, 540 + DAY, 0), []),
        ((1, 540, 589, 0), [(ShorterThanAConsultation, 0)]),
        ((1, 540, 590, 0), []),
    ],
)
def test_hours_that_cannot_be_meant_are_refused(hours, refused):
    assert unfit(hours) == refused


def test_a_gap_longer_than_the_hours_is_refused():
    assert unfit((1, 540, 600, 0), gap=61) == [(GapLongerThanHours, 0)]
    assert unfit((1, 540, 600, 0), gap=60) == []
    assert unfit((1, 540, 600, 0), length=61, gap=61) == [
        (ShorterThanAConsultation, 0),
        (GapLongerThanHours, 0),
    ]


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ((1, 540, 720, 0), (1, 719, 800, 0), True),
        ((1, 540, 720, 0), (1, 720, 800, 0), False),
        ((1, 540, 720, 0), (1, 540, 720, 0), True),
        ((1, 540, 720, 0), (1, 600, 660, 0), True),
        ((1, 540, 720, 0), (2, 540, 720, 0), False),
        # Over midnight, also from the end of the week into its beginning.
        ((1, 1320, DAY + 120, 0), (2, 119, 180, 0), True),
        ((1, 1320, DAY + 120, 0), (2, 120, 180, 0), False),
        ((7, 1320, DAY + 120, 0), (1, 60, 180, 0), True),
        ((7, 1320, DAY, 0), (1, 0, 180, 0), False),
        # In odd weeks and in even ones.
        ((1, 540, 720, 1), (1, 540, 720, 2), False),
        ((1, 540, 720, 1), (1, 540, 720, 0), True),
        ((1, 540, 720, 2), (1, 540, 720, 0), True),
        ((1, 540, 720, 2), (1, 540, 720, 2), True),
        # A Sunday of one is followed by a Monday of the other.
        ((7, 1320, DAY + 120, 1), (1, 60, 180, 2), True),
        ((7, 1320, DAY + 120, 1), (1, 60, 180, 1), False),
        ((7, 1320, DAY + 120, 2), (1, 60, 180, 1), True),
        ((7, 1320, DAY + 120, 2), (1, 60, 180, 2), False),
    ],
)
def test_hours_that_overlap_are_refused_whichever_comes_first(one, other, overlap):
    expected = [(HoursOverlap, 0, 1)] if overlap else []

    assert unfit(one, other) == expected
    assert unfit(other, one) == expected


def test_every_refusal_says_which_hours_it_means():
    hours = [(1, 540, 720, 0), (2, 720, 540, 0), (3, 540, 560, 0), (1, 700, 900, 0), (1, 710, 800, 0)]

    assert unfit(*hours) == [
        (EndsBeforeItStarts, 1),
        (ShorterThanAConsultation, 2),
        (HoursOverlap, 0, 3),
        (HoursOverlap, 0, 4),
        (HoursOverlap, 3, 4),
    ]
    assert unfit_hours(hours, zone="UTC", length=50, gap=0)[2].places == (0, 3)


def test_hours_that_have_no_sound_length_overlap_with_nothing():
    assert unfit((1, 540, 720, 0), (1, 600, 560, 0)) == [(EndsBeforeItStarts, 1)]
    assert unfit((1, 540, 720, 0), (1, 600, 600 + 2 * DAY, 0)) == [(LongerThanADay, 1)]


@pytest.mark.parametrize(
    "zone", ["", "Nowhere", "Europe", "../tzdata", "/etc/passwd", "Mars/Base", "a" * 300, "x\0y"]
)
def test_a_zone_nobody_knows_is_refused(zone):
    assert unfit((1, 540, 720, 0), zone=zone) == [(ZoneUnknown, zone)]
